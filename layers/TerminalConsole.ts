/** A Console on a terminal: what comes in stands above the line that is being typed, and never disturbs it. */
import * as Readline from "node:readline"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import { Console, type Typed } from "../services/Console.ts"
import { liveArea, ownLine, prompt } from "../src/domain/LiveArea.ts"
import * as Output from "./console/Output.ts"

/** From the cursor's row so many up, and everything from there on erased. */
const erase = (rows: number): string => `${rows > 0 ? `\u001b[${rows}A` : ""}\r\u001b[J`

/** The height of a terminal that does not say how high it is. */
const usualRows = 24

/** Readline's; it keeps how many rows above the cursor it has drawn. */
type Keyboard = Readline.Interface & { prevRows: number }

const asLines = (texts: ReadonlyArray<string>): string => texts.map((text) => `${text}\n`).join("")

const make = Effect.gen(function* () {
  const typed = yield* Mailbox.make<Typed>()
  const gone = yield* Deferred.make<void>()
  const output = yield* Output.make(process.stdout, gone)
  /** The lines that stand above the prompt, and whether they are marked. Changed in one step with the screen. */
  const standing = new Map<Typed, boolean>()
  const standingLines = () => Array.from(standing, ([{ text }, marked]) => ({ text, marked }))

  // What stands there is part of readline's prompt: it draws all of it anew, and knows where the cursor is.
  const keyboard = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        Readline.createInterface({
          input: process.stdin,
          output: process.stdout,
          prompt,
          terminal: true,
          historySize: 500
        }) as Keyboard
    ),
    (readline) =>
      Effect.sync(() => {
        if (process.stdout.writable) {
          process.stdout.write(`${erase(readline.getCursorPos().rows)}${asLines(standingLines().map(ownLine))}`)
        }
        readline.close()
      })
  )

  // Readline sets this to false for what is pasted, and then loses count of the rows that it takes.
  Object.defineProperty(keyboard, "isCompletionEnabled", { get: () => true, set: constVoid })

  /** How many rows the cursor would be below the first if that were the prompt, with what is typed behind it. */
  const rowsWith = (text: string): number => {
    const before = keyboard.getPrompt()
    keyboard.setPrompt(text)
    const { rows } = keyboard.getCursorPos()
    keyboard.setPrompt(before)
    return rows
  }

  /** How many rows of that prompt are above what is being typed. */
  const rowsAbove = (text: string): number => rowsWith(text) - rowsWith(prompt)

  /** Half of the screen: the rest is for what has scrolled up, and what is being typed. */
  const fits = (rows: ReadonlyArray<string>) =>
    rowsAbove(`${asLines(rows)}${prompt}`) <= (process.stdout.rows || usualRows) / 2

  /** How many rows of what stands there are drawn. */
  let liveRows = 0

  /** Draws what stands there and what is being typed, from the cursor's row on. */
  const draw = () => {
    keyboard.setPrompt(`${asLines(liveArea(standingLines(), fits))}${prompt}`)
    liveRows = rowsAbove(keyboard.getPrompt())
    // Readline would go up as many rows as it drew last: there is nothing there any more.
    keyboard.prevRows = 0
    keyboard.prompt(true)
  }

  /** Erases that, and draws it anew below these lines. */
  const redraw = (...above: ReadonlyArray<string>) =>
    output.write(`${erase(keyboard.getCursorPos().rows)}${asLines(above)}`, draw)

  /** Erases so many rows above the cursor, and draws it anew. */
  const drawOver = (rows: number) => {
    process.stdout.cork()
    process.stdout.write(erase(rows))
    draw()
    process.stdout.uncork()
  }

  /**
   * Terminals wrap anew what stands there. Some leave the cursor's line as it is: rather a piece of it is left over than
   * a line above it erased.
   */
  const resized = () => {
    const typedBefore = keyboard.prevRows - liveRows
    drawOver(rowsAbove(keyboard.getPrompt()) + Math.max(0, Math.min(typedBefore, rowsWith(prompt))))
  }

  keyboard.on("line", (text) => {
    const line = { text }
    standing.set(line, false)
    // The cursor is in the row below what was typed.
    drawOver(rowsWith(`${keyboard.getPrompt()}${text}`) + 1)
    typed.unsafeOffer(line)
  })
  keyboard.on("close", () => typed.unsafeDone(Exit.void))
  // The terminal is in raw mode: what would have been a signal comes as a key.
  keyboard.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
  // Before readline's own listener, which would go up as many rows as it drew when the terminal was as wide as before.
  yield* Effect.acquireRelease(
    Effect.sync(() => process.stdout.prependListener("resize", resized)),
    () => Effect.sync(() => process.stdout.off("resize", resized))
  )
  yield* Effect.forkScoped(Effect.zipRight(Deferred.await(gone), typed.end))
  keyboard.prompt()

  return Console.of({
    lines: Mailbox.toStream(typed),
    show: (lines) =>
      lines.length === 0 ? Effect.void : Effect.suspend(() => redraw(...lines.map(({ text }) => text))),
    tell: Option.none(),
    standing: Option.some({
      mark: (lines) =>
        Effect.suspend(() => {
          const unmarked = lines.filter((line) => standing.get(line) === false)
          for (const line of unmarked) standing.set(line, true)
          return unmarked.length === 0 ? Effect.void : redraw()
        }),
      settle: (lines) =>
        Effect.suspend(() => {
          const settled = lines.filter((line) => standing.delete(line))
          return settled.length === 0
            ? Effect.void
            : redraw(...settled.map(({ text }) => ownLine({ text, marked: false })))
        })
    })
  })
})

export const layer: Layer.Layer<Console> = Layer.scoped(Console, make)
