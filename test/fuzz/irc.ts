/** Lines of IRC clients, nearly right and hostile: what is read, how, and that one line never becomes two. */
import * as Module from "node:module"
import { escape } from "../../src/domain/Escape.ts"
import { makeLines } from "../../src/protocol/irc/Lines.ts"
import { type Message, mostBytes, type Outgoing, parse, write } from "../../src/protocol/irc/Message.ts"
import * as Multiline from "../../src/protocol/irc/Multiline.ts"
import * as Registration from "../../src/protocol/irc/Registration.ts"
import { harmless, messagesOf, mostOfName, multilineOf, realName } from "../../src/protocol/irc/Speech.ts"
import { cutInto } from "../support/bytes.ts"
import type { Mutator } from "./mutate.ts"

interface Theirs {
  readonly tags: Readonly<Record<string, unknown>>
  readonly prefix: string
  readonly command: string
  readonly params: ReadonlyArray<string>
}

/** The parser of irc-framework; undefined where it is not installed. */
const theirs: ((line: string) => Theirs) | undefined = (() => {
  try {
    return Module.createRequire(import.meta.url)("irc-framework/src/irclineparser.js")
  } catch {
    return undefined
  }
})()

const words = [
  "CAP",
  "LS",
  "302",
  "REQ",
  "END",
  "LIST",
  "NICK",
  "USER",
  "PASS",
  "AUTHENTICATE",
  "PLAIN",
  "*",
  "+",
  "PRIVMSG",
  "BATCH",
  "#main",
  ":",
  ":batch sasl",
  "sasl",
  "::)",
  "a:b",
  "001",
  "\u0001ACTION x\u0001",
  "ä😀",
  "",
  " ",
  "x".repeat(600),
  "AGEAeA==",
  "\0",
  "\r"
]
const tags = [
  "@batch=b ",
  "@draft/multiline-concat;batch=b ",
  "@a ",
  "@a=b;c ",
  "@a=\\:\\s\\\\\\r\\n\\x\\ ",
  "@;;a=;a=1 ",
  "@=x ",
  `@${"t".repeat(5_000)} `,
  "@",
  "@ "
]
const sources = [":n!u@h ", ":s ", ": ", ":"]

const lineFrom = ({ many, maybe, pick }: Mutator): string =>
  (maybe(0.2) ? pick(tags) : "") +
  (maybe(0.2) ? pick(sources) : "") +
  [pick(words.slice(0, 14)), ...many(6, () => pick(words))].join(maybe(0.1) ? "  " : " ")

const must = (holds: boolean, what: string, input: string): void => {
  if (!holds) throw new Error(`${what}: ${escape(input)}`)
}

const isOneLine = (line: string): boolean => line.endsWith("\r\n") && !/[\r\n\0]/.test(line.slice(0, -2))

/** A line that ends so many bytes before its greatest length was not cut off. */
const longestCharacter = 4

/** A line without its tags, in bytes. */
const bytesOf = (line: string): number => Buffer.byteLength(line.replace(/^@[^ ]* /, ""))

/** What is read is written as one line, and is the same when that is read. */
const comesBack = (message: Message, line: string): void => {
  const once = write(message)
  must(isOneLine(once), "more than a line", line)
  must(bytesOf(once) <= mostBytes, "a line that is too long", line)
  const again = parse(once.slice(0, -2))
  const isWhole = bytesOf(once) < mostBytes - longestCharacter
  must(again !== undefined && (!isWhole || write(again) === once), "what does not come back", line)
}

/** Another parser reads it alike. Tags without a value are its own affair, and so is case in keys and escapes. */
const isReadAlike = (message: Message, line: string): void => {
  if (theirs === undefined) return
  const { command, params, prefix, tags } = theirs(line)
  const same =
    command === message.command &&
    JSON.stringify(params) === JSON.stringify(message.params) &&
    (prefix || undefined) === message.source &&
    [...message.tags].every(
      ([key, value]) => key === "" || value === "" || /^@[^ ]*[A-Z]/.test(line) || tags[key] === value
    )
  must(same, "what another parser reads otherwise", line)
}

/** Whatever comes before the password: nobody is let in, and every answer is one line. */
const keepsTheDoor = (lines: ReadonlyArray<string>): void => {
  const policy: Registration.Policy = { server: "a.outlive", account: "a", isPassword: (text) => text === "sesame" }
  let state = Registration.initial
  for (const line of lines) {
    const message = parse(line)
    if (message === undefined || !Registration.registers(message.command)) continue
    const step = Registration.step(policy, state, message)
    state = step.state
    for (const answer of step.answers) must(isOneLine(write(answer)), "an answer of several lines", line)
  }
  must(!state.isRegistered, "who has no password is let in", lines.join("\n"))
}

/** However the bytes are cut, the lines are the same. */
const isCutAlike = (text: string, cuts: ReadonlyArray<number>): void => {
  const bytes = Buffer.from(text)
  const linesOf = (pieces: ReadonlyArray<Uint8Array>) => {
    const split = makeLines()
    return JSON.stringify(pieces.flatMap((piece) => split(piece)))
  }
  must(linesOf([bytes]) === linesOf(cutInto(bytes, cuts)), "how it is cut makes a difference", text)
}

/** What somebody says as one message of several lines is that message, whatever it is made of. */
const isSaidAsOne = (text: string): void => {
  const spoken = { source: "a!a@outlive", target: "#main", text, isAction: false, clean: (words: string) => words }
  let whole = ""
  for (const [at, { isRest, message }] of multilineOf(spoken).entries()) {
    const line = write(message)
    must(isOneLine(line) && bytesOf(line) <= mostBytes, "a piece is more than a line", text)
    whole += `${at === 0 || isRest ? "" : "\n"}${message.params[1]}`
  }
  must(whole === text.replace(/\r\n?/g, "\n"), "the pieces are not the message", text)
}

/** Whatever parts of batches come: a text that is taken is within its limits. */
const isTakenWithinLimits = (lines: ReadonlyArray<string>): void => {
  let draft: Multiline.Draft | undefined
  for (const line of ["BATCH +b draft/multiline #main", ...lines]) {
    const message = parse(line)
    if (message === undefined || !Multiline.isPart(message)) continue
    const taken = Multiline.take(draft, message)
    draft = taken.draft
    const [, text = ""] = taken.whole?.params ?? []
    must(Buffer.byteLength(text) <= Multiline.mostBytesOfText, "a text that is too long", line)
  }
}

/** What somebody says is as many lines as it takes, each from that author to that channel. */
const isSaidInLines = (text: string, isAction: boolean): void => {
  const spoken = { source: "a!a@outlive", target: "#main", text, isAction, clean: escape }
  for (const message of messagesOf(spoken)) {
    const line = write(message satisfies Outgoing)
    must(isOneLine(line) && bytesOf(line) <= mostBytes, "what is said is more than a line", text)
    must(line.startsWith(":a!a@outlive PRIVMSG #main :"), "what is said comes from somebody else", text)
    const said = line.slice(":a!a@outlive PRIVMSG #main :".length, -2)
    must(isAction === said.includes("\u0001"), "a request of CTCP", text)
  }
}

/** The codes of formats, which do nothing to a terminal. */
const formats = new Set([0x02, 0x03, 0x04, 0x0f, 0x11, 0x16, 0x1d, 0x1e, 0x1f].map((code) => String.fromCharCode(code)))

/** Words of somebody, such as the last ones, are one line, and nothing in it acts or hides. */
const isHarmless = (text: string): void => {
  const words = [...harmless(text)].filter((character) => !formats.has(character)).join("")
  must(words === escape(words), "words that act or hide", text)
  for (const command of ["QUIT", "PART", "AWAY", "KICK"]) {
    must(isOneLine(write({ source: "a!a@outlive", command, params: [text, harmless(text)] })), "two lines", text)
  }
  must(Buffer.byteLength(realName(text)) <= mostOfName, "a name that is too long", text)
}

export const irc = (mutator: Mutator, inputs: number): void => {
  const { below, many, maybe } = mutator
  for (let n = 0; n < inputs; ) {
    const lines = [lineFrom(mutator), ...many(10, () => lineFrom(mutator))].map((line) =>
      maybe(0.1) ? Buffer.from(mutator.mutated(Buffer.from(line))).toString() : line
    )
    n += lines.length
    for (const line of lines) {
      const message = parse(line)
      if (message !== undefined) {
        comesBack(message, line)
        isReadAlike(message, line)
      }
      isSaidInLines(line, maybe(0.5))
      isHarmless(line.replaceAll(" ", maybe(0.5) ? "\n" : "\u202e"))
      isSaidAsOne(line.replaceAll(" ", maybe(0.5) ? "\n" : " "))
    }
    keepsTheDoor(lines)
    isTakenWithinLimits(lines)
    const cuts = many(10, () => below(300))
    isCutAlike(lines.join(maybe(0.5) ? "\r\n" : "\n") + (maybe(0.5) ? "\n" : ""), cuts)
  }
}
