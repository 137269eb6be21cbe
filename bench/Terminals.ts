/** Programs at a terminal of their own, of 24 rows and 80 columns: what they draw is read and dropped. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { atTerminal } from "../test/support/terminal.ts"
import { BenchFailed, type Command, pipe, type Started, start, typeInto } from "./Processes.ts"

const size = { rows: 24, columns: 80 }

/** A program at a terminal, and its keyboard. */
export interface Seated extends Pick<Started, "pid" | "hears"> {
  readonly type: (text: string) => Effect.Effect<void, BenchFailed>
}

type Program = Pick<Command, "command" | "args" | "cwd" | "ready">

/** Starts a program at a terminal at which somebody types. `ready`: what it draws when it is ready. */
export const sit = ({ args, command, ...options }: Program): Effect.Effect<Seated, BenchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const [script = "", ...rest] = atTerminal([command, ...args], size)
    // The keyboard never ends.
    const stdin = yield* pipe
    const { hears, pid } = yield* start({ command: script, args: rest, stdin, ...options })
    return {
      pid: yield* Effect.acquireRelease(childOf(pid), end),
      hears,
      type: (text) => typeInto(stdin, text)
    }
  })

/** Starts a program at a terminal at which nobody types, and returns the id of the program itself. */
export const startAtTerminal = (program: Program): Effect.Effect<number, BenchFailed, Scope.Scope> =>
  Effect.map(sit(program), ({ pid }) => pid)

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
