/** F1: fan-out of one author's lines, in batches. */
import { per, type Work } from "../Work.ts"
import { cellsOfAll } from "./fanOut.ts"

const speed = per("deliveries", "seconds")

export const F1: Work = {
  name: "F1",
  title: "Fan-out: one author, 64 lines under way",
  how:
    "The load generator types lines of 64 bytes into the author's pipe and counts them at each reader; the next ones are " +
    "typed as soon as half of 64 have reached the slowest, which is mostly when all have: the author gets them in one read. `outlive` is a real client whose server has introduced it and is gone; " +
    "`outlive's layers` is the same node without its console. CPU is the author's, or the broker's.",
  remarks:
    "Where the time goes, by `npm run profile -- author 100` on two busy cores: 71 % in the kernel's writes, one a reader and " +
    "batch as in raw, 11 % in Effect, 5 % in Node's streams, 3 % in collecting garbage, the rest in outlive. With 5 readers " +
    "(`author 5`) a batch costs 5 writes of some 64 lines each (strace: 63 to 66), and what a batch costs whatever the number of readers weighs more: 40 % " +
    "in the kernel, 18 % in Effect (three fibers wake: keyboard, log, fan-out), 10 % in encoding, 10 % in garbage, most of it " +
    "what the log keeps, which raw does not. What was tried, in µs of one batch: to encode all in one go (64 → 16), " +
    "to wake nobody for what does not concern it and to pull Streams in one stage (say, log and fan-out 157 → 78), one slice " +
    "for all links that keep up (0.9 → 0.3 a link over raw), and to look whether a text needs JSON at all before it is given to it " +
    "(31 → 15 for 32 lines, in a loop of its own). A log that keeps 500 entries in place of 10,000 saves 3 % of the author's time with 5 readers, so that to keep " +
    "posts as bytes alone is not worth it here. To wake the links from the log itself, by a plain call in place of a Stream, brings `npm run guard` from 0.33 to 0.38 with 20 links, " +
    "an eighth of what a batch costs in outlive's own code: not done, since one Stream a node can be followed, ended and tested as everything else. " +
    "What is left would take a keyboard and a log without fibers. " +
    "`perf record` of a second and a half with 100 readers, 4 s after the start, all threads: 44 % in Node's and the kernel's writes, 11 % in the loop over the links " +
    "around them, 9 % in V8's compiler, which raw's few lines have behind them by then, 3 % in collecting garbage. " +
    "F2 tells of what was done since the record before this one (0.53 and 0.50 of raw with 5 and 100 readers); `warm` has this work after 15 s. " +
    "redis and nats spend one write a reader and batch too, so that the kernel bounds how far one can be ahead.",
  cells: ({ quick, time, warm }) => cellsOfAll(quick ? [5, 100] : [5, 100, 1_000], { window: 64, time, warm }, quick),
  report: (results) => {
    const versus = (other: string, at: number) => results.of("outlive", at, speed) / results.of(other, at, speed)
    return {
      tables: [
        results.table("Deliveries a second, by readers", "million", speed, (value) => (value / 1e6).toFixed(3)),
        results.table("CPU a delivery, by readers", "µs", per("cpu", "deliveries", 1e6), (value) => value.toFixed(3)),
        results.table("The load generator's CPU time beside that", "%", per("ownCpu", "cpu", 100), (value) =>
          value.toFixed(0)
        )
      ],
      plots: [results.plot("F1: deliveries a second, by readers", "a second", "bars", speed)],
      verdicts: [
        { goal: "5 readers, × raw tuned", value: versus("raw tuned", 5), least: 0.8 },
        { goal: "100 readers, × raw tuned", value: versus("raw tuned", 100), least: 0.8 },
        { goal: "1,000 readers, × raw tuned", value: versus("raw tuned", 1_000), least: 0.6 },
        { goal: "100 readers, × redis", value: versus("redis", 100), least: 4 },
        { goal: "100 readers, × nats", value: versus("nats", 100), least: 5 }
      ]
    }
  }
}
