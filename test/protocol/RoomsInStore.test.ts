/** Rooms that are joined and left at random, against a model that knows nothing of how a `PostStore` keeps them. */
import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import type { EncodedPost } from "../../src/domain/EncodedPost.ts"
import { mainRoom, type PostNumber, Room, roomIn, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { PostStore } from "../../src/protocol/PostStore.ts"
import { epoch, id, post } from "../support/samples.ts"

const rooms = [mainRoom, Room.make("ops"), Room.make("dev")]
const authors = [id("a"), id("b")]
const streams = rooms.flatMap((room) => authors.map((author) => streamOf(author, room, epoch(1))))
const own = (room: Room) => streamOf(id("me"), room, epoch(9))

/** Each second post of an author comes after the one that the other author said in the room just before. */
const said = (of: StreamId, n: number): EncodedPost => {
  const other = of.startsWith("a/") ? `b${of.slice(1)}` : `a${of.slice(1)}`
  const made = post(of, n, `${of} ${n}`, n % 2 === 0 ? [[other as StreamId, n - 1]] : [])
  return { post: made, line: encodePost(made) }
}

const room = FastCheck.constantFrom(...rooms)
const mark = FastCheck.tuple(FastCheck.constantFrom(...streams), FastCheck.nat(4))
const marks = FastCheck.array(mark, { maxLength: 4 }).map((all) => [...new Map(all)])
const step = FastCheck.oneof(
  FastCheck.record({ joins: room, seen: FastCheck.option(marks, { nil: undefined }) }),
  FastCheck.record({ leaves: room }),
  FastCheck.record({ says: room }),
  FastCheck.record({ of: FastCheck.constantFrom(...streams), n: FastCheck.integer({ min: 1, max: 6 }) }),
  FastCheck.record({ of: FastCheck.constantFrom(...streams), n: FastCheck.integer({ min: 1, max: 6 }) })
)
type Step = typeof step extends FastCheck.Arbitrary<infer A> ? A : never

/** What a node has, and is in: written down as plainly as the rules of delivery are. */
class Model {
  readonly taking = new Set<Room>([mainRoom])
  readonly have = new Map<StreamId, number>()
  held: Array<EncodedPost> = []
  said = 0

  upTo(of: StreamId): number {
    return this.have.get(of) ?? 0
  }

  take(step: Step): number {
    if ("joins" in step) {
      if (this.taking.has(step.joins)) return 0
      this.taking.add(step.joins)
      for (const [of, n] of step.seen ?? []) {
        if (roomIn(of) === step.joins) this.have.set(of, Math.max(n, this.upTo(of)))
      }
      return 0
    }
    if ("leaves" in step) {
      this.taking.delete(step.leaves)
      this.held = this.held.filter(({ post: { stream } }) => roomIn(stream) !== step.leaves)
      return 0
    }
    if ("says" in step) {
      if (!this.taking.has(step.says)) return 0
      this.said += 1
      this.have.set(own(step.says), this.upTo(own(step.says)) + 1)
      return 0
    }
    if (!this.taking.has(roomIn(step.of))) return 0
    this.held.push(said(step.of, step.n))
    return this.#deliver()
  }

  #deliver(): number {
    let delivered = 0
    for (let isMore = true; isMore; ) {
      isMore = false
      for (const { post: each } of this.held) {
        if (each.n !== this.upTo(each.stream) + 1) continue
        if (Object.entries(each.deps).some(([of, n]) => this.upTo(of as StreamId) < n)) continue
        this.have.set(each.stream, each.n)
        delivered += 1
        isMore = true
      }
      this.held = this.held.filter(({ post: each }) => each.n > this.upTo(each.stream))
    }
    return delivered
  }

  missing(): ReadonlyMap<StreamId, number> {
    const missing = new Map<StreamId, number>()
    const isHeld = (of: StreamId, n: number) => this.held.some(({ post: each }) => each.stream === of && each.n === n)
    for (const { post: each } of this.held) {
      for (const [of, n] of [[each.stream, each.n - 1], ...Object.entries(each.deps)] as Array<[StreamId, number]>) {
        if (n > this.upTo(of) && !isHeld(of, n)) missing.set(of, Math.max(n, missing.get(of) ?? 0))
      }
    }
    return missing
  }
}

const take = (store: PostStore, isIn: (room: Room) => boolean, step: Step): number => {
  if ("joins" in step) store.takePart(step.joins, step.seen && { summary: new Map(step.seen), folds: new Map() })
  else if ("leaves" in step) return store.leave(step.leaves).length
  else if ("says" in step) {
    if (!isIn(step.says)) return 0
    const n = store.have(store.streamIn(step.says)) + 1
    const spoken = { ...post(store.streamIn(step.says), n), deps: store.news(step.says) }
    store.say(step.says, [spoken], encodePost(spoken))
  } else return store.receive([said(step.of, step.n)]).length
  return 0
}

const sorted = <A>(entries: Iterable<readonly [StreamId, A]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))

describe("rooms in a PostStore", () => {
  it("joined and left in any order, it has of each what came while it took part, and of others nothing", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(step, { maxLength: 60 }), (steps) => {
        const store = new PostStore({ author: id("me"), epoch: epoch(9) })
        const model = new Model()
        const isIn = (of: Room) => model.taking.has(of)
        for (const each of steps) {
          // `main` can be left here like any other room: that it can't is a rule of the log.
          const delivered = take(store, isIn, each)
          assert.strictEqual(delivered, model.take(each))
          for (const of of [...streams, ...rooms.map(own)]) {
            const expected = isIn(roomIn(of)) ? model.upTo(of) : Number.POSITIVE_INFINITY
            assert.strictEqual(store.have(of), expected, `${of} after ${JSON.stringify(each)}`)
            assert.strictEqual(store.isOwn(of), of.startsWith("me/") && isIn(roomIn(of)))
          }
          const listed = [...model.have].filter(([of, n]) => n > 0 && !of.startsWith("me/"))
          const mine = [...model.taking].map((of) => [own(of), model.upTo(own(of))] as const)
          assert.deepStrictEqual(
            sorted(store.summary()),
            sorted([...listed.filter(([of]) => isIn(roomIn(of))), ...mine])
          )
          // A journal keeps the others too.
          assert.includeDeepMembers(sorted(store.kept().summary), listed)
          assert.deepStrictEqual(sorted(store.missing()), sorted(model.missing()))
          assert.strictEqual(store.said, model.said)
          for (const of of model.taking) {
            for (const [dep, n] of Object.entries(store.news(of))) {
              assert.strictEqual(roomIn(dep as StreamId), of, "deps are of the same room")
              assert.isAtMost(n as PostNumber, store.have(dep as StreamId))
            }
          }
        }
      }),
      { numRuns: 1_500 }
    )
  })

  it("of too many streams of rooms that were left, those of the first ones are forgotten, but for own numbers", () => {
    const store = new PostStore(
      { author: id("me"), epoch: epoch(9) },
      { pending: 10, streams: 16, logBytes: 1_000_000 }
    )
    const others = Array.from({ length: 20 }, (_, at) => Room.make(`r${at}`))
    const of = (at: Room, n: number) => streamOf(id(`a${n}`), at, epoch(1))
    for (const each of others) {
      store.takePart(each)
      for (const n of [1, 2, 3]) store.receive([said(of(each, n), 1)])
      store.say(each, [post(store.streamIn(each), 1)], encodePost(post(store.streamIn(each), 1)))
      store.leave(each)
    }
    assert.isAtMost([...store.kept().summary.values()].length, 16 + others.length)
    assert.isAtMost(store.bytes, 1_024 * (16 + others.length))
    for (const each of others) {
      store.takePart(each)
      assert.strictEqual(store.have(store.streamIn(each)), 1, "no number is used twice")
    }
    assert.deepStrictEqual([store.have(of(Room.make("r0"), 1)), store.have(of(Room.make("r19"), 1))], [0, 1])
  })
})
