/** What every node does, server or client: shows what it witnesses, and says what is typed. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Console, type Typed } from "../../services/Console.ts"
import type { Membership } from "../../services/Membership.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import type { Entry } from "../domain/Entry.ts"
import { isForked, type StreamForked } from "../domain/Errors.ts"
import { within } from "../domain/Limit.ts"
import { pendingCommand } from "../domain/LiveArea.ts"
import { redial } from "../domain/Redial.ts"
import { notice, type ScreenLine, screenLineOf } from "../domain/ScreenLine.ts"
import * as Members from "./membership.ts"
import type { Standing } from "./standing.ts"

/** The line that ends a program. */
const exit = "Exit"

/** What this node says itself is seen where it is typed. */
const isNews = (entry: Entry): boolean => entry._tag !== "Said" || !entry.own

/** A screen that takes nothing any more holds up the end of a program no longer than this. */
const lastLines = "1 second"

/** Shows what this node witnesses, in that order, until the scope closes; then everything up to there is shown. */
export const showWhatHappens = (
  standing: Standing
): Effect.Effect<void, never, Console | MessageLog | PeerMesh | Scope.Scope> =>
  Effect.gen(function* () {
    const console = yield* Console
    const log = yield* MessageLog
    const mesh = yield* PeerMesh
    const show = standing.watch(log.follow(isNews), (entries) => {
      const lines: Array<ScreenLine> = []
      for (const entry of entries) {
        const line = screenLineOf(mesh.self.id, entry)
        if (line !== undefined) lines.push(line)
      }
      return lines.length === 0 ? Effect.void : console.show(lines)
    })
    const screen = yield* Effect.forkScoped(show)
    yield* Effect.addFinalizer(() => Effect.zipRight(log.close, within(lastLines)(Fiber.join(screen))))
  })

/** Why nothing more is typed. */
export type Ending = "exit" | "end of input"

/** Says every line that is typed, until `Exit` or the end of input; those that came together are said in one go. */
export const sayWhatIsTyped = (standing: Standing): Effect.Effect<Ending, never, Console | Membership | MessageLog> =>
  Effect.gen(function* () {
    const console = yield* Console
    const log = yield* MessageLog

    const say = (lines: ReadonlyArray<Typed>) =>
      Effect.gen(function* () {
        const before = log.have(log.stream)
        const refusals = yield* log.say(lines.map(({ text }) => text)).pipe(
          Effect.map((tooLong) => tooLong.map(({ message }) => notice(message))),
          Effect.catchTag("LogUnavailable", ({ message }) =>
            Effect.succeed([
              notice(`${message} ${lines.length === 1 ? "That line was" : "Those lines were"} not said.`)
            ])
          )
        )
        yield* standing.follow(lines, before)
        if (refusals.length > 0) yield* console.show(refusals)
      })
    const showPending = Effect.flatMap(standing.pending, (posts) =>
      console.show(
        posts.length === 0
          ? [notice("Every line of yours has reached somebody.")]
          : posts.map(({ text }) => notice(`nobody has yet: ${text}`))
      )
    )
    const take = (lines: ReadonlyArray<Typed>): Effect.Effect<void, never, Membership> => {
      const asked = lines.filter(({ text }) => text === pendingCommand)
      const ofMembers = lines.flatMap((line) =>
        Option.match(Members.asked(line.text), { onNone: () => [], onSome: (answer) => [{ line, answer }] })
      )
      const said = lines.filter(
        (line) => line.text !== "" && line.text !== pendingCommand && !ofMembers.some((each) => each.line === line)
      )
      if (said.length === lines.length) return say(said)
      const empty = lines.filter(({ text }) => text === "")
      return (said.length > 0 ? say(said) : Effect.void).pipe(
        Effect.zipRight(standing.settle([...empty, ...asked, ...ofMembers.map(({ line }) => line)])),
        Effect.zipRight(asked.length > 0 ? showPending : Effect.void),
        Effect.zipRight(
          Effect.forEach(ofMembers, ({ answer }) => Effect.flatMap(answer, console.show), { discard: true })
        )
      )
    }
    // Chunk by chunk, in one stage of a Stream; `Exit` ends it as a failure would.
    return yield* Stream.runForEachChunk(console.lines, (chunk) => {
      const lines = Chunk.toReadonlyArray(chunk)
      const last = lines.findIndex(({ text }) => text === exit)
      return last < 0 ? take(lines) : Effect.zipRight(take(lines.slice(0, last)), Effect.fail<Ending>("exit"))
    }).pipe(
      Effect.as<Ending>("end of input"),
      Effect.catchAll((ending) => Effect.succeed(ending))
    )
  })

/** Begins a program anew, on fresh layers and with the same console, when its stream turns out to be somebody else's too. */
export const anewWhenForked = <A, E, R>(
  program: Effect.Effect<A, E | StreamForked, R>
): Effect.Effect<A, E | StreamForked, R | Console> =>
  program.pipe(
    Effect.tapError((error) =>
      isForked(error) ? Effect.flatMap(Console, (console) => console.show([notice(error.message)])) : Effect.void
    ),
    Effect.retry({ schedule: redial, while: isForked })
  )
