/** F10: how fast the program starts. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type BenchFailed, folder, freePort, start } from "../Processes.ts"
import { median } from "../stats.ts"
import { clientAt, server } from "../systems/outlive.ts"
import { startAtTerminal } from "../Terminals.ts"
import { type Cell, named, type Work } from "../Work.ts"

/** How often each is started in a round. */
const times = 7

/** The median time of several starts, one after the other. */
const starts = (
  prepared: Effect.Effect<Effect.Effect<unknown, BenchFailed, Scope.Scope>, BenchFailed, Scope.Scope>,
  quick: boolean
): Cell["run"] =>
  Effect.gen(function* () {
    const took: Array<number> = []
    for (let at = 0; at < (quick ? 2 : times); at += 1) {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const starting = yield* prepared
          const begin = process.hrtime.bigint()
          yield* starting
          took.push(Number(process.hrtime.bigint() - begin) / 1e6)
        })
      )
    }
    return { millis: median(took) }
  })

const listener = `require("net").createServer().listen(0, "127.0.0.1", () => console.log("listening"))`
const prompter = `process.stdin.setRawMode(true).resume(); process.stdout.write("> ")`

const prompt = /> /

const nodeListens = Effect.succeed(start({ command: process.execPath, args: ["-e", listener], ready: /listening/ }))
const outliveListens = Effect.map(freePort, (port) => server(port))

const nodePrompts = Effect.succeed(
  startAtTerminal({ command: process.execPath, args: ["-e", prompter], ready: prompt })
)
const outlivePrompts = Effect.gen(function* () {
  const port = yield* freePort
  yield* server(port)
  return startAtTerminal({ ...clientAt("1", port), cwd: yield* folder, ready: prompt })
})

const millis = named("millis")
const [listening, prompting] = ["a server, to listening", "a client at a terminal, to its first prompt"]

export const F10: Work = {
  name: "F10",
  title: "Start-up",
  how:
    "From the start of the process to the line that says it listens, or to its first prompt at a terminal (`script` of util-linux, which starts a shell first, for both). " +
    `Bare node opens a server, or puts the terminal into raw mode and writes a prompt. In each round the median of ${times} starts.`,
  remarks:
    "Of what a server takes beyond bare node, most is reading and evaluating the bundle, with V8's code cache. Tried without effect: a terminal, consoles and Schemas that are made when they are needed, " +
    "V8's options, a command tree with one subcommand, a startup snapshot (slower than the code cache).",
  cells: ({ quick }) => [
    { system: "bare node", at: listening, run: starts(nodeListens, quick) },
    { system: "outlive", at: listening, run: starts(outliveListens, quick) },
    { system: "bare node", at: prompting, run: starts(nodePrompts, quick) },
    { system: "outlive", at: prompting, run: starts(outlivePrompts, quick) }
  ],
  report: (results) => {
    const ratio = (at: string) => results.of("outlive", at, millis) / results.of("bare node", at, millis)
    return {
      tables: [results.table("Time", "ms", millis, (value) => value.toFixed(0))],
      plots: [results.plot("F10: start-up", "ms", "bars", millis)],
      verdicts: [
        { goal: `${listening}, × bare node`, value: ratio(listening), most: 2 },
        { goal: `${prompting}, × bare node`, value: ratio(prompting), most: 2.2 }
      ]
    }
  }
}
