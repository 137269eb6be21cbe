/** A Console for programs: events go out and commands come in, each as a line of JSON. */

import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Console, type Put, type Typed, whenTaken } from "../../services/Console.ts"
import { absurd } from "../../src/domain/Absurd.ts"
import { privatelyTo } from "../../src/domain/Conversation.ts"
import type { Room } from "../../src/domain/Post.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import {
  decodeInput,
  type Event,
  encodeEvent,
  eventOf,
  type Input,
  requestOf,
  version,
  whereIn
} from "../../src/protocol/BotLine.ts"
import * as Output from "./Output.ts"
import * as PipedInput from "./PipedInput.ts"

/**
 * The longest command, in bytes: the longest line that can be sent with each byte escaped as `\u0041` (six bytes), and
 * room for the JSON around it.
 */
export const longestCommand = 7 * PipedInput.longestLine

/** Where a request says what it says, if it names a place. */
const placed = ({ room, to }: Extract<Input, { readonly type: "say" | "run" }>): { readonly room?: Room } =>
  to !== undefined ? { room: privatelyTo(to) } : room === undefined ? {} : { room }

const typedOf = (input: Input): Typed => {
  switch (input.type) {
    case "say":
      return { text: input.text, verbatim: true, ...placed(input) }
    case "run":
      return { text: `/${input.command} ${input.arguments ?? ""}`, ...placed(input) }
    case "exit":
      return { text: "Exit" }
    case "watch":
    case "history":
    case "search":
    case "read":
    case "seek":
    case "get":
    case "cancel":
      return { text: "", request: requestOf(input) }
    default:
      return absurd(input)
  }
}

/** What a program reads and writes. */
export interface Ends {
  /** The lines that it has written. They end when it is gone. */
  readonly lines: Console["Type"]["lines"]
  /** Gives it at least one line, each with its newline. */
  readonly put: Put<string>
  /** Whether it reads nothing any more. */
  readonly isGone: () => boolean
}

/** A console at these ends. */
export const over = ({ isGone, lines, put: putLines }: Ends): Effect.Effect<Console["Type"]> =>
  Effect.gen(function* () {
    const write: Put<Event> = (events, taken) =>
      events.length === 0 ? taken() : putLines(events.map(encodeEvent), taken)
    const tell = whenTaken(write)
    yield* tell([{ type: "outlive", version }])

    /** The reference that the program has given to a line. */
    const refs = new WeakMap<Typed, string>()
    const marked = new WeakSet<Typed>()
    /** Where a line is said. */
    const rooms = new WeakMap<Typed, Room>()
    const eventsOf = (type: "waiting" | "settled", lines: ReadonlyArray<Typed>): ReadonlyArray<Event> =>
      lines.flatMap((line) => {
        const ref = refs.get(line)
        return ref === undefined ? [] : [{ type, ref, ...whereIn(rooms.get(line)) }]
      })
    const mark: Put<Typed> = (lines, taken) => {
      const fresh = lines.filter((line) => !marked.has(line))
      for (const line of fresh) marked.add(line)
      write(eventsOf("waiting", fresh), taken)
    }
    const put: Put<ScreenLine> = (lines, taken) =>
      write(
        lines.map(({ text }) => ({ type: "notice", text: text.replace(/^\* /, "") })),
        taken
      )

    const understood = (lines: Chunk.Chunk<Typed>) => {
      const typed: Array<Typed> = []
      const complaints: Array<Event> = []
      for (const line of lines) {
        const { text, trouble } = line
        // The session reports the problem to the program, like every line that could not be sent.
        if (trouble !== undefined) typed.push(line)
        if (text.trim() === "") continue
        const input = decodeInput(text)
        if (Either.isLeft(input)) {
          complaints.push({ type: "error", text: input.left })
          continue
        }
        const meant = typedOf(input.right)
        if (meant.request === undefined && "ref" in input.right && input.right.ref !== undefined) {
          refs.set(meant, input.right.ref)
        }
        typed.push(meant)
      }
      return Effect.as(tell(complaints), Chunk.unsafeFromArray(typed))
    }

    return Console.of({
      lines: Stream.mapChunksEffect(lines, understood),
      put,
      show: whenTaken(put),
      offer: Option.none(),
      isGone,
      tell: Option.some((facts, taken) =>
        write(
          facts.flatMap((fact) => eventOf(fact) ?? []),
          taken
        )
      ),
      pending: Option.some({
        // The program gets the line as a post, like every other post.
        add: () => {},
        mark,
        place: (lines, room) => {
          for (const { line } of lines) rooms.set(line, room)
          write(
            lines.flatMap(({ line, post: { n, stream } }) => {
              const ref = refs.get(line)
              return ref === undefined ? [] : [{ type: "accepted", ref, stream, n }]
            }),
            () => {}
          )
        },
        reword: () => Effect.void,
        settle: (lines, taken) => write(eventsOf("settled", lines), taken),
        giveBack: (lines) => tell(eventsOf("settled", lines)),
        drop: (lines) =>
          tell(
            lines.map(({ text }) => ({
              type: "error",
              text: `Too late, not sent: ${text.slice(0, 200)}`
            }))
          )
      }),
      isPerson: false,
      prompt: Option.none()
    })
  })

const make = (reads: boolean) =>
  Effect.gen(function* () {
    const gone = yield* Deferred.make<void>()
    const out = yield* Output.make(process.stdout, gone)
    const input = reads ? yield* PipedInput.make(process.stdin, gone, longestCommand) : PipedInput.none(gone)
    return yield* over({
      lines: input.lines,
      put: (lines, taken) => out.write(lines.join(""), taken),
      isGone: out.isGone
    })
  })

/** A console that reads commands from stdin. */
export const layer: Layer.Layer<Console> = Layer.scoped(Console, make(true))

/** A console that reads nothing, and leaves stdin untouched. */
export const deaf: Layer.Layer<Console> = Layer.scoped(Console, make(false))
