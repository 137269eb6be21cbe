/** A Console for a terminal on which nothing is ever redrawn, as screen readers like it: line after line, and no colours. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Console } from "../../services/Console.ts"
import type { Interrupts } from "../../services/Interrupts.ts"
import { notice } from "../../src/domain/ScreenLine.ts"
import { nothing } from "../../src/terminal/Completion.ts"
import { echo, isPlainKey } from "../../src/terminal/Echo.ts"
import type { Act } from "../../src/terminal/editor/State.ts"
import type { Key } from "../../src/terminal/Keys.ts"
import { visible } from "../../src/terminal/LiveArea.ts"
import { bell } from "./Bell.ts"
import * as Legible from "./Legible.ts"
import { makeWriter } from "./Output.ts"
import * as RawTerminal from "./RawTerminal.ts"
import * as TypedInput from "./TypedInput.ts"

/** What comes while something is typed is shown at most so often, in milliseconds: what is typed is then shown once more. */
const showEvery = 500

/** The terminal takes each key by itself, so that what comes in need not stand in the middle of a line. */
const make = (sequences: RawTerminal.Sequences) =>
  Effect.gen(function* () {
    const terminal = RawTerminal.ofProcess()
    const stdout = terminal.output
    const { isGone, write } = makeWriter(stdout)

    // Mutable, each change in one synchronous step with the screen.
    /** What is to be shown, and who waits for it. */
    let above = ""
    let waiting: Array<() => void> = []
    let lastShown = 0
    let nextShow: NodeJS.Timeout | undefined

    const typed = () => input.editor().text
    const put = (text: string) => (text === "" ? undefined : write(text, () => {}))
    const flush = () => {
      clearTimeout(nextShow)
      nextShow = undefined
      if (above === "") return
      const taken = waiting
      const text = typed() === "" ? above : `\n${above}${visible(typed())}`
      above = ""
      waiting = []
      lastShown = performance.now()
      write(text, () => {
        for (const resume of taken) resume()
      })
    }
    const show = (text: string): Effect.Effect<void> =>
      Effect.async((resume) => {
        above += text
        waiting.push(() => resume(Effect.void))
        if (typed() === "" || isGone()) return flush()
        nextShow ??= setTimeout(flush, Math.max(0, lastShown + showEvery - performance.now()))
      })

    const obey = (act: Act) => {
      switch (act._tag) {
        case "Say":
          put("\n")
          return input.say({ text: act.text })
        case "Ring":
          return put(bell)
        case "Clear":
        case "ReadBack":
          return
        default:
          return input.obey(act)
      }
    }
    const press = (key: Key) => {
      if (key._tag === "Focus" || key._tag === "CursorAt") return
      if (key._tag === "Press" && !isPlainKey(key.name)) return put(bell)
      const before = input.editor()
      const act = input.press(key, nothing)
      const { asked, text } = input.editor()
      if (act?._tag !== "Say") put(echo(before.text, text, stdout.columns || Legible.usualColumns))
      input.put(text)
      if (asked === true && before.asked !== true) {
        const question = notice(`${text.split("\n").length} lines in one message: Enter again sends it.`)
        put(`\n${Legible.textOf(stdout, [question])}`)
      }
      if (act !== undefined) obey(act)
    }
    const input: TypedInput.TypedInput = yield* TypedInput.make(terminal, sequences, {
      onKeys: (keys) => {
        for (const key of keys) press(key)
        if (typed() === "") flush()
      },
      onResize: () => {},
      onLeave: () => put(typed() === "" ? "" : "\n"),
      onReturn: () => put(visible(typed()))
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        const half = typed()
        input.put("")
        put(half === "" ? "" : "\n")
        flush()
      })
    )

    return Console.of({
      lines: input.lines,
      show: (lines) => (lines.length === 0 ? Effect.void : Effect.suspend(() => show(Legible.textOf(stdout, lines)))),
      isGone,
      isPerson: true,
      tell: Option.none(),
      pending: Option.none(),
      prompt: Option.none()
    })
  })

/** One that knows brackets around what is pasted, which is then one message. */
export const layer: Layer.Layer<Console, never, Interrupts> = Layer.scoped(Console, make(RawTerminal.pasteAlone))

/** One that knows no sequences at all (`TERM=dumb`). */
export const dumb: Layer.Layer<Console, never, Interrupts> = Layer.scoped(Console, make(RawTerminal.none))
