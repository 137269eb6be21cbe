/** F3: a real mesh of six processes. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { meshes } from "../systems/all.ts"
import { endsOf } from "../systems/meshes.ts"
import { per, type Work } from "../Work.ts"

const nodes = 6
const speed = per("deliveries", "seconds")

export const F3: Work = {
  name: "F3",
  title: "A mesh of six processes",
  how:
    "A server and five clients, each linked to each. Lines of 64 bytes are typed into the pipe of one, or of all, 64 of each " +
    "under way, and counted where they are shown: at the pipes that the others write to. The raw nodes parse the same frames, " +
    "look whether each post is the next, and show it too; those of js-libp2p's gossipsub publish each line to all, neither encrypted nor signed. All share the machine's cores with the load generator.",
  remarks:
    "Twelve ends of pipes and thirty of sockets share two cores. `npm run profile -- receiver`, for one node that takes in: 30 % " +
    "in collecting garbage, 19 % in Node, 15 % in decoding, 11 % in the rules of delivery, 10 % in Effect. Garbage is what the log " +
    "keeps, 10,000 posts, which outlive the nursery; raw keeps none. A plain post is read by one regular expression (0.9 → 0.5 µs), " +
    "and the log takes a chunk in with half the operations (of one post: 14.5 → 10.7 µs). Posts kept as bytes alone, decoded again by whoever " +
    "shows them, would not do it: with 500 entries kept in place of 10,000, F6 takes in 7 % more, and that is the most it could bring. " +
    "A node that takes in has 1.6 s of CPU in its main thread, 5 s after the start, and 0.6 s in V8's others, which compile and collect; of the main thread's, `perf record` " +
    "has 18 % in compiled code, the rest in interpreter, built-ins and collecting: it is not warm yet. With 30 s to warm up in place of 5, the same mesh " +
    "delivers 1.3 to 1.5 times as much. A parser of posts by hand, in place of the regular expression, was tried: 0.94 → 1.3 µs. " +
    "What was done since the record before this one (0.22 and 0.19 of raw): the log takes in by a lock in place of a semaphore, and with ten operations of Effect fewer; a firehose (F6) is taken in " +
    "1.1 times as fast for that. A chunk passes two fibers, the link's and the screen's, with some 50 operations; of a post's own time a third is the parser, a fifth collecting what the log keeps. " +
    "`warm` has the mesh after 15 s. What the goal would take: to cut and parse a chunk as one string that is one author's, and to keep it as one; every post is an object, a view of its bytes and an entry now. " +
    "gossipsub publishes a message a line, and has a set of what it has seen.",
  cells: ({ quick, time, warm }) => {
    const load = { window: 64, time, warm: Math.max(warm, quick ? 0 : 5_000) }
    return meshes(quick).flatMap((system) => [
      {
        system: system.name,
        at: "one speaks",
        run: Effect.flatMap(system.start(nodes), ({ members }) =>
          run("talk", { ...endsOf(members.slice(0, 1), members.slice(1)), ...load })
        )
      },
      {
        system: system.name,
        at: "all speak",
        run: Effect.flatMap(system.start(nodes), ({ members }) =>
          run("talk", { ...endsOf(members, members), mesh: 1, ...load })
        )
      }
    ])
  },
  report: (results) => ({
    tables: [
      results.table("Deliveries a second", "thousand", speed, (value) => (value / 1e3).toFixed(1)),
      results.table("CPU a delivery, all six", "µs", per("cpu", "deliveries", 1e6), (value) => value.toFixed(2))
    ],
    plots: [results.plot("F3: deliveries a second in a mesh of six", "a second", "bars", speed)],
    verdicts: ["one speaks", "all speak"].map((at) => ({
      goal: `${at}, × raw mesh`,
      value: results.of("outlive", at, speed) / results.of("raw", at, speed),
      least: 0.5
    }))
  })
}
