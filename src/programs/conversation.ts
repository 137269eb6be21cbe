/** What every node does, server or client: shows what it witnesses, and says what is typed. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Console } from "../../services/Console.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { within } from "../domain/Limit.ts"
import { notice, screenLineOf } from "../domain/ScreenLine.ts"

/** The line that ends a program. */
const exit = "Exit"

/** The line that asks what nobody has got yet. */
const pending = "/pending"

/** A screen that takes nothing any more holds up the end of a program no longer than this. */
const lastLines = "1 second"

/** Shows what this node witnesses, in that order, until the scope closes; then everything up to there is shown. */
export const showWhatHappens: Effect.Effect<void, never, Console | MessageLog | PeerMesh | Scope.Scope> = Effect.gen(
  function* () {
    const console = yield* Console
    const log = yield* MessageLog
    const mesh = yield* PeerMesh
    const show = Stream.runForEachChunk(log.follow, (entries) =>
      console.show(Chunk.toReadonlyArray(entries).flatMap((entry) => screenLineOf(mesh.self.id, entry) ?? []))
    )
    const screen = yield* Effect.forkScoped(show)
    yield* Effect.addFinalizer(() => Effect.zipRight(log.close, within(lastLines)(Fiber.join(screen))))
  }
)

/** Why nothing more is typed. */
export type Ending = "exit" | "end of input"

/** Says every line that is typed, until `Exit` or the end of input; those that came together are said in one go. */
export const sayWhatIsTyped: Effect.Effect<Ending, never, Console | MessageLog | PeerMesh> = Effect.gen(function* () {
  const console = yield* Console
  const log = yield* MessageLog
  const mesh = yield* PeerMesh

  const say = (lines: ReadonlyArray<string>) =>
    log.say(lines).pipe(
      Effect.flatMap((tooLong) => console.show(tooLong.map((error) => notice(error.message)))),
      Effect.catchTag("LogUnavailable", (error) =>
        console.show([
          notice(`${error.message} ${lines.length === 1 ? "That line was" : "Those lines were"} not said.`)
        ])
      )
    )
  const nobodyHas = Effect.flatMap(mesh.delivery.get, ({ upTo }) => log.ownAfter(upTo))
  const showPending = Effect.flatMap(nobodyHas, (posts) =>
    console.show(
      posts.length === 0
        ? [notice("Every line of yours has reached somebody.")]
        : posts.map(({ text }) => notice(`nobody has yet: ${text}`))
    )
  )
  return yield* console.lines.pipe(
    Stream.takeUntil((line) => line === exit),
    Stream.filter((line) => line !== ""),
    Stream.chunks,
    Stream.runFoldEffect("end of input" as Ending, (_, chunk) => {
      const lines = Chunk.toReadonlyArray(chunk)
      const said = lines.filter((line) => line !== exit && line !== pending)
      return (said.length > 0 ? say(said) : Effect.void).pipe(
        Effect.zipRight(lines.includes(pending) ? showPending : Effect.void),
        Effect.as<Ending>(lines.at(-1) === exit ? "exit" : "end of input")
      )
    })
  )
})
