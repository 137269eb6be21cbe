/**
 * Shows where the CPU time of a node goes: `npm run profile -- author 5`; `author 100 1` with one line under way;
 * `receiver`; `visitors 1000` while that many join. The program runs under V8's sampling profiler during the load of
 * F1, F6 or F7, including start and warm-up. Each sample counts for the module that ran. `pauses 100 1500`: the load of
 * F4, and where the node was while lines came later than 1,500 µs; `pauses-raw 100 1500` the same of raw tuned.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { type Figures, run, type Settings } from "./Load.ts"
import { BenchFailed, folder, freePort, listening, pipe, start } from "./Processes.ts"
import { server, withoutLimits } from "./systems/outlive.ts"

/** The launcher, and the bundle that it starts: run directly, the bundle is only a function that nobody calls. */
const program = "dist/outlive.cjs"
const bundle = "dist/outlive.bundle.cjs"

/** The sampling interval, in µs. */
const interval = 200

interface Profile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }>
  /** In µs of the monotonic clock, as the samples' distances are. */
  readonly startTime: number
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

/** The module of each line of the bundle, which names each module above its code. */
const modulesOf = (text: string): ReadonlyArray<string> => {
  let current = ""
  return text.split("\n").map((line) => {
    current = /^\/\/ (\S+\.[cm]?[jt]s)$/.exec(line)?.[1] ?? current
    return current
  })
}

/** The name under which a sample counts. */
const partOf = (
  { functionName, lineNumber, url }: Profile["nodes"][number]["callFrame"],
  modules: ReadonlyArray<string>
): string => {
  if (functionName === "(garbage collector)") return "collecting garbage"
  if (functionName === "(idle)" || functionName === "(program)") return functionName
  if (/^write.*(Buffer|String)$/.test(functionName)) return "writes: the kernel"
  if (!url.endsWith(Path.basename(bundle))) return "Node"
  const module = modules[lineNumber] ?? ""
  if (!module.includes("node_modules")) return module
  return /\/effect\/.*(channel|stream|Channel|Stream)/.test(module)
    ? "Effect's Streams"
    : "Effect's fibers and the rest"
}

/** A span of time, in ns of the monotonic clock. */
interface Span {
  readonly from: number
  readonly to: number
}

/**
 * A span in which lines came late: how long the author's main thread ran and waited for a core, and how long the load
 * generator itself waited for one; in ns.
 */
interface Stall extends Span {
  readonly ran: number
  readonly waited: number
  readonly away: number
}

/** The times of the parts in these spans, or in all; in µs. */
const timesOf = (
  profile: Profile,
  modules: ReadonlyArray<string>,
  within?: ReadonlyArray<Span>
): ReadonlyMap<string, number> => {
  const parts = new Map(profile.nodes.map(({ callFrame, id }) => [id, partOf(callFrame, modules)]))
  const times = new Map<string, number>()
  let at = profile.startTime
  for (const [index, id] of profile.samples.entries()) {
    const took = profile.timeDeltas[index] ?? 0
    at += took
    if (within?.some(({ from, to }) => from <= at * 1e3 && at * 1e3 <= to) === false) continue
    const part = parts.get(id) ?? ""
    times.set(part, (times.get(part) ?? 0) + took)
  }
  return times
}

const sharesOf = (times: ReadonlyMap<string, number>): string => {
  const all = [...times.values()].reduce((sum, each) => sum + each, 0)
  return [...times]
    .map(([part, time]) => [part, (100 * time) / all] as const)
    .filter(([, share]) => share >= 0.5)
    .sort(([, one], [, other]) => other - one)
    .map(([part, share]) => `${share.toFixed(1).padStart(5)} %  ${part}`)
    .join("\n")
}

const report = (profile: Profile, modules: ReadonlyArray<string>): string => {
  const times = new Map(timesOf(profile, modules))
  times.delete("(idle)")
  return sharesOf(times)
}

/** How many of the longest stalls are told of. */
const longest = 12

/** Where the author was while lines came late. What the machine's scheduler did is no fault of the author's. */
const pausesReport = (profile: Profile, modules: ReadonlyArray<string>, stalls: ReadonlyArray<Stall>): string => {
  const millis = (nanos: number) => (nanos / 1e6).toFixed(1)
  const lasted = ({ from, to }: Span) => to - from
  const isOfTheMachine = (stall: Stall) => stall.away + stall.waited > lasted(stall) / 3
  const told = (name: string, some: ReadonlyArray<Stall>) => {
    const sum = (of: (stall: Stall) => number) => millis(some.reduce((total, stall) => total + of(stall), 0))
    return `${name}: ${some.length}, ${sum(lasted)} ms in all; the author ran ${sum(({ ran }) => ran)} and waited for a core ${sum(({ waited }) => waited)}, the load generator waited for one ${sum(({ away }) => away)}`
  }
  const line = (stall: Stall) => {
    const parts = [...timesOf(profile, modules, [stall])].sort(([, one], [, other]) => other - one).slice(0, 3)
    return `  ${millis(lasted(stall))} ms, ran ${millis(stall.ran)}: ${parts.map(([part, time]) => `${part} ${millis(time * 1e3)}`).join(", ")}`
  }
  const ours = stalls.filter((stall) => !isOfTheMachine(stall))
  return [
    told("Spans in which lines came late since somebody had no core", stalls.filter(isOfTheMachine)),
    told("Other spans in which lines came late", ours),
    ...ours
      .toSorted((one, other) => lasted(other) - lasted(one))
      .slice(0, longest)
      .map(line),
    "Where the main thread was in these:",
    sharesOf(timesOf(profile, modules, ours)),
    "And in the whole run:",
    sharesOf(timesOf(profile, modules))
  ].join("\n")
}

const [load = "author", readers = "5", third] = process.argv.slice(2)

interface Profiled {
  readonly feed: string
  readonly sink: string
  readonly pid: number
  readonly ended: Effect.Effect<unknown, BenchFailed>
}

const profiling = (into: string) => ["--cpu-prof", `--cpu-prof-interval=${interval}`, `--cpu-prof-dir=${into}`]

/** A client whose server has introduced it and is gone. */
const outliveIn = (into: string) =>
  Effect.gen(function* () {
    const [serverPort, port] = [yield* freePort, yield* freePort]
    const stdin = yield* pipe
    const scope = yield* Effect.scope
    const client = start({
      command: process.execPath,
      args: [
        ...profiling(into),
        program,
        ...["client", "1", "0", `${port}`, "--server", `127.0.0.1:${serverPort}`, "--host", "127.0.0.1"],
        ...withoutLimits
      ],
      stdin,
      stdout: "/dev/null"
    })
    const { ended, pid } = yield* Effect.scoped(
      Effect.gen(function* () {
        yield* server(serverPort)
        const started = yield* Scope.extend(client, scope)
        yield* listening(port)
        yield* Effect.sleep("500 millis")
        return started
      })
    )
    return { feed: `pipe:${stdin}`, sink: `outlive:${port}`, pid, ended } satisfies Profiled
  })

/** The profile is written at the end of a process that ends by itself. */
const leaving = `data:text/javascript,process.on("SIGTERM", () => process.exit())`

const rawIn = (into: string) =>
  Effect.gen(function* () {
    const stdin = yield* pipe
    const { ended, pid, said } = yield* start({
      command: process.execPath,
      args: [...profiling(into), "--import", leaving, "bench/authors/raw-tuned.mjs"],
      stdin,
      ready: /listening (\d+)/
    })
    return { feed: `pipe:${stdin}`, sink: `raw:${said}`, pid, ended } satisfies Profiled
  })

const talks = ({ feed, pid, sink }: Profiled, settings: Settings) =>
  run("talk", { feed, sink: `${sink}*${readers}`, pids: `${pid}`, spin: 1, warm: 2_500, time: 8_000, ...settings })

const loads: Readonly<
  Record<string, (author: Profiled, into: string) => Effect.Effect<Figures, BenchFailed, Scope.Scope>>
> = {
  author: (author) => talks(author, { window: third ?? 64 }),
  receiver: ({ pid, sink }) => run("fire", { to: sink, pids: `${pid}`, warm: 1_000, time: 8_000 }),
  visitors: ({ pid, sink }) => run("idle", { to: sink, pids: `${pid}`, count: Number(readers), time: 100 }),
  pauses: (author, into) => talks(author, { rate: 1_000, slow: third ?? 1_000, stalls: `${into}/stalls` })
}

const profile = Effect.gen(function* () {
  const into = yield* folder
  const [kind = "", bare] = load.split("-")
  const author = yield* (bare === "raw" ? rawIn : outliveIn)(into)
  const figures = yield* loads[kind]?.(author, into) ?? new BenchFailed({ detail: `no such load: ${load}` })
  yield* Effect.sync(() => process.kill(author.pid, "SIGTERM"))
  yield* Effect.exit(author.ended)
  const [file = ""] = Fs.readdirSync(into).filter((name) => name.endsWith(".cpuprofile"))
  const profile: Profile = JSON.parse(Fs.readFileSync(Path.join(into, file), "utf8"))
  const modules = modulesOf(Fs.readFileSync(bundle, "utf8"))
  if (kind !== "pauses") return console.log(report(profile, modules))
  const stalls: ReadonlyArray<Stall> = Fs.readFileSync(`${into}/stalls`, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
  console.log(`p50 ${figures["p50"]} µs, p99 ${figures["p99"]} µs, longest ${figures["max"]} µs`)
  console.log(pausesReport(profile, modules, stalls))
})

NodeRuntime.runMain(Effect.scoped(profile))
