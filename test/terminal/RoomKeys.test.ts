import { assert, describe, it } from "@effect/vitest"
import { Room } from "../../src/domain/Post.ts"
import { roomOfKey } from "../../src/terminal/RoomKeys.ts"

const news = (room: string, lines = 0, mentions = 0) => ({ room: Room.make(room), lines, mentions })

const goes = (name: string, here: string, ...rooms: ReadonlyArray<string>) =>
  roomOfKey(
    { _tag: "Press", name },
    here,
    rooms.map((room) => news(room))
  )

describe("the keys of rooms", () => {
  it("Alt and a number go to the room of that number, wherever one is", () => {
    assert.strictEqual(goes("alt-2", "main", "main", "ops"), "ops")
    assert.strictEqual(goes("alt-1", "@bo", "main", "ops"), "main")
    assert.strictEqual(goes("alt-3", "main", "main", "ops"), "nowhere")
    assert.strictEqual(goes("alt-b", "main", "main", "ops"), undefined)
    assert.strictEqual(roomOfKey({ _tag: "Text", text: "2" }, "main", [news("main"), news("ops")]), undefined)
  })

  it("Ctrl-N and Ctrl-P go round, also from a conversation; with one room they are not of rooms", () => {
    const rooms = ["main", "ops", "dev"]
    for (const [name, here, expected] of [
      ["ctrl-n", "main", "ops"],
      ["ctrl-n", "dev", "main"],
      ["ctrl-p", "main", "dev"],
      ["ctrl-p", "dev", "ops"],
      ["ctrl-n", "@bo", "main"],
      ["ctrl-p", "@bo", "dev"]
    ] as const) {
      assert.strictEqual(goes(name, here, ...rooms), expected, `${name} ${here}`)
    }
    assert.strictEqual(goes("ctrl-n", "main", "main"), undefined)
    assert.strictEqual(goes("ctrl-p", "main"), undefined)
  })

  it("Alt-A goes where the person is mentioned, then where there is anything new", () => {
    const alt = { _tag: "Press", name: "alt-a" } as const
    const some = [news("main"), news("lunch", 9), news("ops", 3), news("dev", 2, 1)]
    assert.strictEqual(roomOfKey(alt, "main", some), "dev")
    assert.strictEqual(roomOfKey(alt, "main", some.slice(0, 3)), "lunch")
    assert.strictEqual(roomOfKey(alt, "main", [news("main"), news("ops")]), "nowhere")
  })
})
