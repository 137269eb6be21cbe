/** F6: how much one process can receive. */
import * as Effect from "effect/Effect"
import { type Figures, run } from "../Load.ts"
import { type BenchFailed, freePort, listening, pipe, type Started, start } from "../Processes.ts"
import { brief } from "../stats.ts"
import { client, layers, server } from "../systems/outlive.ts"
import { type Cell, type Effort, per, type Work } from "../Work.ts"

const fire = (port: number | string, pid: number, effort: Effort): Effect.Effect<Figures, BenchFailed> =>
  run("fire", {
    to: `outlive:${port}`,
    pids: `${pid}`,
    warm: Math.max(1_000, effort.warm),
    time: effort.quick ? 1_000 : 4_000
  })

/** A real client whose output goes to /dev/null. */
const program = (effort: Effort): Cell["run"] =>
  Effect.gen(function* () {
    const [serverPort, port] = [yield* freePort, yield* freePort]
    yield* server(serverPort)
    const { pid } = yield* client("1", port, serverPort, { stdin: yield* pipe, stdout: "/dev/null" })
    yield* listening(port)
    // Until then it has joined.
    yield* Effect.sleep("500 millis")
    return yield* fire(port, pid, effort)
  })

const raw = (effort: Effort): Cell["run"] =>
  start({ command: process.execPath, args: ["bench/authors/raw-receiver.mjs"], ready: /listening (\d+)/ }).pipe(
    Effect.flatMap(({ pid, said }: Started) => fire(said, pid, effort))
  )

const throughput = per("posts", "seconds")
const each = per("posts", "cpu")

export const F6: Work = {
  name: "F6",
  title: "Receiving: one process, a firehose",
  how:
    "The load generator is a peer that sends posts of 64 bytes of text, about 170 on the wire, as fast as the socket takes " +
    "them. How many the process has taken in, it says itself each second, in its `have`. `raw` parses each post, looks " +
    "whether it is the next, and keeps the last 10,000.",
  remarks:
    "Both look whether each post is due, and store it; `outlive` also turns it into a line and writes that to /dev/null. " +
    "F3 says where a receiver's time goes. How many posts a second that is depends on the machine, even under one name: with the same code but for how far the screen is, the record before " +
    "this one had raw at 532 k, outlive's layers at 292 k and outlive at 239 k, on a machine on which JavaScript was slower and fresh memory was not; an older one had 962 k, 434 k and 304 k. " +
    "A receiver keeps what it takes in, and so has to do with fresh memory where raw does not.",
  cells: (effort) => [
    { system: "outlive", at: "one author", run: program(effort) },
    {
      system: "outlive's layers",
      at: "one author",
      run: Effect.flatMap(layers.start, ({ pids, sink }) => fire(sink.split(":")[1] ?? "", pids[0] ?? 0, effort))
    },
    { system: "raw", at: "one author", run: raw(effort) }
  ],
  report: (results) => ({
    tables: [
      results.table("Posts a second", "", throughput, brief),
      results.table("Posts a second of CPU time", "", each, brief),
      results.table("The load generator's CPU time beside that", "%", per("ownCpu", "cpu", 100), (value) =>
        value.toFixed(0)
      )
    ],
    plots: [results.plot("F6: posts a second of CPU time", "a second", "bars", each)],
    verdicts: [
      {
        goal: "checked and stored, posts a second a core",
        value: results.of("outlive's layers", "one author", each),
        least: 400_000
      },
      { goal: "shown as well, posts a second a core", value: results.of("outlive", "one author", each), least: 400_000 }
    ]
  })
}
