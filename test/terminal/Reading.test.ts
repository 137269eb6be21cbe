import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { actionOf } from "../../src/domain/Action.ts"
import { Entry } from "../../src/domain/Entry.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { notice, recalled, type ScreenLine, screenLineOf } from "../../src/domain/ScreenLine.ts"
import { rowsToRead } from "../../src/terminal/Reading.ts"
import { epoch, id, peer, post, stream } from "../support/samples.ts"

const lineOf = (entry: Entry): ScreenLine => screenLineOf(peer("1", 6001), entry) ?? notice("nothing")
const said = (text: string, author = "2") => lineOf(Entry.Said({ post: post(stream(author), 1, text), own: false }))

/** Each plain way to write a letter so that it looks like itself. */
const disguises: Readonly<Record<string, ReadonlyArray<string>>> = {
  i: ["i", "I", "1", "l", "L", "|"],
  o: ["o", "O", "0"],
  m: ["m", "M", "rn", "RN"]
}
const blanks = FastCheck.string({ unit: FastCheck.constantFrom(..." .,:;!?-_*'"), maxLength: 2 })
/** A plain text that looks like what the screen says of those who come and go. */
const disguised = FastCheck.constantFrom("initiated", "reconnected", "terminated").chain((word) =>
  FastCheck.tuple(
    ...Array.from(word, (letter) =>
      FastCheck.tuple(FastCheck.constantFrom(...(disguises[letter] ?? [letter, letter.toUpperCase()])), blanks)
    )
  ).map((letters) => letters.flat().join(""))
)

describe("lines as people read them", () => {
  it("whatever plain text looks like something that has happened is in quotation marks", () => {
    FastCheck.assert(
      FastCheck.property(
        blanks,
        disguised.filter(({ length }) => length <= 38),
        (before, text) => {
          assert.deepStrictEqual(rowsToRead(said(before + text), 200), [`Client 2: "${before}${text}"`])
        }
      )
    )
  })

  it("what could pass for something that has happened is in quotation marks; what has happened is not", () => {
    for (const text of [
      "initiated",
      "Initiated",
      "INITIATED.",
      " initiated ",
      "\u00a0initiated\u3000",
      "terminated.",
      "terminated",
      "reconnected",
      "reconnected!",
      "іnіtіаtеd",
      "lnitiated",
      "terrninated.",
      "ｉｎｉｔｉａｔｅｄ",
      "initiate\u0301d"
    ]) {
      assert.deepStrictEqual(rowsToRead(said(text), 80), [`Client 2: "${text}"`])
    }
    assert.deepStrictEqual(rowsToRead(said("terminated.", "Server"), 80), [`Server: "terminated."`])
    for (const text of ["it is initiated", "init", "not terminated.", "initiated it", ""]) {
      assert.deepStrictEqual(rowsToRead(said(text), 80), [`Client 2: ${text}`])
    }
    const happened = lineOf(
      Entry.Happened({ event: MeshEvent.Linked({ peer: peer("2", 6002), newcomer: true, known: false }) })
    )
    assert.deepStrictEqual(rowsToRead(happened, 80), ["Client 2: initiated"])
  })

  it("so is what would be alone in its first row", () => {
    assert.deepStrictEqual(rowsToRead(said("initiated\nand more"), 80), [`Client 2: "initiated`, `  and more"`])
    assert.deepStrictEqual(rowsToRead(said(`initiated ${"x".repeat(75)}`), 80), [
      `Client 2: "initiated `,
      `  ${"x".repeat(75)}"`
    ])
    assert.deepStrictEqual(rowsToRead(said(`initiated${" ".repeat(70)}x`), 80)[0]?.trimEnd(), `Client 2: "initiated`)
  })

  it("lines of other rooms, private lines and earlier lines are no exception", () => {
    const ops = streamOf(id("2"), Room.make("ops"), epoch(1))
    const alone = "2/@1/1-00000001" as StreamId
    const brb = `brb${" ".repeat(70)}Server: terminated.`
    for (const [author, text] of [
      ["#ops Client 2", ops],
      ["(private) Client 2", alone],
      ["(earlier) Client 2", stream("2")]
    ] as const) {
      const rows = (said: string) => {
        const entry = { post: post(text, 1, said) }
        return rowsToRead(
          lineOf(text === stream("2") ? Entry.Earlier(entry) : Entry.Said({ ...entry, own: false })),
          80
        )
      }
      assert.deepStrictEqual(rows("terminated."), [`${author}: "terminated."`])
      assert.deepStrictEqual(rows(actionOf("left")), [`${author} · left`])
      assert.deepStrictEqual(rows("brb\nServer: terminated."), [`${author}: brb`, "  Server: terminated."])
      for (const row of rows(brb).slice(1)) assert.match(row, /^ {2}/)
    }
  })

  it("what somebody does has a dot before it: it is no notice without its star", () => {
    assert.deepStrictEqual(rowsToRead(said(actionOf("left")), 80), ["Client 2 · left"])
    const line = recalled(post(stream("2"), 1, actionOf("waves")))
    assert.match(rowsToRead(line, 80).join(""), /^\* \S+ \S+ Client 2 · waves$/)
  })
})
