/** F4: the latency of a line. */
import { named, type Work } from "../Work.ts"
import { cellsOf, cost, inOneRound, raw, sizesOf, systemsOf, versus } from "./fanOut.ts"

const [p50, p99, max] = [named("p50"), named("p99"), named("max")]

export const F4: Work = {
  name: "F4",
  title: "Latency at 1,000 lines a second",
  how:
    "A line a millisecond is typed; each delivery is timed from when its line was due, so that a stall counts for all the " +
    "lines that it delays. `behind` is how many lines the slowest reader lacked at the end: a system that can't keep up.",
  remarks:
    "`npm run profile -- pauses 5 700` and `-- pauses 100 1500` say where a node was while lines came later than that many µs; `pauses-raw` the same of raw tuned. On two busy cores (6150ed4), 8 s each: " +
    "with 5 readers nine tenths of the late time were the machine's scheduler's, which gave author or generator no core (78 of 86 ms; raw 46 of 46). In the rest, collecting garbage had a third of the main thread's time, and " +
    "Effect's fibers another, for a millisecond or so each: seven spans in 8 s. " +
    "With 100 readers a line is 100 writes, half a millisecond; whatever takes a core away for a while, the lines behind it then wait for each other's writes: 78 % of the late time was the scheduler's, and in the rest 71 % were these writes, " +
    "6 % collecting garbage (0.6 % of the whole run), 5 % Effect. So p99 there is raw's plus what the collector stops, and depends on how quiet the machine is. V8's threads, which compile and collect, share the author's core here.",
  cells: ({ quick, time, warm }) => {
    const sizes = sizesOf(quick ? [100] : [5, 100], { rate: 1_000, time: time * 2, warm })
    return [
      ...cellsOf(systemsOf("outlive", raw), sizes),
      ...inOneRound([
        ...cellsOf(systemsOf("C, epoll", "redis", "nats"), sizes),
        ...cellsOf(
          systemsOf("outlive's layers", "raw naive", "mosquitto", "ngircd", "inspircd", "ws", "aedes"),
          quick ? [] : sizes.filter(({ readers }) => readers === 100)
        )
      ])
    ]
  },
  report: (results) => {
    const micros = (value: number) => value.toFixed(0)
    return {
      tables: [
        results.table("p50, by readers", "µs", p50, micros),
        results.table("p99, by readers", "µs", p99, micros),
        results.table("Longest, by readers", "µs", max, micros),
        results.table("Behind at the end, by readers", "lines", named("behind"), micros),
        results.table("CPU a delivery, by readers", "µs", cost, (value) => value.toFixed(2))
      ],
      plots: [
        results.plot("F4: p50 by readers", "µs", "bars", p50),
        results.plot("F4: p99 by readers", "µs", "bars", p99)
      ],
      verdicts: [5, 100].flatMap((readers) => [
        { goal: `p50 with ${readers} readers, × raw tuned`, value: versus(results, raw, readers, p50), most: 1.3 },
        { goal: `p99 with ${readers} readers, × raw tuned`, value: versus(results, raw, readers, p99), most: 1.5 }
      ])
    }
  }
}
