/** Arbitrary lines as a peer may send them: mostly posts that follow each other, and whatever else there is. */
import * as FastCheck from "effect/FastCheck"
import type { Post, PostNumber, StreamId } from "../../src/domain/Post.ts"
import { encode, encodePost, sealed } from "../../src/protocol/Frame.ts"
import { bytesOf } from "./bytes.ts"

/** Texts in their usual form, and others. */
const text = FastCheck.oneof(
  { weight: 6, arbitrary: FastCheck.string({ maxLength: 40 }) },
  FastCheck.constantFrom("", "ü", "日本", '"', "\\", "\t", "\u007f", "\u2028", "\ud800", "}\n", '"}\n', "a\r")
)

/** A post of one of these streams, or of one that follows: `step` is what it adds to the last number. */
interface Step {
  readonly stream: number
  readonly step: number
  readonly at: number
  readonly text: string
  readonly deps: ReadonlyArray<readonly [number, number]>
}

const step = (streams: number): FastCheck.Arbitrary<Step> =>
  FastCheck.record({
    stream: FastCheck.oneof({ weight: 3, arbitrary: FastCheck.constant(0) }, FastCheck.nat(streams - 1)),
    step: FastCheck.oneof({ weight: 9, arbitrary: FastCheck.constant(1) }, FastCheck.integer({ min: -2, max: 4 })),
    at: FastCheck.oneof(FastCheck.constant(1_795_000_000_000), FastCheck.maxSafeNat()),
    text,
    deps: FastCheck.oneof(
      { weight: 6, arbitrary: FastCheck.constant([]) },
      FastCheck.array(FastCheck.tuple(FastCheck.nat(streams - 1), FastCheck.integer({ min: 1, max: 6 })), {
        maxLength: 3
      })
    )
  })

/** The posts of such steps; those whose numbers come to nothing are left out. */
const postsOf = (streams: ReadonlyArray<StreamId>, steps: ReadonlyArray<Step>): ReadonlyArray<Post> => {
  const last = streams.map(() => 0)
  return steps.flatMap(({ at, deps, step, stream, text }) => {
    const n = (last[stream] ?? 0) + step
    if (n < 1) return []
    last[stream] = n
    const below = Object.fromEntries(deps.map(([of, to]) => [streams[of], to]))
    return [{ stream: streams[stream] as StreamId, n: n as PostNumber, at, deps: below, text }]
  })
}

/** Posts of these streams, in runs, with gaps and doubles. */
export const posts = (streams: ReadonlyArray<StreamId>): FastCheck.Arbitrary<ReadonlyArray<Post>> =>
  FastCheck.array(step(streams.length), { maxLength: 30 }).map((steps) => postsOf(streams, steps))

/** The same line, written as others might write it: still a frame, or none. */
const twists: ReadonlyArray<(line: string) => string> = [
  (line) => line.replace("}\n", "}\r\n"),
  (line) => line.replace('{"type"', '{ "type"'),
  (line) => line.replace(/"n":(\d+)/, '"n":0$1'),
  (line) => line.replace(/"n":(\d+)/, '"n":$1.0'),
  (line) => line.replace(/"n":(\d+)/, '"n":9007199254740993'),
  (line) => line.replace(/"at":(\d+)/, '"at":-$1'),
  (line) => line.replace(/"at":(\d+)/, '"at":1e3'),
  (line) => line.replace(/\{"type":"post",(.*),"text"/, '{$1,"type":"post","text"'),
  (line) => line.replace(',"deps":{}', ""),
  (line) => line.replace('"}\n', '","more":1}\n'),
  (line) => line.replace('"}\n', '"}}\n'),
  (line) => line.replace("/main/", "/ma in/"),
  (line) => line.replace('"post"', '"past"'),
  (line) => line.slice(0, -1),
  (line) => `\n${line}`
]

const signature = `${"x".repeat(85)}A` as never

/** The line of a post: nearly always as this program writes it. `odd`: how many of a hundred are not. */
const lineOf = (post: Post, odd: number): FastCheck.Arbitrary<Uint8Array> => {
  const line = encodePost(post)
  return FastCheck.oneof(
    { weight: 100 - odd, arbitrary: FastCheck.constant(line) },
    {
      weight: odd,
      arbitrary: FastCheck.oneof(
        FastCheck.constantFrom(...twists).map((twist) => bytesOf(twist(new TextDecoder().decode(line)))),
        FastCheck.nat(line.length - 1).map((at) => line.map((byte, index) => (index === at ? byte ^ 0x80 : byte))),
        FastCheck.integer({ min: 1, max: 9 }).map((from) => sealed(line, { from: from as PostNumber, sig: signature })),
        FastCheck.constantFrom(
          encode({ type: "ping" }),
          encode({ type: "pong" }),
          encode({ type: "have", streams: {}, more: false }),
          bytesOf("nonsense\n")
        )
      )
    }
  )
}

/** Lines that carry posts of these streams, and some that are something else, or nothing. */
export const lines = (streams: ReadonlyArray<StreamId>, odd = 3): FastCheck.Arbitrary<ReadonlyArray<Uint8Array>> =>
  posts(streams).chain((all) => FastCheck.tuple(...all.map((post) => lineOf(post, odd))))
