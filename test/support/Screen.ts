/** A program of the project at a terminal, for programs that check its screen or measure its output. */
import { type ChildProcess, spawn } from "node:child_process"
import type Xterm from "@xterm/headless"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { makeSignal } from "../../src/domain/Signal.ts"
import { atTerminal, emulator, rowsOf, type Size } from "./terminal.ts"

/** How long to wait for anything. */
const waitLimit = "60 seconds"

export class NotSeen extends Data.TaggedError("NotSeen")<{ readonly message: string }> {}

export interface Screen {
  readonly terminal: Xterm.Terminal
  /** The id of the process at the terminal. */
  readonly pid: Effect.Effect<number, NotSeen>
  readonly types: (keys: string) => Effect.Effect<void>
  /**
   * How much output has come so far: its length in UTF-16 units, and the number of drawings. Each drawing switches line
   * wrapping off once, which is how they are counted.
   */
  readonly came: () => { readonly units: number; readonly drawings: number }
  /** Waits until one of the last rows matches. */
  readonly shows: (row: RegExp) => Effect.Effect<void, NotSeen>
}

/** Runs a command in a folder until the scope closes. */
export const open = (
  command: ReadonlyArray<string>,
  size: Size,
  cwd: string
): Effect.Effect<Screen, never, Scope.Scope> =>
  Effect.gen(function* () {
    const terminal = emulator(size)
    const drawn = makeSignal()
    let told: string | undefined
    let units = 0
    let drawings = 0
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        // The shell prints its process id before it becomes the program.
        const [program = "", ...args] = atTerminal(["sh", "-c", 'echo "$$"; exec "$@"', "sh", ...command], size)
        const { FORCE_COLOR, NO_COLOR, ...env } = process.env
        const running: ChildProcess = spawn(program, args, {
          cwd,
          env: { ...env, TERM: "xterm", LANG: "C.UTF-8", XDG_CONFIG_HOME: cwd },
          stdio: ["pipe", "pipe", "inherit"]
        })
        terminal.onData((answer) => running.stdin?.write(answer))
        running.stdin?.on("error", () => {})
        running.stdout?.setEncoding("utf8").on("data", (text: string) => {
          const first: RegExpExecArray | null = told === undefined ? /^(\d+)\r\n/.exec(text) : null
          told ??= first?.[1]
          units += text.length
          drawings += text.split("\u001b[?7l").length - 1
          terminal.write(first === null ? text : text.slice(first[0].length), drawn.changed)
        })
        return running
      }),
      (running) =>
        Effect.sync(() => {
          running.stdout?.destroy()
          running.kill("SIGKILL")
        })
    )
    const until = (what: string, holds: () => boolean) =>
      Effect.timeoutFail(drawn.until(holds), {
        duration: waitLimit,
        onTimeout: () =>
          new NotSeen({ message: `${command.join(" ")} never showed ${what}:\n${rowsOf(terminal).join("\n")}` })
      })
    return {
      terminal,
      pid: Effect.map(
        until("who it is", () => told !== undefined),
        () => Number(told)
      ),
      came: () => ({ units, drawings }),
      types: (keys) => Effect.sync(() => child.stdin?.write(keys)),
      shows: (row) => until(`${row}`, () => rowsOf(terminal).some((each) => row.test(each)))
    }
  })
