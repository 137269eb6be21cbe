/** A Console on a terminal. New lines are shown above the text being typed, and never disturb it. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Console, type Put, type Typed, whenTaken } from "../../services/Console.ts"
import type { Interrupts } from "../../services/Interrupts.ts"
import type { Room } from "../../src/domain/Post.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import type { WithFiles } from "../../src/domain/Vocabulary.ts"
import { Attention } from "../../src/terminal/Attention.ts"
import { dim, type Looks } from "../../src/terminal/Chronicle.ts"
import { type Completions, completionFrom, nothing } from "../../src/terminal/Completion.ts"
import type { Act } from "../../src/terminal/editor/State.ts"
import { completed, withFiles } from "../../src/terminal/FileCompletion.ts"
import type { Key } from "../../src/terminal/Keys.ts"
import { liveArea, ownLine } from "../../src/terminal/LiveArea.ts"
import { PendingList } from "../../src/terminal/PendingList.ts"
import { progressRows } from "../../src/terminal/ProgressRows.ts"
import { roomOfKey } from "../../src/terminal/RoomKeys.ts"
import { Scrollback } from "../../src/terminal/Scrollback.ts"
import { statusRow } from "../../src/terminal/StatusRow.ts"
import { rowsOf } from "../../src/terminal/Wrap.ts"
import { Bell, bell } from "./Bell.ts"
import { LiveScreen } from "./LiveScreen.ts"
import * as PendingLines from "./PendingLines.ts"
import { ProgressTicker } from "./ProgressTicker.ts"
import * as RawTerminal from "./RawTerminal.ts"
import { ReadingBack } from "./ReadingBack.ts"
import { RoomAtPrompt } from "./RoomAtPrompt.ts"
import { StatusTicker } from "./StatusTicker.ts"
import * as TypedInput from "./TypedInput.ts"

export interface Settings extends Looks {
  /** Whether the terminal rings its bell, and notifies, when somebody mentions the person at it. */
  readonly bell: boolean
}

const nothingFound = Effect.succeed([])

const tab: Key = { _tag: "Press", name: "tab" }

/** The status and the line that is typed, at least, stand below what is shown. */
const rowsBelow = 2

const make = (settings: Settings, terminal: RawTerminal.Terminal) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()
    const pending = new PendingList<Typed>()
    const attention = new Attention(now())
    const scrollback = new Scrollback(settings)
    const ringer = new Bell(settings)
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    let complete = nothing
    let files: Pick<WithFiles, "listed" | "offers"> = { listed: () => nothingFound, offers: nothingFound }

    const view = () => ({ self: ticker.status?.self, columns: screen.columns })
    const enter = (lines: ReadonlyArray<ScreenLine>, at: number): string =>
      scrollback.enter(lines, at, { ...view(), awaySince: attention.awaySince(now()) })

    const screen: LiveScreen = new LiveScreen(terminal.output, {
      liveArea: () =>
        liveArea({
          pending: pending.last,
          hidden: pending.size - pending.last.length,
          room: input.room(),
          progress: progressRows(progress.shown, screen, settings),
          status: statusRow(input.editor(), ticker.forms, screen.columns, settings),
          editor: input.editor(),
          columns: screen.columns,
          rows: screen.rows
        }),
      shown: (rows) => scrollback.rowsOf(scrollback.last(rows), view())
    })
    // A line is counted as undelivered when it is marked, not when it is sent, because peers report only once a second
    // what they have.
    const ticker: StatusTicker = new StatusTicker(
      () => pending.undelivered,
      () => screen.drawSoon()
    )
    const progress: ProgressTicker = new ProgressTicker(() => screen.drawSoon())
    const pager = new ReadingBack({ screen, scrollback, view, enter, now, looks: settings })

    const say = (text: string) => {
      const room = pending.roomFor({ text })
      const line: Typed = room === undefined ? { text } : { text, room: room as Room }
      pending.type(line)
      input.say(line)
      ticker.update()
    }
    const place = new RoomAtPrompt({
      room: () => input.room(),
      say: (line) => input.say(line),
      move: (room, byKey) => {
        // What is typed while a command goes to another room is meant for that room.
        input.move(room, !byKey && pending.isLeaving)
        pending.speakIn(room, byKey || undefined)
        screen.drawSoon()
      }
    })
    /** Completes a file, if the text is still the same when it is known what is there. */
    const lookUp = ({ file, ...others }: Completions): void => {
      if (file === undefined) return
      const { cursor, text } = input.editor()
      const lookedUp = Effect.zip(
        file.path === undefined ? nothingFound : files.listed(file.path),
        file.offer === undefined ? nothingFound : files.offers
      )
      run(
        Effect.map(lookedUp, ([found, offers]) => {
          const now = input.editor()
          if (now.text !== text || now.cursor !== cursor || now.menu !== undefined) return
          const completions = completed(file, found, offers)
          const act = input.press(tab, () => (completions.candidates.length > 0 ? completions : others))
          if (act !== undefined) obey(act)
          screen.drawSoon()
        })
      )
    }
    const obey = (act: Act): void => {
      switch (act._tag) {
        case "Say":
          return say(act.text)
        case "ReadBack":
          return pager.open() ? undefined : screen.send(bell)
        case "Clear":
          return screen.clear()
        case "LookUp":
          return lookUp(act.completions)
        case "Ring":
          return screen.send(bell)
        default:
          return input.obey(act)
      }
    }
    const press = (key: Key) => {
      if (key._tag === "CursorAt") return screen.cursorAt(key.column)
      if (key._tag === "Focus") return attention.focused(key.here, now())
      if (pager.press(key)) return
      const room = roomOfKey(key, input.room(), ticker.status?.rooms ?? [])
      if (room !== undefined) return room === "nowhere" ? screen.send(bell) : place.go(room)
      const act = input.press(key, complete)
      if (act !== undefined) obey(act)
    }
    const leave = (text: string) => {
      pager.close()
      screen.leave(text)
    }
    const input: TypedInput.TypedInput = yield* TypedInput.make(terminal, RawTerminal.all, {
      onKeys: (keys) => {
        if (keys.length === 0) return
        if (keys.some(({ _tag }) => _tag !== "Focus" && _tag !== "CursorAt")) attention.pressed(now())
        for (const key of keys) press(key)
        screen.drawSoon()
      },
      onResize: () => {
        pager.rewrap()
        screen.resized()
      },
      onLeave: () => leave(""),
      onReturn: () => screen.enter()
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        const rows = pending.all.flatMap((line) => rowsOf(ownLine(line), screen.columns))
        leave(rows.map((row) => `${row}\n`).join(""))
        ticker.stop()
        progress.stop()
        screen.stop()
      })
    )
    screen.enter()

    /** Says where to read on below an answer that is longer than the screen. */
    const readOn = (lines: ReadonlyArray<ScreenLine>, rows: string): string => {
      const isLonger = rows.split("\n").length > screen.rows - rowsBelow + 1
      const isAnswer = lines.every(({ _tag }) => _tag === "Notice")
      return isLonger && isAnswer ? `${dim(settings, "── Page Up scrolls back ──".slice(0, screen.columns))}\n` : ""
    }
    const put: Put<ScreenLine> = (lines, taken) => {
      scrollback.keep(lines, now())
      const called = ringer.ringFor(lines, ticker.status?.self, attention.isInFront)
      if (!pager.isOpen) {
        const rows = enter(lines, now())
        return screen.show(called + rows + readOn(lines, rows), taken)
      }
      pager.extend(lines.length)
      screen.send(called)
      screen.drawSoon()
      taken()
    }
    const pendingLines = PendingLines.make(pending, {
      changed: () => {
        ticker.update()
        screen.drawSoon()
      },
      settle: (lines, taken) => {
        ticker.update()
        put(lines, taken)
      },
      giveBack: ({ room, text }) => {
        input.giveBack(text, room)
        screen.drawSoon()
      },
      done: (lines) => place.done(lines)
    })
    return Console.of({
      lines: input.lines,
      put,
      show: whenTaken(put),
      offer: Option.none(),
      isGone: () => screen.isGone,
      tell: Option.none(),
      pending: Option.some(pendingLines),
      isPerson: true,
      prompt: Option.some({
        showStatus: (status) => {
          ticker.show(status)
          place.told(status.room)
        },
        showProgress: (shown) => progress.show(shown),
        completeFrom: (vocabulary) =>
          Effect.sync(() => {
            complete = withFiles(vocabulary.commands, completionFrom(vocabulary))
            files = vocabulary
          })
      })
    })
  })

/** A console at a given terminal instead of the process's: for tests. */
export const at = (settings: Settings, terminal: RawTerminal.Terminal): Layer.Layer<Console, never, Interrupts> =>
  Layer.scoped(Console, make(settings, terminal))

export const layer = (settings: Settings): Layer.Layer<Console, never, Interrupts> =>
  Layer.suspend(() => at(settings, RawTerminal.ofProcess()))
