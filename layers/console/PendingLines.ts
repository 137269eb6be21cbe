/** Implements PendingLines over a list of pending lines and a screen that shows it. */
import * as Effect from "effect/Effect"
import type { PendingLines, Put, Typed } from "../../services/Console.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { ownLine, type PendingLine } from "../../src/terminal/LiveArea.ts"
import type { PendingList } from "../../src/terminal/PendingList.ts"

export interface Screen {
  /** Redraws the list. */
  readonly changed: () => void
  /** Shows lines that were in the list as normal lines, and redraws the list without them. */
  readonly settle: Put<ScreenLine>
  /** Lets the person edit a line again. */
  readonly giveBack: (line: PendingLine) => void
  /** The program is done with these lines, whether or not they were in the list. */
  readonly done: (lines: ReadonlyArray<Typed>) => void
}

export const make = (list: PendingList<Typed>, { changed, done, giveBack, settle }: Screen): PendingLines => {
  const drop = (lines: ReadonlyArray<Typed>): void => {
    if (list.remove(lines).length > 0) changed()
    done(lines)
  }
  return {
    add: (line) => {
      list.add(line)
      changed()
    },
    place: (lines, room) => {
      list.place(
        lines.map(({ line }) => line),
        room
      )
      changed()
    },
    reword: (line, text) =>
      Effect.sync(() => {
        list.reword(line, text)
        changed()
      }),
    mark: (lines, taken) => {
      if (list.mark(lines)) changed()
      taken()
    },
    drop: (lines) => Effect.sync(() => drop(lines)),
    giveBack: (lines) =>
      Effect.sync(() => {
        const last = lines.at(-1)
        if (last === undefined) return
        drop(lines)
        giveBack({ ...list.drawn(last), text: last.text })
      }),
    settle: (lines, taken) => {
      const settled = list.remove(lines)
      done(lines)
      if (settled.length === 0) return taken()
      settle(
        settled.map((line) => ({ _tag: "Chat", text: ownLine(list.drawn(line)) })),
        taken
      )
    }
  }
}
