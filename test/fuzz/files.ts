/** What others send and leave behind where files are transferred: manifests, what holders say, and states of parts. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { layer, MemoryDisk } from "../../layers/MemoryFileStore.ts"
import { FileStore } from "../../services/FileStore.ts"
import { escape } from "../../src/domain/Escape.ts"
import { distinctPaths, safeName } from "../../src/domain/FileNames.ts"
import { digestBytes, Layout, pieceBytes, piecesOf } from "../../src/domain/Manifest.ts"
import { folderType, offerIn, textOf } from "../../src/domain/Offer.ts"
import { decode, encode } from "../../src/protocol/Manifest.ts"
import {
  type Answer,
  AnswerDecoder,
  encodeHead,
  encodeRequest,
  makeRequestDecoder,
  maxBodyBytes,
  type Request
} from "../../src/protocol/TransferStream.ts"
import { cutInto, joined } from "../support/bytes.ts"
import { among, content, liars, type Manner, saying, serving } from "../support/holders.ts"
import { type Mutator, makeMutator } from "./mutate.ts"

const must = (holds: boolean, what: string, input: Uint8Array | string): void => {
  if (holds) return
  const text = typeof input === "string" ? input : Buffer.from(input.subarray(0, 600)).toString("latin1")
  throw new Error(`${what}: ${escape(text)}`)
}

const names = [
  "a",
  "A",
  "b.txt",
  "..",
  ".",
  ".bashrc",
  "C:",
  "con.txt",
  "name\u202egpj.exe",
  "x".repeat(300),
  "\u001b[2J",
  " ",
  "é",
  "e\u0301",
  "a (2)",
  "\\",
  ""
]
const sizes = [0, 1, 12, pieceBytes - 1, pieceBytes, 3 * pieceBytes + 7, 2 ** 40, 2 ** 53 - 1, -1, 1.5]

const path = ({ many, maybe, pick }: Mutator): string =>
  [pick(names), ...many(3, () => pick(names))].join(maybe(0.9) ? "/" : "\\")

/** A manifest, or nearly one. Only small ones have all their digests. */
const manifest = (mutator: Mutator): Uint8Array => {
  const { many, maybe, pick } = mutator
  const safe = maybe(0.6)
  const files = many(6, () => ({
    path: safe ? `${pick(["a", "b.txt", "é", "d"])}/${pick(["c", "A", "c"])}` : path(mutator),
    size: maybe(0.7) ? mutator.below(40_000) : pick(safe ? sizes.slice(0, 6) : sizes)
  }))
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const pieces = bytes >= 0 && bytes < 2 ** 24 ? piecesOf(bytes) : mutator.below(4)
  const whole = encode({ files, digests: new Uint8Array(pieces * digestBytes).fill(mutator.below(256)) })
  return maybe(0.6) ? whole : mutator.mutated(whole)
}

/** What is a manifest is one by its bytes alone, and no file of it lies outside its folder or where another one lies. */
export const manifests = (mutator: Mutator, inputs: number): void => {
  for (let n = 0; n < inputs; n += 1) {
    const bytes = manifest(mutator)
    const decoded = decode(bytes)
    if (Either.isLeft(decoded)) continue
    const { digests, files } = decoded.right
    must(Buffer.from(encode(decoded.right)).equals(bytes), "a manifest that does not come back", bytes)
    const paths = distinctPaths(files.map((file) => file.path))
    must(new Set(paths.map((each) => each.toLowerCase())).size === files.length, "two files in one place", bytes)
    for (const each of paths) {
      const safe = each.split("/").every((name) => name === safeName(name))
      must(safe && !paths.some((other) => other.startsWith(`${each}/`)), "a path that is not safe", bytes)
    }
    const layout = new Layout(files)
    must(layout.pieces * digestBytes === digests.length, "pieces without digests", bytes)
    for (let piece = 0; piece < layout.pieces; piece += 1) {
      const covered = layout.spansOf(piece).reduce((sum, span) => sum + span.bytes, 0)
      must(covered === layout.bytesOf(piece), "a piece that does not lie in files", bytes)
    }
    n += offers(mutator, bytes.length)
  }
}

/** The text of an offer is that offer, with a safe name; nearly an offer is none, or a safe one. */
const offers = (mutator: Mutator, manifestBytes: number): number => {
  const { maybe, pick } = mutator
  const text = textOf({
    name: maybe(0.5) ? pick(names) : path(mutator),
    size: pick(sizes),
    type: pick(["text/plain", folderType, "", "a/b"]),
    ...(maybe(0.3) ? { files: mutator.below(4) } : {}),
    digest: `${"A".repeat(42)}${pick(["A", "B"])}` as never,
    manifest: manifestBytes
  })
  const given = maybe(0.5) ? text : Buffer.from(mutator.mutated(Buffer.from(text))).toString()
  const offer = offerIn(given)
  if (offer === undefined) return 1
  must(offer.name === safeName(offer.name) && offer.name.length > 0, "an offer with a name that is not safe", given)
  must(JSON.stringify(offerIn(textOf(offer))) === JSON.stringify(offer), "an offer that does not come back", given)
  return 1
}

const numbers = [0, 1, 2, 7, 11, 12, -1, 1.5, 2 ** 31, 2 ** 53]

/** What a holder may say, and may not: lines, and the bytes behind them. */
const said = (mutator: Mutator): Uint8Array => {
  const { below, maybe, pick } = mutator
  const bytes = new Uint8Array(maybe(0.95) ? below(300) : pick([pieceBytes, maxBodyBytes + 1])).fill(below(256))
  const piece = maybe(0.8) ? below(12) : pick(numbers)
  switch (below(7)) {
    case 0:
      return encodeHead({ type: "has", pieces: maybe(0.5) ? "all" : bytes.subarray(0, below(40)) })
    case 1:
      return joined([encodeHead({ type: "manifest", from: maybe(0.5) ? 0 : pick(numbers), bytes }), bytes])
    case 2:
      return encodeHead({ type: "gone", piece })
    case 3:
      return Buffer.from(`{"piece":${pick(numbers)},"bytes":${pick([...numbers, 1e12])}}\n`)
    case 4:
      return mutator.line()
    default:
      return joined([encodeHead({ type: "piece", piece, bytes }), bytes])
  }
}

const asked = ({ below, maybe, pick }: Mutator): Uint8Array => {
  const number = () => (maybe(0.7) ? below(70) : pick(numbers))
  const request: Request = pick<Request>([
    { type: "stop", whole: false },
    { type: "manifest", from: number() },
    { type: "pieces", first: number(), count: number() }
  ])
  return encodeRequest(request)
}

interface Read<A> {
  readonly all: ReadonlyArray<A>
  readonly failed: boolean
}

/** What a decoder makes of bytes that come in pieces, up to the first that it refuses. */
const readOf = <A>(
  pieces: ReadonlyArray<Uint8Array>,
  take: (bytes: Uint8Array) => Either.Either<ReadonlyArray<A>, unknown>
): Read<A> => {
  const all: Array<A> = []
  for (const bytes of pieces) {
    const read = take(bytes)
    if (Either.isLeft(read)) return { all, failed: true }
    all.push(...read.right)
  }
  return { all, failed: false }
}

const wordOf = (answer: Answer): string =>
  "bytes" in answer ? `${answer.type} ${answer.bytes.length}` : JSON.stringify(answer)

/** However it is cut, what a holder or who asks it says is read alike, and takes no more room than a piece. */
export const transferred = (mutator: Mutator, inputs: number): void => {
  for (let n = 0; n < inputs; ) {
    const isAnswer = mutator.maybe(0.7)
    const lines = Array.from({ length: 1 + mutator.below(12) }, () => (isAnswer ? said(mutator) : asked(mutator)))
    n += lines.length
    const bytes = mutator.maybe(0.5) ? joined(lines) : mutator.mutated(joined(lines))
    const cut = cutInto(
      bytes,
      mutator.many(12, () => mutator.below(400))
    )
    const reader = (): ((bytes: Uint8Array) => Either.Either<ReadonlyArray<unknown>, unknown>) => {
      if (!isAnswer) {
        const decode = makeRequestDecoder()
        return (part) => decode([part])
      }
      const decoder = new AnswerDecoder()
      return (part) => {
        const answers = decoder.decode(part)
        must(decoder.underWay <= maxBodyBytes, "more than a piece is under way", bytes)
        return Either.map(answers, (all) => all.map(wordOf))
      }
    }
    const [whole, parts] = [readOf([bytes], reader()), readOf(cut, reader())]
    must(whole.failed === parts.failed, "how it is cut makes a difference", bytes)
    if (!whole.failed)
      must(JSON.stringify(whole.all) === JSON.stringify(parts.all), "what is cut is read otherwise", bytes)
  }
}

const partly = content(2).subarray(0, pieceBytes + 1_000)

/**
 * Whatever stands where the state and the part of an offer belong: only right pieces count, the file comes whole, and
 * nothing that is somebody else's is changed.
 */
export const parts = (mutator: Mutator, inputs: number): void => {
  for (let n = 0; n < inputs; n += 1) Effect.runSync(Effect.orDie(part(mutator)))
}

const part = (mutator: Mutator) =>
  Effect.gen(function* () {
    const disk = new MemoryDisk()
    disk.put("/home/a", partly)
    disk.put("/to/mine", "mine")
    const store = Context.get(yield* Layer.build(layer(disk)), FileStore)
    const shared = yield* store.offer(["/home/a"])
    yield* Effect.scoped(
      Effect.flatMap(store.target("/to", shared.offer, shared.manifest), (target) =>
        Effect.forEach(
          [0, 1].filter(() => mutator.maybe(0.5)),
          (piece) => Effect.flatMap(shared.read(piece), (bytes) => target.write(piece, bytes))
        )
      )
    )
    const there = disk.all().filter((path) => /\.(part|state)$/.test(path))
    for (const path of there) {
      const bytes = disk.bytes(path) ?? new Uint8Array()
      if (mutator.maybe(0.7)) disk.put(path, mutator.mutated(bytes))
      else if (mutator.maybe(0.2)) disk.remove(path)
      else if (mutator.maybe(0.1)) {
        disk.remove(path)
        disk.link(path, "/to/mine")
      }
    }
    const input = Buffer.concat(there.map((path) => disk.bytes(path)?.subarray(0, 300) ?? Buffer.from("none")))
    const kept = yield* store.kept("/to", shared.offer)
    must(
      kept === undefined || Buffer.from(kept).equals(shared.manifest),
      "a manifest that is not that of the offer",
      input
    )
    const path = yield* Effect.scoped(
      Effect.gen(function* () {
        const target = yield* store.target("/to", shared.offer, shared.manifest)
        for (const piece of target.has) {
          const bytes = Buffer.from(yield* target.read(piece))
          must(
            bytes.equals(partly.subarray(piece * pieceBytes, piece * pieceBytes + bytes.length)),
            "a wrong piece",
            input
          )
        }
        for (const piece of [0, 1].filter((each) => !target.has.has(each))) {
          must(yield* target.write(piece, yield* shared.read(piece)), "a right piece is refused", input)
        }
        return (yield* target.finish).path
      })
    )
    must(Buffer.from(disk.bytes(path) ?? []).equals(partly), "the file is not whole", input)
    must(Buffer.from(disk.bytes("/to/mine") ?? []).toString() === "mine", "what is somebody else's was changed", input)
  }).pipe(Effect.scoped)

/** A holder that serves what is right for a while, with a few bytes changed; or says what nobody has asked for. */
const hostile = (mutator: Mutator): Manner => {
  if (mutator.maybe(0.5)) {
    const lines = Array.from({ length: 1 + mutator.below(8) }, () => said(mutator))
    const isAtOnce = mutator.maybe(0.5)
    return saying(() => joined(isAtOnce ? [encodeHead({ type: "has", pieces: "all" }), ...lines] : lines))
  }
  const often = mutator.pick([0.05, 0.3, 1])
  return serving((shared) => ({
    ...shared,
    manifest: mutator.maybe(0.3) ? mutator.mutated(shared.manifest) : shared.manifest,
    read: (piece) => Effect.map(shared.read(piece), (bytes) => (mutator.maybe(often) ? mutator.mutated(bytes) : bytes))
  }))
}

/** Who fetches from hostile peers and an honest one has the file whole, and never says that the honest one has lied. */
export const holders = (seed: number, inputs: number): void => {
  for (let round = 0; round * 40 < inputs; round += 1) {
    const mutator = makeMutator(seed * 1_000 + round)
    const bytes = content(1 + mutator.below(6))
    const manners: Record<string, Manner> = { honest: serving() }
    for (let n = 1 + mutator.below(3); n > 0; n -= 1) manners[`hostile${n}`] = hostile(mutator)
    among(
      manners,
      ({ disk, events, shared, transfers, until }) =>
        Effect.gen(function* () {
          yield* transfers.files.fetch(shared.offer)
          yield* until("Fetched")
          const found = disk.all().filter((path) => path.startsWith("/downloads/"))
          must(found.join() === "/downloads/a", `round ${round}: other files`, found.join())
          must(Buffer.from(disk.bytes("/downloads/a") ?? []).equals(bytes), `round ${round}: not whole`, "")
          must(!liars(events).includes("honest"), `round ${round}: the honest one is exposed`, "")
        }),
      { content: bytes, seed: mutator.below(1e6) }
    )
  }
}
