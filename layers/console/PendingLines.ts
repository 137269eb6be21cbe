/** Implements PendingLines over a list of pending lines and a screen that shows it. */
import * as Effect from "effect/Effect"
import type { PendingLines, Typed } from "../../services/Console.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { ownLine } from "../../src/terminal/LiveArea.ts"
import type { PendingList } from "../../src/terminal/PendingList.ts"

export interface Screen {
  /** Redraws the list. */
  readonly changed: Effect.Effect<void>
  /** Shows lines that were in the list as normal lines, and redraws the list without them. */
  readonly settle: (lines: ReadonlyArray<ScreenLine>) => Effect.Effect<void>
  /** Lets the person edit a line again. */
  readonly giveBack: (line: Typed) => Effect.Effect<void>
}

export const make = (list: PendingList<Typed>, { changed, giveBack, settle }: Screen): PendingLines => {
  const drop = (lines: ReadonlyArray<Typed>) =>
    Effect.suspend(() => (list.remove(lines).length > 0 ? changed : Effect.void))
  return {
    add: (line) =>
      Effect.suspend(() => {
        list.add(line)
        return changed
      }),
    reword: (line, text) =>
      Effect.suspend(() => {
        list.reword(line, text)
        return changed
      }),
    mark: (lines) => Effect.suspend(() => (list.mark(lines) ? changed : Effect.void)),
    drop,
    giveBack: (lines) => {
      const last = lines.at(-1)
      return last === undefined ? Effect.void : Effect.zipRight(drop(lines), giveBack(last))
    },
    settle: (lines) =>
      Effect.suspend(() => {
        const settled = list.remove(lines)
        if (settled.length === 0) return Effect.void
        return settle(
          settled.map((line) => ({ _tag: "Chat", text: ownLine({ text: list.textOf(line), marked: false }) }))
        )
      })
  }
}
