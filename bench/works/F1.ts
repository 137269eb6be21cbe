/** F1: fan-out of what one author says, in batches. */
import { per, type Work } from "../Work.ts"
import { cellsOfAll } from "./fanOut.ts"

const speed = per("deliveries", "seconds")

export const F1: Work = {
  name: "F1",
  title: "Fan-out: one author, 64 lines under way",
  how:
    "The load generator types lines of 64 bytes into the author's pipe and counts them at each reader; the next ones are " +
    "typed as soon as half of 64 have reached the slowest. `outlive` is a real client whose server has introduced it and is gone; " +
    "`outlive's layers` is the same node without its console. CPU is the author's, or the broker's.",
  cells: ({ time, warm }) => cellsOfAll([5, 100, 1_000], { window: 64, time, warm }),
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
