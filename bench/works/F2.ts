/** F2: fan-out, a line at a time. */
import type { Work } from "../Work.ts"
import { cellsOf, cost, inOneRound, raw, report, sizesOf, speed, systemsOf, versus } from "./fanOut.ts"

export const F2: Work = {
  name: "F2",
  title: "Fan-out: one line under way",
  how:
    "As F1, but the next line is typed when all readers have the one before. Author and load generator take turns, so that " +
    "the generator's own time is in all figures, and the CPU a delivery says more than the deliveries a second.",
  remarks:
    "`npm run profile -- author 100 1` on two busy cores (6150ed4): 81 % in the kernel's writes, 5 % in Node, 4 % in the loop over the links, 4 % in Effect, 1 % in collecting garbage. " +
    "redis writes in C, for less than Node's `socket.write` costs alone; so does `C, epoll`.",
  cells: ({ quick, time, warm }) => {
    const sizes = sizesOf(quick ? [100] : [5, 100], { window: 1, time, warm })
    const hundred = sizes.filter(({ readers }) => readers === 100)
    return [
      ...cellsOf(systemsOf("outlive", raw), sizes),
      ...cellsOf(systemsOf("nats", "mosquitto"), hundred),
      ...inOneRound([
        ...cellsOf(systemsOf("C, epoll", "redis"), sizes),
        ...cellsOf(systemsOf("nats"), quick ? [] : sizes.filter(({ readers }) => readers === 5)),
        ...cellsOf(
          systemsOf("outlive's layers", "raw naive", "ngircd", "inspircd", "ws", "aedes"),
          quick ? [] : hundred
        )
      ])
    ]
  },
  report: (results) => ({
    ...report(results, "F2", ["thousand", (value) => (value / 1e3).toFixed(1)], 2),
    verdicts: [
      { goal: "100 readers, × raw tuned", value: versus(results, raw, 100, speed), least: 0.85 },
      { goal: "CPU a delivery, 100 readers, × nats", value: versus(results, "nats", 100, cost), most: 1 },
      { goal: "CPU a delivery, 100 readers, × mosquitto", value: versus(results, "mosquitto", 100, cost), most: 1 }
    ]
  })
}
