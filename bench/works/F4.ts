/** F4: the latency of a line. */
import { named, per, type Work } from "../Work.ts"
import { cellsOfAll } from "./fanOut.ts"

const [p50, p99, max] = [named("p50"), named("p99"), named("max")]

export const F4: Work = {
  name: "F4",
  title: "Latency at 1,000 lines a second",
  how:
    "A line a millisecond is typed; each delivery is timed from when its line was due, so that a stall counts for all the " +
    "lines that it delays. `behind` is how many lines the slowest reader lacked at the end: a system that can't keep up.",
  remarks:
    "A line a millisecond wakes the keyboard's fiber, the log and the fan-out one after the other, which raw does not have; with " +
    "100 readers raw's writes take 0.6 of a core, and outlive has a core full, so that lines wait for each other. F2 says where the difference goes. " +
    "The record before this one, before what F2 tells of was done, had p50 at 2.07 and 3.78 of raw's with 5 and 100 readers, p99 at 8.3 and 3.6. " +
    "`warm` has this work after 15 s: p99 with 5 readers is within its limit then, since what it was beyond raw's is compiling. What p99 with 100 readers has beyond raw's even then is not explained but by the full core; pauses of the collector are a guess. " +
    "What was tried is what F1 has; a line that nothing is before goes out in the turn of the event loop in which it came, so no timer is in the way.",
  cells: ({ quick, time, warm }) => cellsOfAll(quick ? [100] : [5, 100], { rate: 1_000, time: time * 2, warm }, quick),
  report: (results) => {
    const versus = (figure: typeof p50, at: number) =>
      results.of("outlive", at, figure) / results.of("raw tuned", at, figure)
    const micros = (value: number) => value.toFixed(0)
    return {
      tables: [
        results.table("p50, by readers", "µs", p50, micros),
        results.table("p99, by readers", "µs", p99, micros),
        results.table("Longest, by readers", "µs", max, micros),
        results.table("Behind at the end, by readers", "lines", named("behind"), micros),
        results.table("CPU a delivery, by readers", "µs", per("cpu", "deliveries", 1e6), (value) => value.toFixed(2))
      ],
      plots: [
        results.plot("F4: p50 by readers", "µs", "bars", p50),
        results.plot("F4: p99 by readers", "µs", "bars", p99)
      ],
      verdicts: [5, 100].flatMap((readers) => [
        { goal: `p50 with ${readers} readers, × raw tuned`, value: versus(p50, readers), most: 1.3 },
        { goal: `p99 with ${readers} readers, × raw tuned`, value: versus(p99, readers), most: 1.5 }
      ])
    }
  }
}
