/** The results, as text for a terminal. */
import { isMet, type Report, type Table, type Verdict, type Work } from "./Work.ts"

export const printed = ({ name, title }: Work, { tables, verdicts }: Report): string =>
  [`${name} ${title}`, ...tables.map(tableText), verdicts.map(verdictText).join("\n")].join("\n\n").concat("\n")

/** The rows in which something was measured. */
export const measuredRows = ({ rows }: Table): Table["rows"] =>
  rows.filter(([, ...cells]) => cells.some((cell) => cell !== ""))

const tableText = (table: Table): string => {
  const { head, title } = table
  const rows = measuredRows(table)
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    `  ${row.map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0))).join("  ")}`
  return [title, line(head), ...rows.map(line)].join("\n")
}

export const limitOf = ({ least, most }: Verdict): string => (least === undefined ? `<= ${most}` : `>= ${least}`)

export const valueOf = ({ value }: Verdict): string =>
  Number.isNaN(value) ? "not measured" : value >= 1_000 ? value.toFixed(0) : value.toPrecision(3)

const verdictText = (verdict: Verdict): string =>
  `  ${Number.isNaN(verdict.value) ? "?" : isMet(verdict) ? "✓" : "✗"} ${verdict.goal}: ${valueOf(verdict)} (${limitOf(verdict)})`
