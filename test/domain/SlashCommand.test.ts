import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type Described, parseSlash, usageOf } from "../../src/domain/Described.ts"
import { nearest } from "../../src/domain/Nearest.ts"
import {
  commandArgument,
  decodeArguments,
  idArgument,
  parametersOf,
  textArgument
} from "../../src/domain/SlashCommand.ts"
import { inWords } from "../../src/domain/Time.ts"

const tell = Schema.Tuple(idArgument, textArgument("TEXT"))
const help = Schema.Tuple(Schema.optionalElement(commandArgument))

const described = (name: string, schema: Schema.Schema.All): Described => ({
  name,
  elsewhere: [],
  parameters: parametersOf(schema),
  help: ""
})
const commands = [described("tell", tell), described("help", help), described("test", Schema.Tuple())]

describe("a command's arguments", () => {
  it("are told by their Schema", () => {
    assert.deepStrictEqual(commands.map(usageOf), ["/tell ID TEXT", "/help [COMMAND]", "/test"])
  })

  it("are words, of which the last takes all that is left", () => {
    const decode = (rest: string) => Either.getOrElse(decodeArguments(described("tell", tell), tell, rest), String)
    assert.deepStrictEqual(decode("7  hello  there "), ["7", "hello  there"] as unknown as string)
    assert.strictEqual(decode("7"), "Usage: /tell ID TEXT (TEXT is missing)")
    assert.strictEqual(decode(""), "Usage: /tell ID TEXT (ID is missing)")
    assert.strictEqual(decode("no/id hello"), "Usage: /tell ID TEXT (an id has 1 to 32 letters, digits, - and _)")
  })

  it("begin after the name and any blanks, and may have several lines", () => {
    assert.deepStrictEqual(parseSlash("/tell 7 a\nb\n"), { _tag: "Command", name: "tell", rest: "7 a\nb" })
    assert.deepStrictEqual(parseSlash("/tell"), { _tag: "Command", name: "tell", rest: "" })
    assert.deepStrictEqual(parseSlash("/ tell"), { _tag: "Command", name: "", rest: "tell" })
    assert.deepStrictEqual(parseSlash("//tell"), { _tag: "Say", text: "/tell" })
  })
})

describe("the nearest word", () => {
  it("is one that begins so, or one that is spelled much like it", () => {
    const words = ["help", "history", "who", "mute", "unmute"]
    const cases = {
      h: "help",
      hi: "history",
      hlep: "help",
      HELP: "help",
      wh: "who",
      woh: "who",
      unmut: "unmute",
      mte: "mute"
    }
    for (const [word, meant] of Object.entries(cases)) assert.strictEqual(nearest(word, words), meant, word)
    for (const word of ["", "xyzzy", "usr/bin"]) assert.isUndefined(nearest(word, words), word)
  })
})

describe("a length of time in words", () => {
  it("has two units at most", () => {
    const cases = {
      "0 s": 0.4,
      "12 s": 12,
      "1 min": 60,
      "1 min 1 s": 61,
      "2 h 5 min": 7_501,
      "1 h": 3_601,
      "3 d 1 h": 262_900
    }
    for (const [words, seconds] of Object.entries(cases)) assert.strictEqual(inWords(seconds * 1_000), words)
  })
})
