/** A log that takes in nothing private, as that of `send` and of `tail --room`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import { conversationOf, sealedRoom } from "../../src/domain/Conversation.ts"
import { mainRoom, type Room, streamOf } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { epoch, id, post } from "../support/samples.ts"
import { wholeLog } from "../support/wholeLog.ts"

const said = (room: Room) => {
  const one = post(streamOf(id("bo"), mainRoom, epoch(1)).replace("/main/", `/${room}/`) as never, 1)
  return { post: one, line: encodePost(one) }
}
const talk = conversationOf(id("anna"), id("bo"))

describe.each([
  [true, 1, [said(mainRoom), said(talk)]],
  [false, Number.POSITIVE_INFINITY, [said(mainRoom)]]
] as const)("a log that hears private posts: %s", (hearsPrivate, have, delivered) => {
  it.effect("has them, or counts as having all of them; says its own in any case", () =>
    Effect.gen(function* () {
      const log = yield* wholeLog
      yield* log.confide([id("bo")], ["hello"])
      assert.strictEqual(log.have(log.streamIn(talk)), 1)
      const all = [said(mainRoom), said(talk)]
      assert.deepStrictEqual(log.receiveNow(all), [])
      assert.deepStrictEqual(yield* log.receive(all), [])
      assert.strictEqual(log.have(said(talk).post.stream), have)
      assert.deepStrictEqual(
        (yield* log.recent(9)).filter(({ stream }) => stream.startsWith("bo/")),
        delivered.map((each) => each.post)
      )
      assert.strictEqual((yield* log.summary).has(said(talk).post.stream), hearsPrivate)
      assert.isFalse(log.rooms.has(sealedRoom))
    }).pipe(Effect.provide(MemoryMessageLog.layer({ author: id("anna"), hearsPrivate })))
  )
})
