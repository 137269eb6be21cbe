/** What a fuzzer feeds, and what must hold of whatever it is fed. Each target takes many inputs drawn from one seed. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { escape } from "../../src/domain/Escape.ts"
import { Post } from "../../src/domain/Post.ts"
import { Control, decode, encode, encodePost, type Frame } from "../../src/protocol/Frame.ts"
import { makeFrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import * as PortsFile from "../../src/protocol/PortsFile.ts"
import { cutInto, joined, linesIn } from "../support/bytes.ts"
import * as Files from "./files.ts"
import { irc } from "./irc.ts"
import { mesh } from "./mesh.ts"
import { type Mutator, makeMutator } from "./mutate.ts"

/** Throws if something does not hold. */
type Target = (mutator: Mutator, inputs: number) => void

const must = (holds: boolean, what: string, input: Uint8Array | string): void => {
  if (!holds)
    throw new Error(`${what}: ${escape(typeof input === "string" ? input : Buffer.from(input).toString("latin1"))}`)
}

const decodePost = Schema.decodeUnknownOption(Post)

const again = (frame: Frame): Uint8Array => (frame.type === "post" ? encodePost(frame.post) : encode(frame))

/** A line is a frame or none; what is a frame is the same one when it is encoded and decoded again. */
const lines: Target = (mutator, inputs) => {
  for (let n = 0; n < inputs; n += 1) {
    const line = mutator.line()
    const frame = decode(line)
    if (Either.isLeft(frame)) continue
    const once = again(frame.right)
    const twice = decode(once)
    must(Either.isRight(twice) && Buffer.from(again(twice.right)).equals(once), "a frame that does not come back", line)
    must(once.indexOf(10) === once.length - 1, "a frame that takes more than a line", line)
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const decodeControl = Schema.decodeUnknownOption(Control)

/** What a line carries by the Schema alone. */
const bySchema = (line: Uint8Array): Post | Control | undefined => {
  try {
    const value = JSON.parse(utf8.decode(line))
    return Option.getOrUndefined<Post | Control>(value?.type === "post" ? decodePost(value) : decodeControl(value))
  } catch {
    return undefined
  }
}

/** What is read by hand is read as it is by the Schema. */
const byHand: Target = (mutator, inputs) => {
  for (let n = 0; n < inputs; n += 1) {
    const line = mutator.line(["post", "have", "want", "ping", "pong"])
    const frame = Either.getOrUndefined(decode(line))
    const read = frame?.type === "post" ? frame.post : frame
    must(JSON.stringify(read) === JSON.stringify(bySchema(line)), "a line that the Schema reads otherwise", line)
  }
}

/** However the bytes are cut: the frames before the first that is none, and they are the same as one by one. */
const streams: Target = (mutator, inputs) => {
  for (let n = 0; n < inputs; ) {
    const sent = Array.from({ length: 1 + mutator.below(20) }, () =>
      mutator.maybe(0.9) ? mutator.grammatical() : mutator.line()
    )
    n += sent.length
    const cuts = mutator.many(10, () => mutator.below(200))
    const whole = framesOf([joined(sent)])
    const cut = framesOf(cutInto(joined(sent), cuts))
    must(whole.failed === cut.failed, "how it is cut makes a difference", joined(sent))
    const lines = joined(sent)
    const alone = Either.all(linesIn(lines.subarray(0, lines.lastIndexOf(10) + 1)).map(decode))
    must(whole.failed === Either.isLeft(alone), "a line by itself makes a difference", joined(sent))
    const one = Buffer.concat(Either.getOrElse(alone, () => []).map(again))
    must(whole.failed || one.equals(Buffer.concat(whole.frames.map(again))), "a chunk is read otherwise", joined(sent))
    must(
      whole.failed || Buffer.concat(whole.frames.map(again)).equals(Buffer.concat(cut.frames.map(again))),
      "how it is cut makes a difference",
      joined(sent)
    )
  }
}

const framesOf = (pieces: ReadonlyArray<Uint8Array>) => {
  const decode = makeFrameDecoder()
  const frames: Array<Frame> = []
  for (const piece of pieces) {
    const decoded = decode([piece])
    if (Either.isLeft(decoded)) return { frames, failed: true }
    frames.push(...decoded.right)
  }
  return { frames, failed: false }
}

/** Whom a text names, it names when it is written and read again; and each line is a client, or told, or for people. */
const portsFiles: Target = (mutator, inputs) => {
  for (let n = 0; n < inputs; n += 1) {
    const text = mutator.portsFile()
    const { badLines, chat, peers } = PortsFile.parse(text)
    const again = PortsFile.parse(PortsFile.format({ peers, chat }))
    must(JSON.stringify(again) === JSON.stringify({ peers, chat, badLines: [] }), "clients that do not come back", text)
    const beside = PortsFile.parse(PortsFile.format({ peers, chat }, text))
    must(beside.badLines.length === badLines.length, "a line for people that is not kept", text)
    must(JSON.stringify(beside.peers) === JSON.stringify(peers), "clients that do not stay where they stood", text)
    must(peers.length + badLines.length <= text.split("\n").length, "more clients than lines", text)
  }
}

const drawn =
  (target: Target) =>
  (seed: number, inputs: number): void =>
    target(makeMutator(seed), inputs)

/** Each takes at least so many inputs that are drawn from a seed, and throws if something does not hold. */
export const targets: Readonly<Record<string, (seed: number, inputs: number) => void>> = {
  lines: drawn(lines),
  hand: drawn(byHand),
  streams: drawn(streams),
  portsFiles: drawn(portsFiles),
  irc: drawn(irc),
  manifests: drawn(Files.manifests),
  transfers: drawn(Files.transferred),
  parts: drawn(Files.parts),
  holders: Files.holders,
  mesh
}
