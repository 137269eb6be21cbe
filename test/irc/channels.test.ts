/** How many guests a channel has, which `+l` counts. */
import { assert, describe, it } from "@effect/vitest"
import { makeChannels } from "../../layers/irc/Channels.ts"
import type { Guest } from "../../services/Guests.ts"
import { visitorOf } from "../../src/domain/Conversation.ts"
import type { Room } from "../../src/domain/Post.ts"
import { epoch, id } from "../support/samples.ts"

const den = "den" as Room
const guestIn = (name: string, ...rooms: ReadonlyArray<Room>): Guest => ({
  id: id(name),
  epoch: epoch(1),
  visitor: visitorOf(id(name), epoch(1)),
  rooms: new Set(rooms),
  streams: new Map(),
  since: 0
})

describe("the guests in a channel", () => {
  it("are those inside and those coming in, each once, but none who has gone while coming in", () => {
    const channels = makeChannels(() => 0)
    const [anna, bo, kim] = [guestIn("anna", den), guestIn("bo"), guestIn("kim")]
    channels.review([anna, bo, kim])
    channels.enter(den, bo)
    channels.enter(den, kim)
    channels.enter(den, anna)
    assert.strictEqual(channels.of(den)?.guests, 3)
    channels.review([anna, kim])
    assert.strictEqual(channels.of(den)?.guests, 2)
  })
})
