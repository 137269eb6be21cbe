/** F9: the server comes back. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import { begin, figures } from "../Load.ts"
import { cpuOf, folder, freePort, type Started, start } from "../Processes.ts"
import { server } from "../systems/outlive.ts"
import { type Cell, named, type Work } from "../Work.ts"

const clients = 200

/** The load generator plays all clients. Time counts from just before the server starts. */
const returning = (serve: (first: number) => ReturnType<typeof start>): Cell["run"] =>
  Effect.gen(function* () {
    const first = yield* freePort
    const load = yield* begin("answer", { first, count: clients }, /listening/)
    const began = Number(process.hrtime.bigint())
    const { pid }: Started = yield* serve(first)
    const { firstCall, lastBack } = yield* figures(load)
    return {
      sinceStart: ((lastBack ?? Number.NaN) - began) / 1e9,
      sinceFirstCall: ((lastBack ?? Number.NaN) - (firstCall ?? Number.NaN)) / 1e9,
      cpu: yield* cpuOf(pid)
    }
  })

const outlive = returning((first) =>
  Effect.gen(function* () {
    const cwd = yield* folder
    const record = Array.from({ length: clients }, (_, at) => `c${at} 127.0.0.1:${first + at}\n`).join("")
    Fs.writeFileSync(`${cwd}/ports.txt`, record)
    return yield* server(yield* freePort, { cwd })
  })
)

const raw = returning((first) =>
  start({ command: process.execPath, args: ["bench/authors/raw-caller.mjs", `${first}`, `${clients}`] })
)

const seconds = (value: number) => value.toFixed(3)

export const F9: Work = {
  name: "F9",
  title: `The server returns to ${clients} clients`,
  how:
    "The load generator listens as each client of `ports.txt`, welcomes whoever calls, and takes itself for reconnected when " +
    "the roster comes, which is sent once a link is up. The raw caller makes the same handshakes with an empty roster. Real " +
    "clients would dial the server too, at growing intervals.",
  cells: () => [
    { system: "outlive", at: `${clients} clients`, run: outlive },
    { system: "raw", at: `${clients} clients`, run: raw }
  ],
  report: (results) => ({
    tables: [
      results.table("From the start of the process until all are back", "s", named("sinceStart"), seconds),
      results.table("From the first call until all are back", "s", named("sinceFirstCall"), seconds),
      results.table("CPU of the server until then", "s", named("cpu"), seconds)
    ],
    plots: [results.plot("F9: until all are reconnected", "s", "bars", named("sinceStart"))],
    verdicts: [
      {
        goal: "seconds until all are reconnected",
        value: results.of("outlive", `${clients} clients`, named("sinceStart")),
        most: 1
      }
    ]
  })
}
