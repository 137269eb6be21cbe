import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { Described } from "../../src/domain/Described.ts"
import { Room } from "../../src/domain/Post.ts"
import { commandArgument, idArgument, parametersOf, roomArgument, textArgument } from "../../src/domain/SlashCommand.ts"
import {
  type Complete,
  called,
  completionFrom,
  completionsOf,
  emojiNames,
  roomNames
} from "../../src/terminal/Completion.ts"
import { emoji } from "../../src/terminal/Emoji.ts"
import { lettersOf } from "../../src/terminal/TextWidth.ts"
import { id } from "../support/samples.ts"

/** The line as each candidate would make it. */
const lines = (source: Complete, line: string, cursor = line.length) => {
  const { candidates, from } = source(line, cursor)
  return candidates.map(({ text }) => line.slice(0, from) + text + line.slice(cursor))
}

const peers = called(() => [id("anna"), id("anton"), id("3")])

describe("completion", () => {
  it("an id is called with a colon in front, and with @ anywhere else, whatever its case", () => {
    assert.deepStrictEqual(lines(peers, "an"), ["anna: ", "anton: "])
    assert.deepStrictEqual(lines(peers, "ask ANT"), ["ask @anton "])
    assert.deepStrictEqual(lines(peers, "ask @"), ["ask @anna ", "ask @anton ", "ask @3 "])
    assert.deepStrictEqual(lines(peers, "@3"), ["@3 "])
    assert.deepStrictEqual(lines(peers, "ask ant!", 7), ["ask @anton !"])
    assert.deepStrictEqual(lines(peers, ""), [])
    assert.deepStrictEqual(lines(peers, "bob"), [])
  })

  it("a room is named behind a #, anywhere in a line, whatever its case", () => {
    const rooms = roomNames(() => ["main", "ops", "Ops-2"].map((each) => Room.make(each)))
    assert.deepStrictEqual(lines(rooms, "#o"), ["#ops ", "#Ops-2 "])
    assert.deepStrictEqual(lines(rooms, "see #OPS-, please", 9), ["see #Ops-2 , please"])
    assert.deepStrictEqual(lines(rooms, "see #"), ["see #main ", "see #ops ", "see #Ops-2 "])
    assert.deepStrictEqual(lines(rooms, "c#o"), [])
    assert.deepStrictEqual(lines(rooms, "ops"), [])
  })

  it("a name of an emoji becomes the emoji, also with its second colon", () => {
    assert.deepStrictEqual(lines(emojiNames, "go :rock"), ["go 🚀"])
    assert.deepStrictEqual(lines(emojiNames, ":smile:"), ["😄"])
    assert.isAbove(lines(emojiNames, ":heart").length, 1)
    assert.deepStrictEqual(lines(emojiNames, ":heart:"), ["❤️"])
    assert.deepStrictEqual(lines(emojiNames, "so :+1"), ["so 👍"])
    assert.deepStrictEqual(lines(emojiNames, "at 10:30"), [])
    assert.deepStrictEqual(lines(emojiNames, ":"), [])
  })

  it("every name stands for one emoji, and the names are such as can be completed", () => {
    assert.isAbove(emoji.size, 200)
    for (const [name, text] of emoji) {
      assert.match(name, /^[a-z0-9_+-]{1,32}$/)
      assert.strictEqual([...lettersOf(text)].length, 1, name)
      assert.include(lines(emojiNames, `:${name}`), text)
    }
  })

  it("commands and their arguments come first, then emoji, then rooms, then ids", () => {
    const rooms = () => ["ops", "dev"].map((each) => Room.make(each))
    const all = completionFrom({ commands, ids: () => [id("anna"), id("3")], rooms, conversations: () => [] })
    assert.deepStrictEqual(lines(all, "/enter o"), ["/enter ops "])
    assert.deepStrictEqual(lines(all, "/enter #"), ["/enter #ops ", "/enter #dev "])
    assert.deepStrictEqual(lines(all, "see #d"), ["see #dev "])
    assert.deepStrictEqual(lines(all, "/tell a"), ["/tell anna "])
    assert.deepStrictEqual(lines(all, ":tada"), ["🎉"])
    assert.deepStrictEqual(lines(all, "3"), ["3: "])
    assert.deepStrictEqual(lines(all, "zz"), [])
  })
})

const described = (name: string, schema: Schema.Schema.All): Described => ({
  name,
  elsewhere: [],
  parameters: parametersOf(schema),
  help: ""
})
const commands = [
  described("tell", Schema.Tuple(idArgument, textArgument("TEXT"))),
  described("help", Schema.Tuple(Schema.optionalElement(commandArgument))),
  described("enter", Schema.Tuple(roomArgument)),
  described("test", Schema.Tuple())
]

describe("completion of commands", () => {
  const complete = (line: string, cursor = line.length) => {
    const { candidates, from } = completionsOf(commands, line, cursor, [id("3"), id("33"), id("ann")])
    return { from, candidates: candidates.map(({ text }) => text.trimEnd()) }
  }

  it("offers commands where one begins", () => {
    assert.deepStrictEqual(complete("/te"), { from: 0, candidates: ["/tell", "/test"] })
    assert.deepStrictEqual(complete("/te and more", 2), {
      from: 0,
      candidates: ["/tell", "/help", "/test"].filter((each) => each.startsWith("/t"))
    })
    assert.deepStrictEqual(complete("//te").candidates, [])
    assert.deepStrictEqual(complete("say /te").candidates, [])
  })

  it("offers what an argument may be", () => {
    assert.deepStrictEqual(complete("/tell 3"), { from: 6, candidates: ["3", "33"] })
    assert.deepStrictEqual(complete("/tell "), { from: 6, candidates: [id("3"), id("33"), id("ann")] })
    assert.deepStrictEqual(complete("/tell 3 a").candidates, [])
    assert.deepStrictEqual(complete("/help te"), { from: 6, candidates: ["tell", "test"] })
    assert.deepStrictEqual(complete("/help /te"), { from: 6, candidates: ["/tell", "/test"] })
    assert.deepStrictEqual(complete("/test a").candidates, [])
    assert.deepStrictEqual(complete("/none a").candidates, [])
  })

  it("has nothing to offer for what is said", () => {
    for (const line of ["hello an", "hello ", "", "//an"]) assert.deepStrictEqual(complete(line).candidates, [])
  })
})
