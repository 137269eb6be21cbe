/** A Console on a terminal: what comes in stands above the line that is being typed, and never disturbs it. */
import * as Readline from "node:readline"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import { Console } from "../services/Console.ts"
import * as Output from "./console/Output.ts"

const prompt = "> "

/** From the cursor's row up to the first row of what is being typed, and everything from there on erased. */
const eraseTyped = (rows: number): string => `${rows > 0 ? `\u001b[${rows}A` : ""}\r\u001b[J`

const make = Effect.gen(function* () {
  const typed = yield* Mailbox.make<string>()
  const gone = yield* Deferred.make<void>()
  const output = yield* Output.make(process.stdout, gone)
  const keyboard = yield* Effect.acquireRelease(
    Effect.sync(() =>
      Readline.createInterface({
        input: process.stdin,
        output: process.stdout,
        prompt,
        terminal: true,
        historySize: 500
      })
    ),
    (readline) =>
      Effect.sync(() => {
        if (process.stdout.writable) process.stdout.write(eraseTyped(readline.getCursorPos().rows))
        readline.close()
      })
  )
  keyboard.on("line", (line) => {
    typed.unsafeOffer(line)
    keyboard.prompt()
  })
  keyboard.on("close", () => typed.unsafeDone(Exit.void))
  // The terminal is in raw mode: what would have been a signal comes as a key.
  keyboard.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
  yield* Effect.forkScoped(Effect.zipRight(Deferred.await(gone), typed.end))
  keyboard.prompt()

  return Console.of({
    lines: Mailbox.toStream(typed),
    show: (lines) =>
      Effect.suspend(() =>
        output.write(
          `${eraseTyped(keyboard.getCursorPos().rows)}${lines.map(({ text }) => `${text}\n`).join("")}`,
          () => {
            // Readline would go up as many rows as it drew last: there is nothing there any more.
            Object.assign(keyboard, { prevRows: 0 })
            keyboard.prompt(true)
          }
        )
      )
  })
})

export const layer: Layer.Layer<Console> = Layer.scoped(Console, make)
