/** Programs at a terminal of their own, of 24 rows and 80 columns: what they draw is read and dropped. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { atTerminal } from "../test/support/terminal.ts"
import { BenchFailed, type Command, pipe, start } from "./Processes.ts"

const size = { rows: 24, columns: 80 }

/** Starts it at a terminal, and returns the id of the program itself. `ready`: what it draws when it is ready. */
export const startAtTerminal = ({
  args,
  command,
  ...options
}: Pick<Command, "command" | "args" | "cwd" | "ready">): Effect.Effect<number, BenchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const [script = "", ...rest] = atTerminal([command, ...args], size)
    // Nobody types, and the keyboard never ends.
    const { pid } = yield* start({ command: script, args: rest, stdin: yield* pipe, ...options })
    return yield* Effect.acquireRelease(childOf(pid), end)
  })

/** The program at the terminal: `script` starts it a little after itself. */
const childOf = (pid: number): Effect.Effect<number, BenchFailed> =>
  Effect.try({
    try: () => Number(/\d+/.exec(Fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"))?.[0]),
    catch: () => nobody
  }).pipe(
    Effect.filterOrFail(
      (child) => child > 0,
      () => nobody
    ),
    Effect.retry({ times: 200, schedule: Schedule.spaced("10 millis") })
  )

const nobody = new BenchFailed({ detail: "nobody is at the terminal" })

/** Without its terminal, a program might still take its time to leave. */
const end = (pid: number): Effect.Effect<void> =>
  Effect.sync(() => {
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // It has ended.
    }
  })
