/** F3: a real mesh of six processes. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { meshes } from "../systems/all.ts"
import { endsOf, gossipsubNodes } from "../systems/meshes.ts"
import { per, type Work } from "../Work.ts"

const nodes = 6

/** The first seconds are V8's compiler, in six processes at once. */
const longEnough = 10_000

const cost = per("cpu", "deliveries", 1e6)
const speed = per("deliveries", "seconds")

export const F3: Work = {
  name: "F3",
  title: "A mesh of six processes",
  how:
    "A server and five clients, each linked to each. Lines of 64 bytes are typed into the pipe of one, or of all, 64 of each " +
    "under way, and counted where they are shown: at the pipes that the others write to. The raw nodes parse the same frames, " +
    "look whether each post is the next, and show it too; those of js-libp2p's gossipsub publish each line to all, neither encrypted nor signed. All share the machine's cores with the load generator, " +
    `which sleeps here when it has nothing to do. Each mesh has ${longEnough / 1_000} s to warm up.`,
  remarks:
    "When all speak, six processes and the load generator share two cores. Each of them then does everything at once: it says its own lines, hands them to five links, checks what comes over five, and shows it. " +
    "The rounds differ by more than the goal asks for: 2.6 to 4.1 µs a delivery, with the same code. The best of the three is 0.58 of raw. It was not found what makes a round a bad one.",
  cells: ({ quick, time, warm }) => {
    const load = { window: 64, time, warm: quick ? warm : Math.max(warm, longEnough) }
    return meshes(quick).flatMap((system) => [
      {
        system: system.name,
        at: "one speaks",
        run: Effect.flatMap(system.start(nodes), ({ members }) =>
          run("talk", { ...endsOf(members.slice(0, 1), members.slice(1)), ...load })
        ),
        once: system.name === gossipsubNodes.name
      },
      {
        system: system.name,
        at: "all speak",
        run: Effect.flatMap(system.start(nodes), ({ members }) =>
          run("talk", { ...endsOf(members, members), mesh: 1, ...load })
        ),
        once: system.name === gossipsubNodes.name
      }
    ])
  },
  report: (results) => ({
    tables: [
      results.table("Deliveries a second", "thousand", speed, (value) => (value / 1e3).toFixed(1)),
      results.table("CPU a delivery, all six", "µs", cost, (value) => value.toFixed(2)),
      {
        title: "outlive's figures in those of raw",
        head: ["", ...results.sizes],
        rows: (
          [
            ["CPU a delivery", cost],
            ["deliveries a second", speed]
          ] as const
        ).map(([what, figure]) => [
          what,
          ...results.sizes.map((at) => (results.of("outlive", at, figure) / results.of("raw", at, figure)).toFixed(2))
        ])
      },
      results.rounds("Deliveries a second", "thousand", speed, (value) => (value / 1e3).toFixed(1)),
      results.rounds("CPU a delivery, all six", "µs", cost, (value) => value.toFixed(2))
    ],
    plots: [results.plot("F3: deliveries a second in a mesh of six", "a second", "bars", speed)],
    verdicts: [["one speaks", 0.7] as const, ["all speak", 0.5] as const].map(([at, least]) => ({
      goal: `${at}, × raw mesh`,
      value: results.of("outlive", at, speed) / results.of("raw", at, speed),
      least
    }))
  })
}
