import { assert, describe, it } from "vitest"
import { Outgoing } from "../../../layers/nats/Outgoing.ts"
import { Room, streamOf } from "../../../src/domain/Post.ts"
import { encodePost } from "../../../src/protocol/Frame.ts"
import { PostStore } from "../../../src/protocol/PostStore.ts"
import { textOf } from "../../support/bytes.ts"
import { epoch, id, post, stream } from "../../support/samples.ts"

const ops = Room.make("ops")
const [anna, bo] = [stream("anna"), stream("bo")]
const inOps = streamOf(id("anna"), ops, epoch(1))

/** A store, and what is to be published of it. */
const make = () => {
  const store = new PostStore({ author: id("Server"), epoch: epoch(1), rooms: [Room.make("main"), ops] })
  const outgoing = new Outgoing(store)
  const hear = (of: typeof anna, from: number, to: number) => {
    const posts = Array.from({ length: to - from + 1 }, (_, at) => post(of, from + at))
    store.receive(posts.map((each) => ({ post: each, line: encodePost(each) })))
    outgoing.grows(of, from - 1)
  }
  const next = (most: number): ReadonlyArray<unknown> =>
    outgoing
      .next(most)
      .map(({ marks, pieces, room }) => [room, marks, pieces.map((piece) => textOf(piece).split("\n").length - 1)])
  return { hear, next, outgoing, store }
}

describe("Outgoing", () => {
  it("a batch has the posts of one room, of all its streams, in order", () => {
    const { hear, next } = make()
    hear(anna, 1, 3)
    hear(inOps, 1, 1)
    hear(bo, 1, 2)
    assert.deepStrictEqual(next(10_000), [
      [
        "main",
        [
          [anna, 3],
          [bo, 2]
        ],
        [3, 2]
      ],
      ["ops", [[inOps, 1]], [1]]
    ])
  })

  it("the same is given again until it is stored; then what has come since", () => {
    const { hear, next, outgoing } = make()
    hear(anna, 1, 3)
    const [batch] = outgoing.next(10_000)
    hear(anna, 4, 5)
    assert.deepStrictEqual(next(10_000), [["main", [[anna, 5]], [5]]])
    if (batch !== undefined) outgoing.stored(batch)
    assert.deepStrictEqual(next(10_000), [["main", [[anna, 5]], [2]]])
    assert.strictEqual(outgoing.waiting, 1)
    for (const each of outgoing.next(10_000)) outgoing.stored(each)
    assert.strictEqual(outgoing.waiting, 0)
    assert.deepStrictEqual(next(10_000), [])
  })

  it("a batch is bounded, but has a post at least", () => {
    const { hear, next, outgoing } = make()
    hear(anna, 1, 3)
    hear(bo, 1, 3)
    assert.deepStrictEqual(next(1), [["main", [[anna, 1]], [1]]])
    const seen = new Map<string, number>()
    for (let rounds = 0; outgoing.waiting > 0; rounds += 1) {
      assert.isBelow(rounds, 20)
      for (const batch of outgoing.next(150)) {
        for (const [of, last] of batch.marks) seen.set(of, last)
        outgoing.stored(batch)
      }
    }
    assert.deepStrictEqual(
      [...seen],
      [
        [anna, 3],
        [bo, 3]
      ]
    )
  })

  it("what the log has dropped meanwhile is passed over, and so is a room that was left", () => {
    const { hear, next, outgoing, store } = make()
    hear(anna, 1, 4)
    for (const n of [1, 2, 3, 4]) store.drop(anna, n)
    const [batch] = outgoing.next(10_000)
    assert.strictEqual(batch?.posts, 0)
    if (batch !== undefined) outgoing.stored(batch)
    hear(inOps, 1, 2)
    store.leave(ops)
    assert.deepStrictEqual(next(10_000), [])
    assert.strictEqual(outgoing.waiting, 0)
  })
})
