/** A Console on a terminal: what comes in stands above the line that is being typed, and never disturbs it. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import { Console, type Typed } from "../../services/Console.ts"
import { Interrupts } from "../../services/Interrupts.ts"
import { type Rung, ring } from "../../src/domain/Calling.ts"
import { title } from "../../src/domain/Peer.ts"
import { escape, notice, type ScreenLine } from "../../src/domain/ScreenLine.ts"
import { type Status, statusForms } from "../../src/domain/Status.ts"
import { away, back, type Chronicle, clockTime, dim, enter, type Looks } from "../../src/terminal/Chronicle.ts"
import { completionFrom, nothing } from "../../src/terminal/Completion.ts"
import { type Act, type Editor, empty, press } from "../../src/terminal/Editor.ts"
import type { Key } from "../../src/terminal/Keys.ts"
import {
  type LiveArea,
  liveArea,
  mostStanding,
  ownLine,
  type Row,
  type StandingLine
} from "../../src/terminal/LiveArea.ts"
import {
  extended,
  legend,
  makeTranscript,
  open,
  type Pager,
  page,
  rewrapped,
  type Shown,
  turn
} from "../../src/terminal/Pager.ts"
import {
  askCursor,
  below,
  changed,
  cutAtEdge,
  erase,
  isDoubtful,
  rowsAbove,
  screenful
} from "../../src/terminal/Redraw.ts"
import { fitting, textWidth } from "../../src/terminal/TextWidth.ts"
import { rowsOf } from "../../src/terminal/Wrap.ts"
import * as KeyReader from "./KeyReader.ts"
import { makeWriter } from "./Output.ts"
import * as RawTerminal from "./RawTerminal.ts"

export interface Settings extends Looks {
  /** Whether the terminal rings, and tells, when somebody calls this node. */
  readonly bell: boolean
}

/** Of a terminal that does not say how large it is. */
const usualColumns = 80
const usualRows = 24

/** What comes within so many milliseconds is drawn in one go. */
const drawEvery = 16

/** What is told at a glance changes no more often than this, in milliseconds. */
const tellEvery = 100

/** Another screen, which leaves what is on the first and what has scrolled up as they are. The Linux console has none. */
const hasOtherScreen = process.env["TERM"] !== "linux"
const toOtherScreen = hasOtherScreen ? "\u001b[?1049h" : ""
const toFirstScreen = hasOtherScreen ? "\u001b[?1049l" : "\u001b[H\u001b[2J"

/** A terminal that has not told where the cursor is after so many milliseconds won't. */
const answerWithin = 200

/** Who has pressed no key for so many milliseconds has stopped reading, where the terminal does not tell. */
const idleAfter = 10 * 60_000

/** Terminals that can tell of something outside of their window do so by one of two sequences. */
const tells = process.env["VTE_VERSION"] !== undefined || /^rxvt/.test(process.env["TERM"] ?? "")
const notification = (text: string): string =>
  tells ? `\u001b]777;notify;outlive;${text}\u0007` : `\u001b]9;${text}\u0007`

const bell = "\u0007"

const make = (settings: Settings) =>
  Effect.gen(function* () {
    const typed = yield* Mailbox.make<Typed>()
    const interrupts = yield* Interrupts
    const { stdin, stdout } = process
    const clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()

    // Mutable, each change in one synchronous step with the screen.
    /** The lines that stand above the prompt, and whether they are marked. */
    const standing = new Map<Typed, boolean>()
    /** The last of them, until one changes: they may be many. */
    let lastStanding: ReadonlyArray<StandingLine> | undefined
    const setStanding = (lines: ReadonlyArray<Typed>, marked: boolean) => {
      for (const line of lines) standing.set(line, marked)
      lastStanding = undefined
    }
    let editor = empty
    let ended = false
    let complete = nothing
    let status: Status | undefined
    let chronicle: Chronicle = {}
    let focusIsTold = false
    let lastKey = now()
    let rung: Rung = new Map()
    /** What the terminal shows; undefined if it is not ours. */
    let drawn: LiveArea | undefined
    let onScreen = false
    /** What was shown, and what of it is being read back, if it is; how many lines are to be shown after that, on what width. */
    const transcript = makeTranscript()
    let pager: Pager | undefined
    let unshown = 0
    let columnsBefore = 0
    /** Whether what was drawn has left the screen at its top, when the terminal was made so narrow, and could not be erased. */
    let spilled = false
    /** What is to be shown above that with the next draw, and who waits for it. */
    let above = ""
    let waiting: Array<() => void> = []
    let lastDraw = 0
    let nextDraw: NodeJS.Timeout | undefined
    let told: { readonly forms: ReadonlyArray<string>; readonly at: number } = { forms: [], at: 0 }
    let nextTell: NodeJS.Timeout | undefined
    /** Set while the terminal is asked where the cursor is: nothing is drawn. */
    let nextAnswer: NodeJS.Timeout | undefined

    // ---- What is drawn

    const columnsNow = () => stdout.columns || usualColumns
    /** What is shown in place of what was typed. */
    const reworded = new WeakMap<Typed, string>()
    const textOf = (line: Typed) => reworded.get(line) ?? line.text
    const standingLines = () => Array.from(standing, ([line, marked]) => ({ text: textOf(line), marked }))

    /** What is said above what is being typed: what Tab offers, what is looked for, or how the chat is. Shorter forms follow. */
    const saying = (): ReadonlyArray<string> => {
      if (editor.menu !== undefined) return [escape(menuInWords(editor.menu))]
      if (editor.search !== undefined) return [escape(searchInWords(editor.search))]
      const count = editor.text.split("\n", 1_000).length
      const lines = count === 1_000 ? "1,000 or more lines" : `${count} lines`
      if (editor.asked) return [`── ${lines} in one message: Enter again says it`, `── ${lines}: Enter again says it`]
      if (count === 1) return told.forms
      return told.forms.map((form, index) => `${form} · ${lines}${index === 0 ? " in one message" : ""}`)
    }
    const statusRow = (columns: number): Row => {
      const forms = saying()
      const whole = forms.find((form) => textWidth(form) <= columns) ?? forms.at(-1) ?? ""
      const text = textWidth(whole) <= columns ? whole : `${fitting(whole, columns - 1)}…`
      return { text: text === "" ? "" : dim(settings, text), width: textWidth(text) }
    }
    const scene = (): LiveArea => {
      const columns = columnsNow()
      lastStanding ??= standingLines().slice(-mostStanding)
      return liveArea({
        standing: lastStanding,
        hidden: Math.max(0, standing.size - mostStanding),
        status: statusRow(columns),
        editor,
        columns,
        rows: stdout.rows || usualRows
      })
    }

    const { isGone, write } = makeWriter(stdout)
    const draw = () => {
      clearTimeout(nextDraw)
      nextDraw = undefined
      if (!onScreen || nextAnswer !== undefined) return
      lastDraw = performance.now()
      if (pager !== undefined) return drawPager(pager)
      const after = scene()
      const text = drawn === undefined || above !== "" ? below(drawn, above, after) : changed(drawn, after)
      const taken = waiting
      drawn = after
      above = ""
      waiting = []
      write(text, () => {
        for (const resume of taken) resume()
      })
    }
    const drawPager = (shown: Pager) => {
      const last = dim(settings, legend(shown, columnsNow(), readAtOnce()))
      write(screenful([...page(shown, readAtOnce()), last]), () => {})
    }
    /** Draws at once, but if that was done just now: what comes together is drawn together. */
    const drawSoon = () => {
      if (nextDraw !== undefined || nextAnswer !== undefined || !onScreen) return
      const early = lastDraw + drawEvery - performance.now()
      if (early <= 0) draw()
      else nextDraw = setTimeout(draw, early)
    }

    /** Renews what is told at a glance, not too often. */
    const tell = () => {
      if (status === undefined || nextTell !== undefined) return
      const early = told.at + tellEvery - performance.now()
      if (early > 0) {
        nextTell = setTimeout(() => {
          nextTell = undefined
          tell()
        }, early)
        return
      }
      // Others tell once a second what they have: of what was just said it can't be known.
      const undelivered = Array.from(standing.values()).filter((marked) => marked).length
      const forms = statusForms(status, undelivered, clockTime)
      if (forms[0] === told.forms[0]) return
      told = { forms, at: performance.now() }
      drawSoon()
    }

    /** Returns when the screen has taken these lines. */
    const showAbove = (text: string): Effect.Effect<void> =>
      Effect.async((resume) => {
        above += text
        waiting.push(() => resume(Effect.void))
        if (stdout.writable) drawSoon()
        else draw()
      })

    // ---- What is read back

    const readAtOnce = () => Math.max(1, (stdout.rows || usualRows) - 1)
    const rowsOfShown = (shown: ReadonlyArray<Shown>, before: Chronicle = {}) => {
      const rows: Array<string> = []
      let read = before
      for (const { at, line } of shown) {
        const entered = enter(read, [line], status?.self, { ...settings, columns: columnsNow(), cut: true }, at)
        read = entered.chronicle
        rows.push(...entered.rows)
      }
      return rows
    }
    const readBack = () => {
      const rows = rowsOfShown(transcript.last())
      if (rows.length === 0 || nextAnswer !== undefined) return write(bell, () => {})
      draw()
      columnsBefore = columnsNow()
      pager = open(rows, readAtOnce())
      write(toOtherScreen, () => {})
    }
    /** What has come meanwhile is shown now. */
    const stopReading = () => {
      if (pager === undefined) return
      pager = undefined
      write(toFirstScreen, () => {})
      const missed = transcript.last(hasOtherScreen ? unshown : Math.max(unshown, readAtOnce()))
      const lost = unshown - missed.length
      unshown = 0
      if (!hasOtherScreen) drawn = undefined
      if (lost > 0)
        above += entered([notice(`${lost} lines that came while you were reading back are not kept`)], now())
      for (const { at, line } of missed) above += entered([line], at)
      if (columnsNow() !== columnsBefore) onResize()
      else draw()
    }
    /** Lines as they stand above what is typed. */
    const entered = (lines: ReadonlyArray<ScreenLine>, at: number): string => {
      const next = enter(chronicle, lines, status?.self, { ...settings, columns: columnsNow() }, at)
      chronicle = next.chronicle
      return next.rows.map((row) => `${row}\n`).join("")
    }

    // ---- What is typed

    /** Nothing that is typed from now on means anything, but to end or to stop the program. */
    const end = () => {
      ended = true
      typed.unsafeDone(Exit.void)
    }
    const say = (text: string) => {
      const line = { text }
      setStanding([line], false)
      typed.unsafeOffer(line)
      tell()
    }
    const obey = (act: Act) => {
      switch (act._tag) {
        case "Say":
          return say(act.text)
        case "End":
          return end()
        case "Interrupt":
          // In raw mode, what would have been a signal comes as a key.
          return interrupts.press()
        case "Suspend":
          return terminal.suspend()
        case "ReadBack":
          return readBack()
        case "Clear":
          drawn = undefined
          above = `\u001b[H\u001b[2J${above}`
          return
        case "Ring":
          return write(bell, () => {})
      }
    }
    const pressed = (key: Key) => {
      if (key._tag === "CursorAt") {
        if (nextAnswer !== undefined) drawAnew(key.column)
        return
      }
      if (key._tag === "Focus") {
        focusIsTold = true
        chronicle = key.here ? back(chronicle) : away(chronicle, now())
        return
      }
      if (pager !== undefined) {
        const turned = key._tag === "Press" && key.name === "ctrl-z" ? undefined : turn(pager, key, readAtOnce())
        if (turned === undefined) stopReading()
        else pager = turned
        if (key._tag !== "Press" || key.name !== "ctrl-z") return
      }
      const { act, editor: after } = press(editor, key, complete)
      if (ended && act?._tag !== "Interrupt" && act?._tag !== "Suspend") return
      editor = after
      if (act !== undefined) obey(act)
    }
    const onKeys = (keys: ReadonlyArray<Key>) => {
      if (keys.length === 0) return
      if (keys.some(({ _tag }) => _tag !== "Focus" && _tag !== "CursorAt")) {
        lastKey = now()
        chronicle = back(chronicle)
      }
      for (const key of keys) pressed(key)
      drawSoon()
    }
    const keys = KeyReader.make(onKeys)

    // ---- The terminal

    /** Erases what the terminal has made of what was drawn when it was as wide as before, and draws it anew. */
    const drawAnew = (column?: number) => {
      clearTimeout(nextAnswer)
      nextAnswer = undefined
      if (drawn !== undefined) {
        const higher = rowsAbove(drawn, columnsNow(), column)
        const hasSpilled = higher >= (stdout.rows || usualRows)
        above = !hasSpilled && spilled ? paintAll() : erase(higher) + above
        spilled = hasSpilled
      }
      drawn = undefined
      draw()
    }
    /** The whole screen anew, with what is to be shown: it is kept by now. */
    const paintAll = (): string => {
      const rows = stdout.rows || usualRows
      const room = Math.max(0, rows - scene().rows.length)
      // Row by row, as tmux keeps a screen that is erased at once.
      const cleared = `\u001b[H${"\u001b[K\u001b[B".repeat(rows)}\u001b[H`
      const shown = rowsOfShown(transcript.last(rows))
      const last = shown.slice(Math.max(0, shown.length - room))
      return cleared + last.map((row) => `${row}\n`).join("")
    }
    const onResize = () => {
      if (pager !== undefined) {
        pager = rewrapped(pager, rowsOfShown(transcript.last()))
        return draw()
      }
      if (drawn === undefined || !isDoubtful(drawn, columnsNow())) return drawAnew()
      clearTimeout(nextAnswer)
      nextAnswer = setTimeout(drawAnew, answerWithin)
      write(askCursor, () => {})
    }
    /** What is left when this is not there any more: what stands there, in the end. */
    const clear = (text: string) => {
      if (pager !== undefined) stopReading()
      const shown = above === "" ? "" : cutAtEdge(above)
      if (drawn !== undefined && stdout.writable) stdout.write(`${erase(drawn.cursor.row)}${shown}${text}`)
      if (drawn !== undefined) above = ""
      drawn = undefined
      onScreen = false
    }
    const handlers: RawTerminal.Handlers = {
      onInput: keys.take,
      onEnd: end,
      onResize,
      onLeave: () => clear(""),
      onReturn: () => {
        drawn = undefined
        onScreen = true
        draw()
      }
    }
    const terminal = yield* RawTerminal.take(stdin, stdout, handlers, RawTerminal.all)
    const gone = yield* Deferred.make<void>()
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        clear(
          standingLines()
            .flatMap((line) => rowsOf(ownLine(line), columnsNow()))
            .map((row) => `${row}\n`)
            .join("")
        )
        keys.stop()
        for (const timer of [nextDraw, nextTell, nextAnswer]) clearTimeout(timer)
        for (const resume of waiting) resume()
      })
    )
    const onError = () => Deferred.unsafeDone(gone, Effect.void)
    yield* Effect.acquireRelease(
      Effect.sync(() => stdout.on("error", onError)),
      () => Effect.sync(() => stdout.off("error", onError))
    )
    yield* Effect.forkScoped(Effect.zipRight(Deferred.await(gone), typed.end))
    onScreen = true
    draw()

    /** What rings, if one of these lines calls this node; whoever looks at the window need not be notified. */
    const ringing = (lines: ReadonlyArray<ScreenLine>): string => {
      if (!settings.bell) return ""
      const called = ring(rung, lines, { self: status?.self, words: settings.words ?? [] }, performance.now())
      rung = called.rung
      if (called.caller === undefined) return ""
      const isLookedAt = focusIsTold && chronicle.awaySince === undefined
      return bell + (isLookedAt ? "" : notification(`${title(called.caller)} has called you`))
    }
    const show = (lines: ReadonlyArray<ScreenLine>) => {
      if (!focusIsTold && now() - lastKey >= idleAfter) chronicle = away(chronicle, lastKey)
      transcript.add(lines, now())
      if (pager === undefined) return showAbove(ringing(lines) + entered(lines, now()))
      unshown += lines.length
      pager = extended(pager, rowsOfShown(transcript.last(lines.length), { last: now() }), lines.length)
      write(ringing(lines), () => {})
      drawSoon()
      return Effect.void
    }

    const takeAway = (lines: ReadonlyArray<Typed>) => {
      if (lines.filter((line) => standing.delete(line)).length === 0) return
      lastStanding = undefined
      tell()
      drawSoon()
    }

    return Console.of({
      lines: Mailbox.toStream(typed),
      show: (lines) => (lines.length === 0 ? Effect.void : Effect.suspend(() => show(lines))),
      isGone,
      tell: Option.none(),
      pending: Option.some({
        reword: (line, text) =>
          Effect.sync(() => {
            reworded.set(line, text)
            lastStanding = undefined
            drawSoon()
          }),
        mark: (lines) =>
          Effect.sync(() => {
            const unmarked = lines.filter((line) => standing.get(line) === false)
            if (unmarked.length === 0) return
            setStanding(unmarked, true)
            tell()
            drawSoon()
          }),
        drop: (lines) => Effect.sync(() => takeAway(lines)),
        giveBack: (lines) =>
          Effect.sync(() => {
            takeAway(lines)
            // All of them are in history.
            const last = lines.at(-1)
            if (last !== undefined && editor.text === "")
              editor = { ...editor, text: last.text, cursor: last.text.length }
            drawSoon()
          }),
        settle: (lines) =>
          Effect.suspend(() => {
            const settled = lines.filter((line) => standing.delete(line))
            if (settled.length === 0) return Effect.void
            lastStanding = undefined
            tell()
            return show(settled.map((line) => ({ _tag: "Chat", text: ownLine({ text: textOf(line), marked: false }) })))
          })
      }),
      isPerson: true,
      prompt: Option.some({
        showStatus: (next) =>
          Effect.sync(() => {
            status = next
            tell()
          }),
        completeFrom: (vocabulary) =>
          Effect.sync(() => {
            complete = completionFrom(vocabulary)
          })
      })
    })
  })

const searchInWords = ({ missed, query }: NonNullable<Editor["search"]>): string =>
  `── ${missed ? "not found" : "search"}: ${query}`

/** What Tab goes through, beginning with what is chosen. */
const menuInWords = ({ candidates, chosen }: NonNullable<Editor["menu"]>): string =>
  `── ${candidates
    .slice(Math.max(0, chosen))
    .map(({ label, text }, index) => (index === 0 && chosen >= 0 ? `[${label ?? text}]` : (label ?? text)))
    .join("  ")}`

export const layer = (settings: Settings): Layer.Layer<Console, never, Interrupts> =>
  Layer.scoped(Console, make(settings))
