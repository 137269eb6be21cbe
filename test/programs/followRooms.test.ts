/** Who joined a room, and who left one, from who is in each. */
import { assert, describe, it } from "@effect/vitest"
import { mainRoom, Room } from "../../src/domain/Post.ts"
import { comingsAndGoings } from "../../src/programs/session/followRooms.ts"
import { id } from "../support/samples.ts"

const ops = Room.make("ops")

/** Who is in `main`, and who is in `ops`. */
const attendance = (main: string, inOps?: string) => {
  const peers = (names: string) => new Set(names.split("").map(id))
  return new Map([[mainRoom, peers(main)], ...(inOps === undefined ? [] : [[ops, peers(inOps)] as const])])
}

describe("joining and leaving of rooms", () => {
  it("is told of peers that stay in the chat, and of no others", () => {
    for (const [before, after, told] of [
      [attendance("123", "1"), attendance("123", "12"), ["Client 2 joined #ops"]],
      [attendance("123", "12"), attendance("123", "2"), ["Client 1 left #ops"]],
      [attendance("123", "12"), attendance("123", "23"), ["Client 3 joined #ops", "Client 1 left #ops"]],
      // It is lost, or has left the chat; it comes to the chat.
      [attendance("123", "12"), attendance("13", "1"), []],
      [attendance("13", "1"), attendance("123", "12"), []],
      // This node has just joined the room, or left it.
      [attendance("123"), attendance("123", "12"), []],
      [attendance("123", "12"), attendance("123"), []]
    ] as const) {
      assert.deepStrictEqual(comingsAndGoings(before, after), [...told])
    }
  })
})
