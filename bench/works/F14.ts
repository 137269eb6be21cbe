/** F14: what a node costs that has nothing to do. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type BenchFailed, cpuOf, folder, freePort, pipe, rssOf, sleepsOf, start } from "../Processes.ts"
import { median } from "../stats.ts"
import { isHere } from "../systems/all.ts"
import { ircChannel, irssi, weechat } from "../systems/irc.ts"
import { ngircd } from "../systems/ngircd.ts"
import { client, clientAt, server } from "../systems/outlive.ts"
import { startAtTerminal } from "../Terminals.ts"
import { type Cell, type Figures, named, type Work } from "../Work.ts"

/** By then, what a start leaves to do is done, but for V8: once or twice in half a minute it collects garbage, for 50 ms. */
const settling = "12 seconds"

/** The median of so many spans counts: such a collection is in one of them. */
const spans = 4

const resting = "setInterval(() => {}, 2 ** 30)"
const nodeOnPipe = Effect.flatMap(pipe, (stdin) =>
  start({ command: process.execPath, args: ["-e", `process.stdin.resume()`], stdin })
)
const nodeAtTerminal = startAtTerminal({
  command: process.execPath,
  args: ["-e", `process.stdin.setRawMode(true).resume(); process.stdout.write("> "); ${resting}`],
  ready: /> /
})

/** A chat of three: the server and a client on pipes, and a client at a terminal. */
const chat = Effect.gen(function* () {
  const port = yield* freePort
  const { pid } = yield* server(port, { stdin: yield* pipe })
  const one = yield* client("1", yield* freePort, port, { stdin: yield* pipe })
  const two = yield* startAtTerminal({ ...clientAt("2", port), cwd: yield* folder, ready: /2.*initiated/ })
  return { "outlive, server": pid, "outlive, on a pipe": one.pid, "outlive, at a terminal": two }
})

const nodes = Effect.gen(function* () {
  const { pid } = yield* nodeOnPipe
  return { "bare node, on a pipe": pid, "bare node, at a terminal": yield* nodeAtTerminal }
})

const channel = Effect.map(ircChannel, ({ irssi, weechat }) => ({
  "irssi, at a terminal": irssi,
  "weechat-headless": weechat
}))

type Resting = Effect.Effect<Readonly<Record<string, number>>, BenchFailed, Scope.Scope>

/** What a process has used so far. */
const used = (pid: number) => Effect.all({ cpu: cpuOf(pid), sleeps: sleepsOf(pid), rss: rssOf(pid) })

/** What each process uses in a span of so many ms, while all of them rest beside each other. */
const rest = (all: Resting, millis: number): Cell["run"] =>
  Effect.gen(function* () {
    const pids = Object.entries(yield* all)
    const look = Effect.forEach(pids, ([, pid]) => used(pid))
    yield* Effect.sleep(settling)
    const looks = [yield* look]
    for (let span = 0; span < spans; span += 1) {
      yield* Effect.sleep(millis)
      looks.push(yield* look)
    }
    const figures = pids.map(([name], at) => {
      const own = looks.flatMap((each) => each[at] ?? [])
      const inSpans = (of: "cpu" | "sleeps") =>
        median(own.slice(1).map((each, span) => ((each[of] - (own[span]?.[of] ?? Number.NaN)) * 1_000) / millis))
      return [
        [`${name}: % of a core`, 100 * inSpans("cpu")],
        [`${name}: wake-ups`, inSpans("sleeps")],
        [`${name}: MiB`, (own.at(-1)?.rss ?? Number.NaN) / 2 ** 20]
      ]
    })
    return Object.fromEntries(figures.flat()) as Figures
  })

const at = "at rest"
const ours = ["outlive, on a pipe", "outlive, at a terminal"] as const
const bare = { "outlive, on a pipe": "bare node, on a pipe", "outlive, at a terminal": "bare node, at a terminal" }

/** Which process is measured with which others, in the order of the table. */
const processes = [
  ...[...ours, "outlive, server"].map((name) => ["outlive", name] as const),
  ...Object.values(bare).map((name) => ["bare node", name] as const),
  ...["irssi, at a terminal", "weechat-headless"].map((name) => ["IRC", name] as const)
]

export const F14: Work = {
  name: "F14",
  title: "At rest",
  how:
    "A chat of three in which nobody says anything: a server and a client on pipes, and a client at a terminal. Beside it, a bare Node that waits for its stdin; and irssi and " +
    "weechat-headless, with a third client in a channel of ngIRCd. CPU time and wake-ups (voluntary context switches) are those of all threads, the median of four spans of 4 s, from 12 s after all have joined. " +
    "ssh-chat is not among them: Debian does not have it.",
  remarks:
    "What wakes an idle node are the pings of its links, one each few seconds. The rest was not traced. At a terminal the status row and the modules of the line editor come on top.",
  cells: ({ quick }) => {
    const millis = quick ? 1_000 : 4_000
    return [
      { system: "outlive", at, run: rest(chat, millis) },
      { system: "bare node", at, run: rest(nodes, millis) },
      ...([irssi, weechat, ngircd].every(isHere) ? [{ system: "IRC", at, run: rest(channel, millis), once: true }] : [])
    ]
  },
  report: (results) => {
    const of = (name: string, what: string) => {
      const system = processes.find(([, each]) => each === name)?.[0] ?? ""
      return results.of(system, at, named(`${name}: ${what}`))
    }
    const measured = processes.filter(([, name]) => Number.isFinite(of(name, "MiB")))
    return {
      tables: [
        {
          title: "A process that has nothing to do",
          head: ["", "% of a core", "wake-ups a second", "resident, MiB"],
          rows: measured.map(([, name]) => [
            name,
            of(name, "% of a core").toFixed(3),
            of(name, "wake-ups").toFixed(1),
            of(name, "MiB").toFixed(0)
          ])
        }
      ],
      plots: [],
      verdicts: ours.flatMap((name) => [
        { goal: `${name}, % of a core`, value: of(name, "% of a core"), most: 0.1 },
        { goal: `${name}, wake-ups a second`, value: of(name, "wake-ups"), most: 2 },
        { goal: `${name}, MiB over bare node`, value: of(name, "MiB") - of(bare[name], "MiB"), most: 20 }
      ])
    }
  }
}
