/** F1: fan-out of one author's lines, in batches. */
import type { Verdict, Work } from "../Work.ts"
import { cellsOf, cost, inOneRound, raw, report, sizesOf, speed, systemsOf, versus } from "./fanOut.ts"

/** So many lines under way that a system which writes much at once has something to write. */
const many = "100, 1,024 under way"

export const F1: Work = {
  name: "F1",
  title: "Fan-out: one author, 64 lines under way",
  how:
    "The load generator types lines of 64 bytes into the author's pipe and counts them at each reader; the next ones are " +
    "typed as soon as half of 64 have reached the slowest, which is mostly when all have: the author gets them in one read. `1,024 under way`: the same with so many. " +
    "`outlive` is a real client whose server has introduced it and is gone; `outlive --data` the same, which keeps its log in a folder; " +
    "`outlive's layers` is the same node without its console. CPU is the author's, or the broker's.",
  remarks:
    "Where the time of a node goes, by `npm run profile -- author 100` on two busy cores (6150ed4): 77 % in the kernel's writes, one a reader and batch as in raw, 5 % in Node, " +
    "4 % in Effect, 3 % in the loop over the links, 3 % in collecting garbage. With 5 readers (`author 5`) what a batch costs whatever the number of readers weighs more: 30 % in the kernel, " +
    "22 % in collecting garbage, most of it what the log keeps and raw does not, 11 % in Node, 9 % in encoding, 8 % in splitting the pipe's lines and writing them into their stream, 5 % in Effect. " +
    "With 1,024 lines under way redis and nats gain as much from a load generator that never sleeps as everybody: three quick rounds on the same busy cores had raw tuned itself at 2.2 × redis and 1.9 × nats. " +
    "All of them spend one write a reader and batch, so that the kernel bounds how far one can be ahead. nats gets as many threads as there are cores besides the generator's: with one more it had a fifth less.",
  cells: ({ quick, time, warm }) => {
    const sizes = sizesOf(quick ? [5, 100] : [5, 100, 1_000], { window: 64, time, warm })
    const hundred = sizes.filter(({ readers }) => readers === 100)
    const deep = [{ at: many, readers: 100, settings: { window: 1_024, time, warm } }]
    return [
      ...cellsOf(systemsOf("outlive", raw), sizes),
      ...cellsOf(systemsOf("outlive", raw, "redis", "nats"), deep),
      ...cellsOf(systemsOf("outlive --data"), [...hundred, ...deep]),
      ...inOneRound([
        ...cellsOf(systemsOf("C, epoll", "redis", "nats"), sizes),
        ...cellsOf(systemsOf("C, epoll"), deep),
        ...cellsOf(
          systemsOf("outlive's layers", "raw naive", "mosquitto", "ngircd", "inspircd", "ws", "aedes"),
          quick ? [] : hundred
        )
      ])
    ]
  },
  report: (results) => ({
    ...report(results, "F1", ["million", (value) => (value / 1e6).toFixed(3)], 3),
    verdicts: [
      ...[5, 100, 1_000].map(
        (readers): Verdict => ({
          goal: `CPU a delivery, ${readers.toLocaleString("en")} readers, × raw tuned`,
          value: versus(results, raw, readers, cost),
          most: 1.15
        })
      ),
      ...(
        [
          [5, 0.9],
          [100, 0.85],
          [1_000, 0.8]
        ] as const
      ).map(
        ([readers, least]): Verdict => ({
          goal: `deliveries a second, ${readers.toLocaleString("en")} readers, × raw tuned`,
          value: versus(results, raw, readers, speed),
          least
        })
      ),
      { goal: "1,024 under way, 100 readers, × raw tuned", value: versus(results, raw, many, speed), least: 0.75 },
      { goal: "1,024 under way, 100 readers, × redis", value: versus(results, "redis", many, speed), least: 4 },
      { goal: "1,024 under way, 100 readers, × nats", value: versus(results, "nats", many, speed), least: 5 },
      ...(
        [
          ["100 readers", "100"],
          ["1,024 under way, 100 readers", many]
        ] as const
      ).map(
        ([what, at]): Verdict => ({
          goal: `${what}, with \`--data\`, × without`,
          value: results.of("outlive --data", at, speed) / results.of("outlive", at, speed),
          least: 0.5
        })
      )
    ]
  })
}
