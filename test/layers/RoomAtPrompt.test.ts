import { assert, describe, it } from "@effect/vitest"
import { RoomAtPrompt } from "../../layers/console/RoomAtPrompt.ts"
import type { Typed } from "../../services/Console.ts"

/** A screen, and a session that comes to one line at a time. */
const open = (joined: ReadonlyArray<string>) => {
  const lines: Array<Typed> = []
  const moves: Array<string> = []
  let room = "main"
  const place = new RoomAtPrompt({
    room: () => room,
    move: (to) => {
      room = to
      moves.push(to)
    },
    say: (line) => lines.push(line)
  })
  const type = (text: string) => lines.push({ text })
  /** The session comes to the next line. */
  const next = () => {
    const line = lines.shift()
    const to = /^\/go (.*)$/.exec(line?.text ?? "")?.[1]
    if (line === undefined) return
    if (to !== undefined && joined.includes(to)) place.told(to)
    place.done([line])
  }
  return { place, type, next, lines, moves }
}

describe("the room at a prompt", () => {
  it("is the one that the session says", () => {
    const { moves, next, place, type } = open(["main", "ops"])
    type("/go ops")
    assert.deepStrictEqual(moves, [])
    next()
    place.told("main")
    assert.deepStrictEqual(moves, ["ops", "main"])
  })

  it("is at once the one to which a key goes; a session that is behind does not take it back", () => {
    const { lines, moves, next, place, type } = open(["main", "ops", "dev"])
    type("/go ops")
    place.go("dev")
    place.go("dev")
    place.go("main")
    place.go("dev")
    assert.deepStrictEqual(
      lines.map(({ text }) => text),
      ["/go ops", "/go dev", "/go main", "/go dev"]
    )
    for (let count = 0; count < 4; count += 1) next()
    assert.deepStrictEqual(moves, ["dev", "main", "dev"])
    place.told("ops")
    assert.deepStrictEqual(moves, ["dev", "main", "dev", "ops"])
  })

  it("is the session's again if it does not go where a key went", () => {
    const { moves, next, place } = open(["main"])
    place.go("ops")
    next()
    assert.deepStrictEqual(moves, ["ops", "main"])
  })
})
