import { assert, describe, it } from "@effect/vitest"
import { conversationOf, isPrivate, otherIn } from "../../src/domain/Conversation.ts"
import { PeerId } from "../../src/domain/Peer.ts"
import { epochOf, isStreamId, mainRoom, type Room, roomIn, streamOf } from "../../src/domain/Post.ts"

const [anna, bo, carol] = ["anna", "bo", "carol"].map((id) => PeerId.make(id)) as [PeerId, PeerId, PeerId]

describe("Conversation", () => {
  it("it has one name, which both find, and its streams", () => {
    const talk = conversationOf(anna, bo)
    assert.strictEqual(conversationOf(bo, anna), talk)
    assert.isTrue(isPrivate(talk))
    assert.isFalse(isPrivate(mainRoom))
    assert.strictEqual(roomIn(streamOf(bo, talk, epochOf(1, 1))), talk)
  })

  it("each of the two finds the other in it, and nobody else does", () => {
    const talk = conversationOf(anna, bo)
    assert.deepStrictEqual(
      [anna, bo, carol].map((self) => otherIn(talk, self)),
      [bo, anna, undefined]
    )
    for (const no of ["anna", "bo@anna", "anna@anna", "@", "@anna"]) assert.isUndefined(otherIn(no as Room, anna))
  })

  it("what may stand in the place of a room", () => {
    for (const place of ["main", "anna@bo", "@"]) assert.isTrue(isStreamId(`bo/${place}/1-00000000`), place)
    for (const place of ["", "@@", "anna@", "@bo", "a@b@c", "a b"]) {
      assert.isFalse(isStreamId(`bo/${place}/1-00000000`), place)
    }
  })
})
