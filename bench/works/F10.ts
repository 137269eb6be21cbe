/** F10: how fast the program starts. */
import { spawnSync } from "node:child_process"
import * as Effect from "effect/Effect"
import { BenchFailed, freePort, start } from "../Processes.ts"
import { server } from "../systems/outlive.ts"
import { type Cell, named, type Work } from "../Work.ts"

const elapsed = (begin: bigint) => ({ millis: Number(process.hrtime.bigint() - begin) / 1e6 })

/** Measures from the start of a program to its end. */
const toTheEnd = (command: string, args: ReadonlyArray<string>): Cell["run"] =>
  Effect.suspend(() => {
    const begin = process.hrtime.bigint()
    const { status } = spawnSync(command, args, { stdio: "ignore" })
    return status === 0
      ? Effect.succeed(elapsed(begin))
      : new BenchFailed({ detail: `${command} ended with status ${status}` })
  })

const listener = `require("net").createServer().listen(0, "127.0.0.1", () => console.log("listening"))`

/** Measures from the start of a program until it listens. */
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
    "`--version` is answered by the launcher, which has it from the build; to listening is what a start costs. What that needs: " +
    "reading the bundle and its code cache (some 12 ms), evaluating 290 modules (some 45 ms, of which a third were Schemas), " +
    "and @effect/cli's way through the command line, in code that runs once and is interpreted. What was tried, in medians of 15 beside each other: the code cache made of a " +
    "server's whole run in place of `--version`, errors without Schemas, and no modules for child processes and workers, together 0.83 of the time before to listening; a larger nursery " +
    "(`--min-semi-space-size=16`) saves six scavenges of 2 ms, but is no option that a program can give itself. On a machine on which fresh memory is slow (118 ms bare, 1.6 MB read in 12 ms), in medians of 31 in turns, 127.0.0.1 for the host: a bundle that is one function already, which the launcher copied to make it one (270 → 264 ms), and without white space (264 → 255). The name `localhost` in place of 127.0.0.1 costs 12 ms more: Node compiles what tells an address from a name. " +
    "What brought nothing: a nursery that grows at once (`--semi-space-growth-factor=16`, 250 → 267: fresh memory costs more than it saves). The largest parts of the rest that are not ours: deserializing the cache of 1.5 MB, and what @effect/cli draws of its prompts when it is loaded (4 ms), needed or not. A snapshot of V8's heap would save " +
    "the evaluation, but Node 20 takes one only by an option of `node` itself, and ends with an error under any other version of Node.",
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
