/** A Console for a terminal on which nothing is ever redrawn, as screen readers like it: line after line, and no colours. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import { Console, type Typed } from "../../services/Console.ts"
import { Interrupts } from "../../services/Interrupts.ts"
import { notice } from "../../src/domain/ScreenLine.ts"
import { nothing } from "../../src/terminal/Completion.ts"
import { echo, isPlainKey } from "../../src/terminal/Echo.ts"
import { type Act, empty, press } from "../../src/terminal/Editor.ts"
import type { Key } from "../../src/terminal/Keys.ts"
import { visible } from "../../src/terminal/LiveArea.ts"
import * as KeyReader from "./KeyReader.ts"
import * as Legible from "./Legible.ts"
import { makeWriter } from "./Output.ts"
import * as RawTerminal from "./RawTerminal.ts"

/** What comes while something is typed is shown at most so often, in milliseconds: what is typed is then shown once more. */
const showEvery = 500

/** The terminal takes each key by itself, so that what comes in need not stand in the middle of a line. */
const make = (sequences: RawTerminal.Sequences) =>
  Effect.gen(function* () {
    const typed = yield* Mailbox.make<Typed>()
    const interrupts = yield* Interrupts
    const { stdin, stdout } = process
    const { isGone, write } = makeWriter(stdout)

    // Mutable, each change in one synchronous step with the screen.
    let editor = empty
    let ended = false
    /** What is to be shown, and who waits for it. */
    let above = ""
    let waiting: Array<() => void> = []
    let lastShown = 0
    let nextShow: NodeJS.Timeout | undefined

    const put = (text: string) => (text === "" ? undefined : write(text, () => {}))
    const flush = () => {
      clearTimeout(nextShow)
      nextShow = undefined
      if (above === "") return
      const taken = waiting
      const text = editor.text === "" ? above : `\n${above}${visible(editor.text)}`
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
        if (editor.text === "" || isGone()) return flush()
        nextShow ??= setTimeout(flush, Math.max(0, lastShown + showEvery - performance.now()))
      })

    const end = () => {
      ended = true
      typed.unsafeDone(Exit.void)
    }
    const obey = (act: Act) => {
      switch (act._tag) {
        case "Say":
          put("\n")
          return typed.unsafeOffer({ text: act.text })
        case "End":
          return end()
        case "Interrupt":
          return interrupts.press()
        case "Suspend":
          return terminal.suspend()
        case "Ring":
          return put("\u0007")
        case "Clear":
        case "ReadBack":
          return
      }
    }
    const pressed = (key: Key) => {
      if (key._tag === "Focus" || key._tag === "CursorAt") return
      if (key._tag === "Press" && !isPlainKey(key.name)) return put("\u0007")
      const { act, editor: after } = press(editor, key, nothing)
      if (ended && act?._tag !== "Interrupt" && act?._tag !== "Suspend") return
      const asks = after.asked === true && editor.asked !== true
      if (act?._tag !== "Say") put(echo(editor.text, after.text, stdout.columns || Legible.usualColumns))
      editor = { ...after, cursor: after.text.length }
      if (asks) {
        const lines = editor.text.split("\n").length
        put(`\n${Legible.textOf(stdout, [notice(`${lines} lines in one message: Enter again says it.`)])}`)
      }
      if (act !== undefined) obey(act)
    }
    const keys = KeyReader.make((all) => {
      for (const key of all) pressed(key)
      if (editor.text === "") flush()
    })
    const terminal = yield* RawTerminal.take(
      stdin,
      stdout,
      {
        onInput: keys.take,
        onEnd: end,
        onResize: () => {},
        onLeave: () => put(editor.text === "" ? "" : "\n"),
        onReturn: () => put(visible(editor.text))
      },
      sequences
    )
    const gone = yield* Deferred.make<void>()
    const onError = () => Deferred.unsafeDone(gone, Effect.void)
    yield* Effect.acquireRelease(
      Effect.sync(() => stdout.on("error", onError)),
      () => Effect.sync(() => stdout.off("error", onError))
    )
    yield* Effect.forkScoped(Effect.zipRight(Deferred.await(gone), typed.end))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        keys.stop()
        const half = editor.text
        editor = empty
        put(half === "" ? "" : "\n")
        flush()
      })
    )

    return Console.of({
      lines: Mailbox.toStream(typed),
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
