/** Writes `docs/BENCHMARKS.md` and its plots from the record. */
import * as Fs from "node:fs"
import { filled } from "./fill.ts"
import type { Run } from "./Record.ts"
import { svg } from "./svg.ts"
import { limitOf, measuredRows, valueOf } from "./tables.ts"
import { isMet, type Report, Results, type Table, type Verdict, type Work } from "./Work.ts"

const folder = "docs/benchmarks"

const row = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`

const tableOf = (table: Table): string => {
  const { head, title } = table
  return [
    `${title}:`,
    "",
    row(head),
    row(head.map((_, column) => (column === 0 ? "---" : "---:"))),
    ...measuredRows(table).map((cells) =>
      row(cells.map((cell, column) => (column === 0 && cell === "outlive" ? `**${cell}**` : cell)))
    )
  ].join("\n")
}

const wordOf = (verdict: Verdict) =>
  Number.isNaN(verdict.value) ? "not measured" : isMet(verdict) ? "met" : "**missed**"

const verdictRow = (work: Work) => (verdict: Verdict) =>
  row([work.name, verdict.goal, valueOf(verdict), limitOf(verdict), wordOf(verdict)])

/** Writes the plots of a work. Returns the Markdown that shows them. */
const plotsOf = (work: Work, { plots }: Report): ReadonlyArray<string> =>
  plots.flatMap((plot, at) => {
    const drawn = svg(plot)
    if (drawn === undefined) return []
    const name = `${work.name}${plots.length > 1 ? `-${at + 1}` : ""}.svg`
    Fs.writeFileSync(`${folder}/${name}`, drawn)
    return [`![${plot.title}](benchmarks/${name})`]
  })

const failuresOf = ({ cells }: Run): ReadonlyArray<string> =>
  cells
    .filter(({ failures }) => failures.length > 0)
    .map(
      ({ at, failures, system }) =>
        `- ${system}, ${at}: failed in ${failures.length} of the rounds: ${failures[0]?.split("\n")[0] ?? ""}`
    )

const section = (work: Work, run: Run): string =>
  [
    `## ${work.name}: ${work.title}`,
    work.how,
    `\`npm run bench -- ${run.quick ? "--quick --record " : ""}${work.name}\`, ${run.date}, commit ${run.commit}, ${run.rounds === 1 ? "one round" : `medians of ${run.rounds} rounds`}, load of the machine before it ${run.load.toFixed(1)}.`,
    ...work.report(new Results(run.cells)).tables.map(tableOf),
    ...plotsOf(work, work.report(new Results(run.cells))),
    ...(work.remarks === undefined ? [] : [work.remarks]),
    ...(failuresOf(run).length > 0 ? [failuresOf(run).join("\n")] : [])
  ].join("\n\n")

const machineOf = (runs: ReadonlyArray<Run>): string => {
  const last = runs.toSorted((one, other) => (one.date < other.date ? -1 : 1)).at(-1)
  return [row(["", ""]), row(["---", "---"]), ...Object.entries(last?.machine ?? {}).map(row)].join("\n")
}

const document = (measured: ReadonlyArray<readonly [Work, Run]>): string => `# Benchmarks

Written by \`npm run bench\`; do not edit. The data are in [benchmarks/results.ndjson](benchmarks/results.ndjson). \`npm run bench -- F1 F4\`
measures these works anew, and leaves the others as they are; \`npm run bench -- --quick\` is one short round of all of them, for
a look, and leaves this document alone. \`bench/install-peers.sh\` installs the systems that outlive is measured beside.

All run on one machine over loopback, interleaved: each system in turn, and again in each round. Each measurement starts fresh
processes. Systems without a goal are measured in the first round alone. Trust the ratios more than the figures.

## The goals

${[row(["", "goal", "measured", "limit", ""]), row(["---", "---", "---:", "---", "---"])].join("\n")}
${measured.flatMap(([work, run]) => work.report(new Results(run.cells)).verdicts.map(verdictRow(work))).join("\n")}

## The machine

${machineOf(measured.map(([, run]) => run))}

## The load generator

\`bench/load/\`, in C with epoll: one process, one thread, which opens all readers' connections, types the lines, and counts them. It
parses no protocol: each line has a mark in its text, and with one author only the last mark of each read is looked at. So it
spends about what the kernel takes to hand over the bytes.

It must not be cheaper to write to for one system than for another. A generator that sleeps is: each write to it then wakes it, which
the writer pays for, and a slower writer finds it asleep more often. So it never sleeps while one author or receiver is measured: it has a core of its own, the last one, on which it
spins, and the processes that are measured share the others. F1, F2 and F6 say how much of that time it had something to do: near 100 %, it may have been the bottleneck, and
the figure is a lower bound of what that system can do. Where several processes need the cores (F3, F5, F8, F9), it sleeps.

The figure that counts is the CPU time for each delivery, in all threads of the author or broker: it does not depend on who waited for whom. Deliveries a
second stand beside it. V8's threads, which compile and collect garbage, share the author's core here on a machine with two.

${measured.map(([work, run]) => section(work, run)).join("\n\n")}
`

export const write = (works: ReadonlyArray<Work>, runs: ReadonlyArray<Run>): void => {
  Fs.mkdirSync(folder, { recursive: true })
  // All plots are drawn again, maybe under other names.
  for (const name of Fs.readdirSync(folder)) if (name.endsWith(".svg")) Fs.rmSync(`${folder}/${name}`)
  const measured = works.flatMap((work) => {
    const run = runs.find((each) => each.work === work.name)
    return run === undefined ? [] : [[work, run] as const]
  })
  Fs.writeFileSync("docs/BENCHMARKS.md", filled(document(measured)))
}
