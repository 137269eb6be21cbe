/** How the stage is drawn: in panes side by side, or, where there is no room or no terminal, in plain text. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type Line, linesOn, type Stage } from "./Stage.ts"
import { everyone, type Name } from "./story.ts"

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** How many panes stand side by side, and how many lines each shows. */
interface Grid {
  readonly across: number
  readonly width: number
  readonly height: number
}

const leastWidth = 35
const leastHeight = 5

/** The caption, the row below it, and the row on which the cursor waits. */
const rowsBesides = 3

/** Three panes side by side, or two; undefined if there is no room for either. */
const gridFor = ({ columns, rows }: Size): Grid | undefined =>
  [3, 2]
    .map((across) => ({
      across,
      width: Math.floor(columns / across),
      height: Math.floor((rows - rowsBesides) / Math.ceil(everyone.length / across)) - 2
    }))
    .find(({ height, width }) => width >= leastWidth && height >= leastHeight)

const isColoured = process.env["NO_COLOR"] === undefined || process.env["NO_COLOR"] === ""
const styled = (code: number) => (text: string) => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text)
const bold = styled(1)
const dim = styled(2)

const styleOf: Record<Line["kind"], (text: string) => string> = {
  shell: dim,
  typed: bold,
  chat: (text) => text,
  notice: dim,
  end: dim
}

/** Cut at blanks, to that width. */
const wrap = (text: string, width: number): ReadonlyArray<string> => {
  if (text.length <= width) return [text]
  const blank = text.lastIndexOf(" ", width)
  const at = blank > 0 ? blank : width
  return [text.slice(0, at), ...wrap(`  ${text.slice(at).trimStart()}`, width)]
}

const pane = (stage: Stage, name: Name, { height, width }: Grid): ReadonlyArray<string> => {
  const inner = width - 4
  const rows = linesOn(stage, name)
    .flatMap((line) => wrap(line.text, inner).map((text) => styleOf[line.kind](text.padEnd(inner))))
    .slice(-height)
  const blank = " ".repeat(inner)
  return [
    `${dim("┌─")} ${bold(name)} ${dim(`${"─".repeat(width - 5 - name.length)}┐`)}`,
    ...Array.from({ length: height }, (_, row) => `${dim("│")} ${rows[row] ?? blank} ${dim("│")}`),
    dim(`└${"─".repeat(width - 2)}┘`)
  ]
}

/** Every row of the picture, of one length at most. */
const picture = (stage: Stage, grid: Grid): ReadonlyArray<string> => {
  const rows: Array<string> = [bold(stage.caption.slice(0, grid.across * grid.width)), ""]
  for (let first = 0; first < everyone.length; first += grid.across) {
    const panes = everyone.slice(first, first + grid.across).map((name) => pane(stage, name, grid))
    for (let row = 0; row < grid.height + 2; row++) rows.push(panes.map((each) => each[row] ?? "").join(""))
  }
  return rows
}

const write = (text: string) => Effect.sync(() => process.stdout.write(text))

/** Something that shows the stage as it changes. */
export interface Display {
  /** Draws until the scope closes, and once more then. */
  readonly follow: (stage: SubscriptionRef.SubscriptionRef<Stage>) => Effect.Effect<void, never, Scope.Scope>
  /** A person is looking. */
  readonly live: boolean
}

/** Redraws panes in place; draws anew where the terminal has another size than before. */
const inPanes = (first: Grid): Display => ({
  live: true,
  follow: (stage) =>
    Effect.gen(function* () {
      let drawn = 0
      let grid = first
      const draw = (now: Stage) =>
        Effect.suspend(() => {
          const fitting = gridFor(process.stdout) ?? grid
          const isSame = fitting.width === grid.width && fitting.height === grid.height
          const back = isSame ? (drawn > 0 ? `\u001b[${drawn}A` : "") : "\u001b[2J\u001b[H"
          grid = fitting
          const rows = picture(now, grid)
          drawn = rows.length
          return write(`${back}${rows.map((row) => `\r${row}\u001b[K\n`).join("")}`)
        })
      yield* Effect.acquireRelease(write("\u001b[?25l"), () =>
        Effect.flatMap(SubscriptionRef.get(stage), draw).pipe(Effect.zipRight(write("\u001b[?25h")))
      )
      yield* Effect.forkScoped(Stream.runForEach(stage.changes, draw))
    })
})

/** The captions as they come, then one screen after the other. */
const plain: Display = {
  live: false,
  follow: (stage) =>
    Effect.gen(function* () {
      yield* Effect.addFinalizer(() => Effect.flatMap(SubscriptionRef.get(stage), (last) => write(screens(last))))
      yield* stage.changes.pipe(
        Stream.map(({ caption }) => caption),
        Stream.changes,
        Stream.filter((caption) => caption !== ""),
        Stream.runForEach((caption) => write(`${caption}\n`)),
        Effect.forkScoped
      )
    })
}

const screens = (stage: Stage): string =>
  everyone
    .map(
      (name) =>
        `\n${name}\n${linesOn(stage, name)
          .map(({ text }) => `  ${text}\n`)
          .join("")}`
    )
    .join("")

/** What this process' output has room for. */
export const display: Effect.Effect<Display> = Effect.sync(() => {
  const grid = process.stdout.isTTY ? gridFor(process.stdout) : undefined
  return grid === undefined ? plain : inPanes(grid)
})
