/** F2: fan-out, a line at a time. */
import { per, type Work } from "../Work.ts"
import { cellsOfAll } from "./fanOut.ts"

const speed = per("deliveries", "seconds")
const cost = per("cpu", "deliveries", 1e6)

export const F2: Work = {
  name: "F2",
  title: "Fan-out: one line under way",
  how:
    "As F1, but the next line is typed when all readers have the one before. Author and load generator take turns, so that " +
    "the generator's own time is in all figures, and the CPU a delivery says more than the deliveries a second.",
  remarks:
    "`npm run profile -- author 100 1`: 64 % in the kernel's writes, 15 % in Effect, 7 % in Node, 4 % in the loop over the " +
    "links. `perf record` of all threads has 51 % in Node's and the kernel's writes, 12 % in the loop around them, 8 % in V8's compiler. " +
    "V8's options for a faster start (`--always-sparkplug`, `--maglev`, `--no-lazy-feedback-allocation`, half the interrupt budget) change nothing beyond the noise. Load generator and author take turns here, so that whatever else runs on the machine comes in between; the CPU a " +
    "delivery is the steadier figure. What was done since the record before this one, which had 0.53 of raw tuned with 100 readers: the steps of the log take turns by a lock of our own " +
    "in place of a semaphore, and a line is said without a generator (with 5 readers, in turns, 40 → 50 thousand a second); a Stream that waits undoes nothing when it is interrupted, " +
    "which took ten operations of Effect each time it woke (54 → 63); one Buffer for all sockets that get the same slice, where Node makes one for each. A line takes 44 operations of Effect now, " +
    "in two fibers, the keyboard's and the fan-out's, half of them in how a Stream is pulled. What the goal would take: no Stream between keyboard, log and links; and code that V8 has compiled already when it begins (see `warm`). nats, mosquitto and redis write in C or Go, for less than Node's `socket.write` costs alone.",
  cells: ({ quick, time, warm }) => cellsOfAll(quick ? [100] : [5, 100], { window: 1, time, warm }, quick),
  report: (results) => {
    const versus = (other: string, at: number) => results.of("outlive", at, speed) / results.of(other, at, speed)
    return {
      tables: [
        results.table("Deliveries a second, by readers", "thousand", speed, (value) => (value / 1e3).toFixed(1)),
        results.table("CPU a delivery, by readers", "µs", cost, (value) => value.toFixed(2)),
        results.table("The load generator's CPU time beside that", "%", per("ownCpu", "cpu", 100), (value) =>
          value.toFixed(0)
        )
      ],
      plots: [
        results.plot("F2: deliveries a second, by readers", "a second", "bars", speed),
        results.plot("F2: CPU a delivery, by readers", "µs", "bars", cost)
      ],
      verdicts: [
        { goal: "100 readers, × raw tuned", value: versus("raw tuned", 100), least: 0.9 },
        { goal: "100 readers, × nats", value: versus("nats", 100), least: 1 },
        { goal: "100 readers, × mosquitto", value: versus("mosquitto", 100), least: 1 }
      ]
    }
  }
}
