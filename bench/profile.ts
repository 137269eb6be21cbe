/**
 * Shows where the CPU time of a node goes: `npm run profile -- author 5`; `author 100 1` with one line under way;
 * `receiver`; `visitors 1000` while that many join. The program runs under V8's sampling profiler during the load of
 * F1, F6 or F7, including start and warm-up. Each sample counts for the module that ran.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { run } from "./Load.ts"
import { folder, freePort, listening, pipe, start } from "./Processes.ts"
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

const report = (profile: Profile, modules: ReadonlyArray<string>): string => {
  const parts = new Map(profile.nodes.map(({ callFrame, id }) => [id, partOf(callFrame, modules)]))
  const times = new Map<string, number>()
  for (const [at, id] of profile.samples.entries()) {
    const part = parts.get(id) ?? ""
    times.set(part, (times.get(part) ?? 0) + (profile.timeDeltas[at] ?? 0))
  }
  times.delete("(idle)")
  const all = [...times.values()].reduce((sum, each) => sum + each, 0)
  return [...times]
    .map(([part, time]) => [part, (100 * time) / all] as const)
    .filter(([, share]) => share >= 0.5)
    .sort(([, one], [, other]) => other - one)
    .map(([part, share]) => `${share.toFixed(1).padStart(5)} %  ${part}`)
    .join("\n")
}

const [load = "author", readers = "5", window = "64"] = process.argv.slice(2)

const profile = Effect.gen(function* () {
  const into = yield* folder
  const [serverPort, port] = [yield* freePort, yield* freePort]
  const stdin = yield* pipe
  yield* server(serverPort)
  const { ended, pid } = yield* start({
    command: process.execPath,
    args: [
      ...["--cpu-prof", `--cpu-prof-interval=${interval}`, `--cpu-prof-dir=${into}`, program],
      ...["client", "1", "0", `${port}`, "--server", `127.0.0.1:${serverPort}`, "--host", "127.0.0.1"],
      ...withoutLimits
    ],
    stdin,
    stdout: "/dev/null"
  })
  yield* listening(port)
  yield* Effect.sleep("500 millis")
  const pids = `${pid}`
  if (load === "receiver") yield* run("fire", { to: `outlive:${port}`, pids, warm: 1_000, time: 8_000 })
  else if (load === "visitors") yield* run("idle", { to: `outlive:${port}`, pids, count: Number(readers), time: 100 })
  else
    yield* run("talk", {
      feed: `pipe:${stdin}`,
      sink: `outlive:${port}*${readers}`,
      window,
      pids,
      warm: 1_000,
      time: 8_000
    })
  yield* Effect.sync(() => process.kill(pid, "SIGTERM"))
  yield* Effect.exit(ended)
  const [file = ""] = Fs.readdirSync(into).filter((name) => name.endsWith(".cpuprofile"))
  const text = Fs.readFileSync(Path.join(into, file), "utf8")
  console.log(report(JSON.parse(text), modulesOf(Fs.readFileSync(bundle, "utf8"))))
})

NodeRuntime.runMain(Effect.scoped(profile))
