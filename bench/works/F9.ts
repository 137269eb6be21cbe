/** F9: the server comes back. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { begin, figures } from "../Load.ts"
import { cpuOf, folder, freePort, meshed, pipe, type Started, start } from "../Processes.ts"
import { client, server } from "../systems/outlive.ts"
import { type Cell, named, type Work } from "../Work.ts"

const clients = 200

/** Clients that are programs, not played by the load generator: each takes the memory and the start of one. */
const programs = 20

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

/** Says that so many have come back. */
const allBack = new RegExp(`^(?:(?:(?!: reconnected)[^])*: reconnected){${programs}}`)

/** Real clients in a mesh, whose server is killed and started again at the same port. */
const withPrograms: Cell["run"] = Effect.gen(function* () {
  const [port, cwd, scope] = [yield* freePort, yield* folder, yield* Effect.scope]
  yield* Effect.scoped(
    Effect.gen(function* () {
      yield* server(port, { cwd })
      const ports = [port]
      for (let id = 1; id <= programs; id += 1) {
        const listen = yield* freePort
        ports.push(listen)
        yield* Scope.extend(client(`${id}`, listen, port, { stdin: yield* Scope.extend(pipe, scope) }), scope)
      }
      yield* meshed(ports, ((programs + 1) * programs) / 2)
    })
  )
  const began = performance.now()
  const { pid } = yield* server(port, { cwd, ready: allBack })
  return { sinceStart: (performance.now() - began) / 1_000, cpu: yield* cpuOf(pid) }
})

const seconds = (value: number) => value.toFixed(3)

export const F9: Work = {
  name: "F9",
  title: `The server returns to ${clients} clients`,
  how:
    "The load generator listens as each client of `ports.txt`, welcomes whoever calls, and takes itself for reconnected when " +
    "the roster comes, which is sent once a link is up. The raw caller makes the same handshakes with an empty roster. Real " +
    `clients dial the server too, at growing intervals: \`${programs} programs\` are real ones, in a mesh, whose server was killed. Each is back when the server says so.`,
  cells: () => [
    { system: "outlive", at: `${clients} clients`, run: outlive },
    { system: "raw", at: `${clients} clients`, run: raw },
    { system: "outlive", at: `${programs} programs`, run: withPrograms, once: true }
  ],
  report: (results) => ({
    tables: [
      results.table("From the start of the process until all are back", "s", named("sinceStart"), seconds),
      results.table("From the first call until all are back", "s", named("sinceFirstCall"), (value) =>
        Number.isNaN(value) ? "" : seconds(value)
      ),
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
