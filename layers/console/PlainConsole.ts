/** A Console for a terminal where nothing is ever redrawn, for screen readers: line after line, without colours. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Console, type Put, whenTaken } from "../../services/Console.ts"
import type { Interrupts } from "../../services/Interrupts.ts"
import { notice, type ScreenLine } from "../../src/domain/ScreenLine.ts"
import { nothing } from "../../src/terminal/Completion.ts"
import { isPlainKey } from "../../src/terminal/Echo.ts"
import type { Act } from "../../src/terminal/editor/State.ts"
import type { Key } from "../../src/terminal/Keys.ts"
import { bell } from "./Bell.ts"
import { PlainScreen } from "./PlainScreen.ts"
import * as RawTerminal from "./RawTerminal.ts"
import * as TypedInput from "./TypedInput.ts"

/** The terminal is in raw mode, so that new lines need not appear in the middle of what is typed. */
const make = (sequences: RawTerminal.Sequences, terminal: RawTerminal.Terminal) =>
  Effect.gen(function* () {
    const typed = () => input.editor().text
    const screen = new PlainScreen(terminal.output, typed)

    const obey = (act: Act) => {
      switch (act._tag) {
        case "Say":
          screen.send("\n")
          return input.say({ text: act.text })
        case "Ring":
          return screen.send(bell)
        case "Clear":
        case "ReadBack":
        case "LookUp":
          return
        default:
          return input.obey(act)
      }
    }
    const press = (key: Key) => {
      if (key._tag === "Focus" || key._tag === "CursorAt") return
      if (key._tag === "Press" && !isPlainKey(key.name)) return screen.send(bell)
      const before = input.editor()
      const act = input.press(key, nothing)
      const { asked, text } = input.editor()
      if (act?._tag !== "Say") screen.echo(before.text, text)
      input.put(text)
      if (asked === true && before.asked !== true) {
        screen.interrupt([notice(`${text.split("\n").length} lines in one message: Enter again sends it.`)])
      }
      if (act !== undefined) obey(act)
    }
    const input: TypedInput.TypedInput = yield* TypedInput.make(terminal, sequences, {
      onKeys: (keys) => {
        for (const key of keys) press(key)
        if (typed() === "") screen.flush()
      },
      onResize: () => {},
      onLeave: () => screen.send(typed() === "" ? "" : "\n"),
      onReturn: () => screen.echoAnew()
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        const half = typed()
        input.put("")
        screen.send(half === "" ? "" : "\n")
        screen.flush()
      })
    )

    const put: Put<ScreenLine> = (lines, taken) => screen.show(lines, taken)
    return Console.of({
      lines: input.lines,
      put,
      show: whenTaken(put),
      offer: Option.none(),
      isGone: () => screen.isGone,
      isPerson: true,
      tell: Option.none(),
      pending: Option.none(),
      prompt: Option.none()
    })
  })

/**
 * A console at a given terminal instead of the process's: for tests. It uses bracketed paste, so that pasted text is
 * one message.
 */
export const at = (terminal: RawTerminal.Terminal): Layer.Layer<Console, never, Interrupts> =>
  Layer.scoped(Console, make(RawTerminal.pasteAlone, terminal))

/** A console that uses bracketed paste. */
export const layer: Layer.Layer<Console, never, Interrupts> = Layer.suspend(() => at(RawTerminal.ofProcess()))

/** A console that sends no escape sequences to turn modes on (`TERM=dumb`). */
export const dumb: Layer.Layer<Console, never, Interrupts> = Layer.suspend(() =>
  Layer.scoped(Console, make(RawTerminal.none, RawTerminal.ofProcess()))
)
