/** Takes over the terminal for an editor: raw mode, and pastes as one piece. Restores the terminal afterwards. */
import { writeSync } from "node:fs"
import type { ReadStream, WriteStream } from "node:tty"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type * as Scope from "effect/Scope"
import { dropHungUp } from "./HungUp.ts"

/** The sequences that are sent when the terminal is taken, and when it is given back. */
export interface Sequences {
  readonly begin: string
  readonly end: string
}

/**
 * xterm sends Alt-1 as ± unless it is asked to send an Escape before the key (mode 1036). What the person has set is
 * saved and restored. Other terminals do not know the mode, and ignore it.
 */
const escapeBeforeAlt: Sequences = { begin: "\u001b[?1036s\u001b[?1036h", end: "\u001b[?1036r" }

/**
 * Bracketed paste, focus reports, and Alt as Escape. The end undoes all three, turns wrapping on, and resets colours and
 * styles.
 */
export const all: Sequences = {
  begin: `\u001b[?2004h\u001b[?1004h${escapeBeforeAlt.begin}`,
  end: `\u001b[?2004l\u001b[?1004l${escapeBeforeAlt.end}\u001b[?7h\u001b[0m`
}

/** Bracketed paste only. */
export const pasteAlone: Sequences = { begin: "\u001b[?2004h", end: "\u001b[?2004l" }

export const none: Sequences = { begin: "", end: "" }

/** A terminal's keyboard and screen. */
export interface Terminal {
  readonly input: ReadStream
  readonly output: WriteStream & { readonly fd: number }
}

/** The terminal of this process. */
export const ofProcess = (): Terminal => ({ input: process.stdin, output: process.stdout })

export interface RawTerminal {
  /** Stops this process and its process group, until a shell resumes them. */
  readonly suspend: () => void
}

export interface Handlers {
  readonly onInput: (text: string) => void
  /** The input has ended. */
  readonly onEnd: () => void
  readonly onResize: () => void
  /** Another program is about to use the screen. Nothing may be drawn until `onReturn`. */
  readonly onLeave: () => void
  readonly onReturn: () => void
}

/** Takes the terminal until the scope closes, or until the process ends in a way that it can notice. */
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
          // A shell may have changed the mode, which Node does not know. Node sets a mode only if it differs from the
          // last one that it has set.
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
            // The terminal is gone, and needs no restoring.
          }
          if (!input.destroyed) input.setRawMode(false)
        }
        const suspend = () => {
          onLeave()
          leave()
          process.off("SIGTSTP", suspend).off("SIGCONT", wake)
          // The signal has no handler now, so it stops the whole process group. If no shell could resume the group, the
          // signal stops nothing.
          process.kill(0, "SIGTSTP")
          process.on("SIGTSTP", suspend).on("SIGCONT", wake)
          enter()
          onReturn()
        }
        /** This process was stopped from outside, and another program may have used the terminal. */
        const wake = () => {
          enter()
          onReturn()
        }
        /** The process ends before the scope has closed. */
        const onExit = () => {
          if (ours) onLeave()
          leave()
        }

        input.setEncoding("utf8").on("data", onInput).on("end", onEnd).on("close", onEnd).on("error", onEnd)
        output.on("resize", onResize)
        // This comes last again, and is never removed: the process exits after its scopes have closed.
        process.off("exit", dropHungUp).on("exit", onExit).on("exit", dropHungUp)
        process.on("SIGTSTP", suspend).on("SIGCONT", wake)
        enter()
        return {
          suspend,
          release: () => {
            leave()
            process.off("exit", onExit).off("SIGTSTP", suspend).off("SIGCONT", wake)
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
