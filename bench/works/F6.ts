/** F6: how much one process can receive. */
import * as Effect from "effect/Effect"
import { type Figures, run, type Settings } from "../Load.ts"
import { type BenchFailed, folder, freePort, listening, pipe, start } from "../Processes.ts"
import { brief } from "../stats.ts"
import { client, layers, server } from "../systems/outlive.ts"
import { type Cell, type Effort, per, type Results, type Work } from "../Work.ts"
import { busy } from "./fanOut.ts"

const at = "one author"

const fire = (
  port: number | string,
  pid: number,
  effort: Effort,
  settings: Settings = {}
): Effect.Effect<Figures, BenchFailed> =>
  run("fire", {
    to: `outlive:${port}`,
    pids: `${pid}`,
    warm: Math.max(1_000, effort.warm),
    time: effort.quick ? 1_000 : 4_000,
    ...settings
  })

/** A real client, whose output the load generator reads and drops. */
const program = (effort: Effort, hasData = false): Cell["run"] =>
  Effect.gen(function* () {
    const [serverPort, port] = [yield* freePort, yield* freePort]
    const [stdin, stdout] = [yield* pipe, yield* pipe]
    yield* server(serverPort)
    const options = hasData ? { stdin, stdout, data: yield* folder } : { stdin, stdout }
    const { pid } = yield* client("1", port, serverPort, options)
    yield* listening(port)
    // Until then it has joined.
    yield* Effect.sleep("500 millis")
    return yield* fire(port, pid, effort, { shown: stdout })
  })

/** The receiver on bare sockets. Its mode: what else it does, or leaves out. */
const bare = (effort: Effort, mode: "" | "lines"): Cell["run"] =>
  Effect.flatMap(
    start({ command: process.execPath, args: ["bench/authors/raw-receiver.mjs", mode], ready: /listening (\d+)/ }),
    ({ pid, said }) => fire(said, pid, effort)
  )

const bareShown = (effort: Effort): Cell["run"] =>
  Effect.gen(function* () {
    const stdout = yield* pipe
    const { pid, said } = yield* start({
      command: process.execPath,
      args: ["bench/authors/raw-receiver.mjs", "shown"],
      stdout,
      ready: /listening (\d+)/
    })
    return yield* fire(said, pid, effort, { shown: stdout })
  })

const throughput = per("posts", "seconds")
export const each = per("posts", "cpu")

/** One system's posts a second of CPU time as a share of another's. */
export const share = (results: Results, ours: string, theirs: string, size: string = at): number =>
  results.of(ours, size, each) / results.of(theirs, size, each)

export const F6: Work = {
  name: "F6",
  title: "Receiving: one process, a firehose",
  how:
    "The load generator is a peer that sends posts of 64 bytes of text, about 170 on the wire, as fast as the socket takes " +
    "them. How many the process has taken in, it says itself each second, in its `have`. `outlive's layers` checks and stores, as `raw` does: it parses each post, looks " +
    "whether it is the next, and keeps the last 10,000. `outlive` and `raw, shown` also turn each into a line and write that to a pipe, which the load generator reads. " +
    "`outlive --data` keeps it in a folder as well. `raw, lines only` splits and counts, and looks at nothing: it has no goal.",
  remarks:
    "`npm run profile -- receiver` on two busy cores (6150ed4): 24 % in collecting garbage, 23 % in Node, 15 % in decoding chunks, 9 % in the rules of delivery, 6 % in Effect, 5 % in the log, 4 % in what is shown. " +
    "Garbage is what the log keeps: posts and entries outlive the nursery. To split and count alone, as `raw, lines only` does, costs a seventh of what raw costs.",
  cells: (effort) => [
    { system: "outlive", at, run: program(effort) },
    { system: "raw, shown", at, run: bareShown(effort) },
    { system: "outlive --data", at, run: program(effort, true) },
    {
      system: "outlive's layers",
      at,
      run: Effect.flatMap(layers.start, ({ pids, sink }) => fire(sink.split(":")[1] ?? "", pids[0] ?? 0, effort))
    },
    { system: "raw", at, run: bare(effort, "") },
    { system: "raw, lines only", at, run: bare(effort, "lines"), once: true }
  ],
  report: (results) => ({
    tables: [
      results.table("Posts a second", "", throughput, brief),
      results.table("Posts a second of CPU time", "", each, brief),
      results.table("CPU a post", "µs", per("cpu", "posts", 1e6), (value) => value.toFixed(2)),
      results.table("The load generator's busy time beside that", "%", busy, (value) => value.toFixed(0))
    ],
    plots: [results.plot("F6: posts a second of CPU time", "a second", "bars", each)],
    verdicts: [
      { goal: "checked and stored, × raw", value: share(results, "outlive's layers", "raw"), least: 0.85 },
      { goal: "shown as well, × raw, shown", value: share(results, "outlive", "raw, shown"), least: 0.85 },
      { goal: "with `--data`, × without", value: share(results, "outlive --data", "outlive"), least: 0.9 }
    ]
  })
}
