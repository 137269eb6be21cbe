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

/** Says every line that is typed, until `Exit` or the end of input. */
export const sayWhatIsTyped: Effect.Effect<Ending, never, Console | MessageLog> = Effect.gen(function* () {
  const console = yield* Console
  const log = yield* MessageLog
  const say = (line: string) =>
    log.say(line).pipe(Effect.catchTag("LineTooLong", (error) => console.show([notice(error.message)])))
  return yield* console.lines.pipe(
    Stream.takeUntil((line) => line === exit),
    Stream.filter((line) => line !== ""),
    Stream.runFoldEffect("end of input" as Ending, (_, line) =>
      line === exit ? Effect.succeed("exit" as const) : Effect.as(say(line), "end of input" as const)
    )
  )
})
