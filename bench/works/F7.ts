/** F7: idle links. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { core, present } from "../systems/all.ts"
import { type Figures, named, per, type Work } from "../Work.ts"

/**
 * Left out: IRC servers tell everybody in a channel about each newcomer. aedes and the naive one are no measure of
 * idleness.
 */
const left = new Set(["ngircd", "inspircd", "raw naive", "aedes"])

const opening = named("opening")
const cpu = per("cpu", "seconds", 60)
const share = per("cpu", "seconds", 100)
const kilobytes =
  (links: number) =>
  (figures: Figures): number =>
    (named("rss")(figures) - named("rssBefore")(figures)) / links / 1024

export const F7: Work = {
  name: "F7",
  title: "Idle links",
  how:
    "The load generator opens the links in groups of 200, and a group is there when each has been let in and answered a ping " +
    "or subscribed. From then on it answers pings and sends nothing. Memory is the resident set at the end less that before.",
  remarks:
    "15.6 KB a link are live (the difference of two heap snapshots, with 1,000 links and with 10); docs/design/links.md says what " +
    "it consists of. The rest is the nursery, which V8 makes larger while many are let in, whatever their number: with 10,000 " +
    "links a driver of our own saw 26 KB each. Idle, a node sends 56 pings a second at most, since the limit of silence " +
    "grows with its links (3 s up to 100 links, 30 s with 1,000; it was half as much before, with 111 pings): a ping and its answer are two or three system calls and a wake of the " +
    "link's fiber. All was compared with all each 15 s, which was 67 writes a second; where nothing is new, nothing is sent now. In turns with the commit before both, 1,000 links took 0.66 to 0.85 % in place of 1.03 to 1.46. " +
    "What remains: 0.2 to 0.3 % that a node takes with one link, dialling its lost server each 3 s among it; the pings; and V8's threads that compile and collect " +
    "(`perf record` has 31 % of the first 9 s in the compiler). Fewer pings still would meet the goal, and leave a frozen peer unnoticed for longer than 30 s. " +
    "Letting in costs a handshake of six frames, a summary, and being told of: raw accepts and no more. What was " +
    "tried: the object that a link is made without a spread before its other fields (90 → 1 µs a link, and with it 1,000 links 70 → 54 KB each and 3,000 45 → 30, " +
    "`npm run profile -- visitors 3000` shows what is left: some 230 operations of Effect a link, in code that is hardly warm); no Mailbox and no Stream at the way in (36 → 13.5 KB live with the next two), one fiber for all time limits, one " +
    "fiber a link; `--max-semi-space-size=4` (60 → 44 KB resident), which costs everything else.",
  cells: ({ quick }) =>
    (quick ? [1_000] : [1_000, 10_000]).flatMap((count) =>
      (quick ? core : present)
        .filter(({ name }) => !left.has(name))
        .map((system) => ({
          system: system.name,
          at: `${count}`,
          run: Effect.flatMap(system.start, ({ pids, sink }) =>
            run("idle", { to: sink, count, pids: pids.join(","), time: quick ? 1_000 : 10_000 })
          )
        }))
    ),
  report: (results) => {
    const counts = results.sizes.map(Number)
    return {
      tables: [
        {
          title: "Memory a link, KB",
          head: ["", ...results.sizes],
          rows: results.systems.map((system) => [
            system,
            ...counts.map((count) => results.of(system, count, kilobytes(count)).toFixed(1))
          ])
        },
        results.table("CPU a minute, by links", "s", cpu, (value) => value.toFixed(3)),
        results.table("Time to accept all, by links", "s", opening, (value) => value.toFixed(3)),
        results.table("CPU to accept all, by links", "s", named("openingCpu"), (value) => value.toFixed(3))
      ],
      plots: [
        {
          title: "F7: memory a link, by links",
          unit: "KB",
          kind: "bars",
          series: results.systems.map((name) => ({
            name,
            points: counts.map((count) => [`${count}`, results.of(name, count, kilobytes(count))] as const)
          }))
        },
        results.plot("F7: time to accept all, by links", "s", "bars", opening)
      ],
      verdicts: [
        ...counts.map((count) => ({
          goal: `KB a link, ${count} links`,
          value: results.of("outlive", count, kilobytes(count)),
          most: 20
        })),
        { goal: "% of a core, 1,000 links", value: results.of("outlive", 1_000, share), most: 0.5 },
        ...counts.map((count) => ({
          goal: `time to accept ${count}, × raw tuned`,
          value: results.of("outlive", count, opening) / results.of("raw tuned", count, opening),
          most: 2
        }))
      ]
    }
  }
}
