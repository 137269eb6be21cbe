/** files: a large file from node to node, beside curl, and what chat lines feel of it. */
import * as Effect from "effect/Effect"
import { BenchFailed, start } from "../Processes.ts"
import { type Cell, type Figures, named, type Results, type Work } from "../Work.ts"

const mib = 1_024
const chatMib = 300

/** A program and its arguments that copies FROM to TO as well, if somebody names one: see `bench/files.ts`. */
const other = process.env["BENCH_COPY"]?.split(" ").filter((word) => word !== "") ?? []

const measured = (...args: ReadonlyArray<string>): Cell["run"] =>
  Effect.gen(function* () {
    const command = { command: process.execPath, args: ["scripts/run.mjs", "bench/files.ts", "one", ...args] }
    const output = yield* Effect.flatMap(start(command), ({ ended }) => ended)
    return yield* Effect.try({
      try: () => JSON.parse(output.trim().split("\n").at(-1) ?? "") as Figures,
      catch: () => new BenchFailed({ detail: `no figures: ${output}` })
    })
  })

const size = "1 GiB"
const among = `five nodes, ${chatMib} MiB each way between two`

export const files: Work = {
  name: "files",
  title: "Files",
  how:
    `A file of ${size} over loopback, from one node to another in a plain chat: fetched, checked and on disk. Beside it, curl from an HTTP server of Node, which neither checks it nor waits for the disk; and what else BENCH_COPY names. ` +
    `Then each of five nodes says 200 lines, one each 25 ms, alone and while two of them send each other ${chatMib} MiB. All on one machine.`,
  remarks:
    "The machine was busy, and has two cores: four threads of outlive share them with the rest, and two of curl's. By `perf` and CPU profiles of who fetches, SHA-256 takes some 0.7 s a GiB, which curl does without, and writing into the page cache 0.5 s (tmpfs) to 2 s (ext4 on this virtual machine), which curl does too; " +
    "the messages between threads take 0.1 s. Of who serves, writing to the socket takes 0.5 s, with what the kernel does at the other end of loopback. Waiting for the disk at the end takes 0.03 s, because each 64 MiB are put there while more comes. " +
    "`node scripts/run.mjs bench/files.ts sparse 20`, at a load of 10: 220 MiB a second, 119 MiB of memory at who serves, 118 at who fetches. A folder of 100,000 files: 132 to 148 and 129 to 135 MiB.",
  cells: () => [
    { system: "outlive", at: size, run: measured("outlive", `${mib}`) },
    { system: "curl", at: size, run: measured("curl", `${mib}`) },
    ...(other[0] === undefined
      ? []
      : [{ system: other[0], at: size, run: measured("other", `${mib}`, ...other), once: true }]),
    { system: "outlive", at: among, run: measured("chat", `${chatMib}`) }
  ],
  report: (results: Results) => {
    const of = (system: string, figure: string, at = size) => results.of(system, at, named(figure))
    const shown = (value: number, digits = 0) => (Number.isNaN(value) ? "" : value.toFixed(digits))
    const systems = results.systems
    const row = (what: string, figure: string) => [what, ...systems.map((system) => shown(of(system, figure)))]
    const chat = (what: string, part: string) => [
      what,
      ...["Alone", "Meanwhile"].map((when) => shown(of("outlive", `${part}${when}`, among), 1))
    ]
    const most = Math.max(of("outlive", "memoryServing"), of("outlive", "memoryFetching"))
    return {
      tables: [
        {
          title: size,
          head: ["", ...systems],
          rows: [
            row("MiB a second", "rate"),
            row("CPU of who serves, ms a GiB", "cpuServing"),
            row("CPU of who fetches, ms a GiB", "cpuFetching"),
            row("memory of who serves, MiB", "memoryServing"),
            row("memory of who fetches, MiB", "memoryFetching")
          ]
        },
        {
          title: `chat lines among ${among}`,
          head: ["", "alone", "meanwhile"],
          rows: [chat("p50, ms", "p50"), chat("p99, ms", "p99")]
        }
      ],
      plots: [],
      verdicts: [
        { goal: `${size}, MiB a second, × curl`, value: of("outlive", "rate") / of("curl", "rate"), least: 0.6 },
        { goal: `${size}, memory of either side, MiB`, value: most, most: 150 },
        {
          goal: `p99 of chat lines, ${among}, × alone`,
          value: of("outlive", "p99Meanwhile", among) / of("outlive", "p99Alone", among),
          most: 1.5
        }
      ]
    }
  }
}
