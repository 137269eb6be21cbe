/** The terminal as an editor needs it: each key as it is pressed, what is pasted as one piece; and as it was, afterwards. */
import { closeSync, writeSync } from "node:fs"
import { isatty, type ReadStream, type WriteStream } from "node:tty"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type * as Scope from "effect/Scope"

/** What a terminal is sent when it is taken, and when it is let go. */
export interface Sequences {
  readonly begin: string
  readonly end: string
}

/**
 * Pasted text comes in brackets, and the terminal tells whether its window is in front. In the end that is over, long rows
 * wrap again, and letters are as ever.
 */
export const all: Sequences = {
  begin: "\u001b[?2004h\u001b[?1004h",
  end: "\u001b[?2004l\u001b[?1004l\u001b[?7h\u001b[0m"
}

/** Pasted text comes in brackets. */
export const pasteAlone: Sequences = { begin: "\u001b[?2004h", end: "\u001b[?2004l" }

export const none: Sequences = { begin: "", end: "" }

/** A terminal's keyboard and screen. */
export interface Terminal {
  readonly input: ReadStream
  readonly output: WriteStream & { readonly fd: number }
}

/** The one of this process. */
export const ofProcess = (): Terminal => ({ input: process.stdin, output: process.stdout })

export interface RawTerminal {
  /** Stops this process and whoever it shares the terminal with, until a shell goes on with them. */
  readonly suspend: () => void
}

export interface Handlers {
  readonly onInput: (text: string) => void
  /** Nothing comes any more. */
  readonly onEnd: () => void
  readonly onResize: () => void
  /** The screen is about to be somebody else's: nothing may be drawn until it is ours again. */
  readonly onLeave: () => void
  readonly onReturn: () => void
}

/** Which of stdin, stdout and stderr were terminals when this began. */
const begunAtTerminal = [0, 1, 2].map((descriptor) => isatty(descriptor))

/**
 * Node restores the modes of the terminals that it began with when it ends, and aborts if one does not take that: one that
 * has hung up takes nothing. What is closed it leaves alone.
 */
const dropHungUp = () => {
  for (const descriptor of [0, 1, 2]) {
    try {
      if (begunAtTerminal[descriptor] && !isatty(descriptor)) closeSync(descriptor)
    } catch {
      // It was closed already.
    }
  }
}
/** Takes the terminal until the scope closes, or the process ends in whatever way it can see. */
export const take = (
  { input, output }: Terminal,
  { onEnd, onInput, onLeave, onResize, onReturn }: Handlers,
  { begin, end }: Sequences
): Effect.Effect<RawTerminal, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        let ours = false
        const enter = () => {
          ours = true
          // A shell may have changed the mode behind Node's back, which sets it only if it thinks that it is another.
          input.setRawMode(false).setRawMode(true)
          if (begin !== "") output.write(begin)
        }
        /** What the last writes have not brought out yet goes first: this is written past the stream. */
        const leave = () => {
          if (!ours) return
          ours = false
          try {
            writeSync(output.fd, end)
          } catch {
            // The terminal is gone, and with it what was to be restored.
          }
          if (!input.destroyed) input.setRawMode(false)
        }
        const suspend = () => {
          onLeave()
          leave()
          process.off("SIGTSTP", suspend).off("SIGCONT", wake)
          // Nobody handles it now, so it stops all of the group; without a shell that could go on with them, nobody.
          process.kill(0, "SIGTSTP")
          process.on("SIGTSTP", suspend).on("SIGCONT", wake)
          enter()
          onReturn()
        }
        /** Somebody else had stopped this process, and another may have used the terminal. */
        const wake = () => {
          enter()
          onReturn()
        }
        /** This ends without its scope. */
        const onExit = () => {
          if (ours) onLeave()
          leave()
        }
        // Where a terminal hangs up, or somebody says so, this ends as on SIGTERM.
        const hangUp = () => process.kill(process.pid, "SIGTERM")

        input.setEncoding("utf8").on("data", onInput).on("end", onEnd).on("close", onEnd).on("error", onEnd)
        output.on("resize", onResize)
        // For good, and once: the process ends after its scopes.
        process.off("exit", dropHungUp).on("exit", onExit).on("exit", dropHungUp)
        process.on("SIGTSTP", suspend).on("SIGCONT", wake).on("SIGHUP", hangUp)
        enter()
        return {
          suspend,
          release: () => {
            leave()
            process.off("exit", onExit).off("SIGTSTP", suspend).off("SIGCONT", wake).off("SIGHUP", hangUp)
            output.off("resize", onResize)
            input.off("data", onInput).off("end", onEnd).off("close", onEnd).off("error", onEnd).on("error", constVoid)
            input.pause()
          }
        }
      }),
      ({ release }) => Effect.sync(release)
    ),
    ({ suspend }) => ({ suspend })
  )
