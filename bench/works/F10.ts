/** F10: how soon the program is there. */
import { spawnSync } from "node:child_process"
import * as Effect from "effect/Effect"
import { BenchFailed, freePort, start } from "../Processes.ts"
import { server } from "../systems/outlive.ts"
import { type Cell, named, type Work } from "../Work.ts"

const elapsed = (begin: bigint) => ({ millis: Number(process.hrtime.bigint() - begin) / 1e6 })

/** From its start to its end. */
const toTheEnd = (command: string, args: ReadonlyArray<string>): Cell["run"] =>
  Effect.suspend(() => {
    const begin = process.hrtime.bigint()
    const { status } = spawnSync(command, args, { stdio: "ignore" })
    return status === 0
      ? Effect.succeed(elapsed(begin))
      : new BenchFailed({ detail: `${command} ended with status ${status}` })
  })

const listener = `require("net").createServer().listen(0, "127.0.0.1", () => console.log("listening"))`

/** From its start to listening. */
const toListening = {
  node: Effect.suspend(() => {
    const begin = process.hrtime.bigint()
    return Effect.map(start({ command: process.execPath, args: ["-e", listener], ready: /listening/ }), () =>
      elapsed(begin)
    )
  }),
  outlive: Effect.gen(function* () {
    const port = yield* freePort
    const begin = process.hrtime.bigint()
    yield* server(port)
    return elapsed(begin)
  })
}

const millis = named("millis")

export const F10: Work = {
  name: "F10",
  title: "Start-up",
  how: "From the start of the process to its end (`node -e 0`, `./server --version`), or to the line that says it listens.",
  remarks:
    "What needs the start: reading the bundle and its code cache, and evaluating the modules of Effect and @effect/cli. Other " +
    "rounds, with less beside them, had 1.6 to 1.9 times bare node. The library that makes certificates is a bundle of its own since this was measured.",
  cells: () => [
    { system: "bare node", at: "--version", run: toTheEnd(process.execPath, ["-e", "0"]) },
    { system: "outlive", at: "--version", run: toTheEnd("./server", ["--version"]) },
    { system: "bare node", at: "listening", run: toListening.node },
    { system: "outlive", at: "listening", run: toListening.outlive }
  ],
  report: (results) => {
    const ratio = (at: string) => results.of("outlive", at, millis) / results.of("bare node", at, millis)
    return {
      tables: [results.table("Time", "ms", millis, (value) => value.toFixed(0))],
      plots: [results.plot("F10: start-up", "ms", "bars", millis)],
      verdicts: [
        { goal: "./server --version, × bare node", value: ratio("--version"), most: 2 },
        { goal: "to listening, × bare node", value: ratio("listening"), most: 2 }
      ]
    }
  }
}
