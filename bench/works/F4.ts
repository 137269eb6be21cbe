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
