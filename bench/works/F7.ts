/** F7: idle links. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { bareServer } from "../systems/outlive.ts"
import type { System } from "../systems/System.ts"
import { type Cell, type Figures, named, per, type Work } from "../Work.ts"
import { inOneRound, systemsOf } from "./fanOut.ts"

const opening = named("opening")
const cpu = per("cpu", "seconds", 60)
const share = per("cpu", "seconds", 100)
const kilobytes =
  (links: number) =>
  (figures: Figures): number =>
    (named("rss")(figures) - named("rssBefore")(figures)) / links / 1024

const shown = (value: number) => (Number.isFinite(value) ? value.toFixed(1) : "")

export const F7: Work = {
  name: "F7",
  title: "Idle links",
  how:
    "The load generator opens the links in groups of 200, and a group is there when each has been let in and answered a ping " +
    "or subscribed. From then on it answers pings and sends nothing. Memory is the resident set at the end less that before. " +
    "`outlive` is a client; `outlive, server` is a server to which the links are members that it had not known, so that it tells each of all before it, " +
    "and records where each listens. IRC servers are left out, which tell everybody in a channel about each newcomer too.",
  remarks:
    "[links.md](design/links.md#the-cost-of-an-idle-link) says what a link consists of. The resident set has more than what is live: V8 makes the nursery larger while many are let in, whatever their number. " +
    "Letting in costs a handshake of six frames and a summary, where raw accepts and no more. The limit of silence grows with the number of links, so that a node does not send more pings a second: 1,000 idle links cost some 170 pings a second, 90 µs each with their answers. " +
    "What a link still has beyond its socket is mostly closures: ten of its `Outbox`, three of its `Attempt`, and two token buckets. Classes in their place were not tried. " +
    "A server tells each newcomer of all others, and records it: F15 is about that.",
  cells: ({ quick }) => {
    const time = quick ? 1_000 : 5_000
    const cellsOf = (counts: ReadonlyArray<number>, systems: ReadonlyArray<System>): ReadonlyArray<Cell> =>
      counts.flatMap((count) =>
        systems.map((system) => ({
          system: system.name,
          at: `${count}`,
          run: Effect.flatMap(system.start, ({ pids, sink }) =>
            run("idle", { to: sink, count, pids: pids.join(","), time })
          )
        }))
      )
    const counts = quick ? [1_000] : [1_000, 10_000]
    return [
      ...cellsOf(counts, systemsOf("outlive", "raw tuned")),
      // A server tells each of all others, so that this many cost it seconds: F15 has more of them.
      ...inOneRound(cellsOf([1_000], [bareServer])),
      ...inOneRound(cellsOf(counts, systemsOf("C, epoll", "redis", "nats"))),
      ...inOneRound(cellsOf([1_000], systemsOf("outlive's layers", "mosquitto", "ws")))
    ]
  },
  report: (results) => {
    const counts = results.sizes.map(Number)
    return {
      tables: [
        {
          title: "Memory a link, KB",
          head: ["", ...results.sizes],
          rows: results.systems.map((system) => [
            system,
            ...counts.map((count) => shown(results.of(system, count, kilobytes(count))))
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
            points: counts
              .map((count) => [`${count}`, results.of(name, count, kilobytes(count))] as const)
              .filter(([, value]) => Number.isFinite(value))
          }))
        },
        results.plot("F7: time to accept all, by links", "s", "bars", opening)
      ],
      verdicts: [
        { goal: "KB a link, 1,000 links", value: results.of("outlive", 1_000, kilobytes(1_000)), most: 30 },
        { goal: "KB a link, 10,000 links", value: results.of("outlive", 10_000, kilobytes(10_000)), most: 16 },
        { goal: "% of a core, 1,000 links", value: results.of("outlive", 1_000, share), most: 0.5 },
        ...[1_000, 10_000].map((count) => ({
          goal: `time to accept ${count.toLocaleString("en")}, × raw tuned`,
          value: results.of("outlive", count, opening) / results.of("raw tuned", count, opening),
          most: 3
        }))
      ]
    }
  }
}
