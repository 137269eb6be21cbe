/**
 * The soak: a server and its clients as real processes, which are killed, frozen and cut off while all of them talk.
 * `npm run soak -- --lines 1000000 --kills 200 --clients 10 --seed S`; Checker.ts has the rules. Client 1 is frozen but
 * never killed: its memory is that of a run from beginning to end.
 */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { PCGRandom } from "effect/Utils"
import { runAsProgram } from "../support/program.ts"
import { type Author, Checker, type Reader } from "./Checker.ts"
import { type Command, connectionTable, freePorts, Run, strike, workshop } from "./Node.ts"
import * as Proxy from "./Proxy.ts"

const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "1000000" },
    kills: { type: "string", default: "200" },
    clients: { type: "string", default: "10" },
    seed: { type: "string", default: `${Date.now() % 1_000_000}` },
    /** Lines a second, all together, at most: see `mostLag`. */
    pace: { type: "string", default: "1500" },
    /** Without data folders, even if the program can have some. */
    forget: { type: "boolean", default: false },
    /** Keeps the folders, with all notices in them. */
    keep: { type: "boolean", default: false }
  }
})
const lines = Number(values.lines)
const kills = Number(values.kills)
const clients = Number(values.clients)
const seed = Number(values.seed)
const pace = Number(values.pace)

const random = new PCGRandom(seed)
const between = (least: number, most: number) => least + random.number() * (most - least)
const oneOf = <A>(all: ReadonlyArray<A>): A | undefined => all[random.integer(all.length)]

/** How often lines are typed, in milliseconds. */
const beat = 25
/** A node that does not come up within this time never will, in milliseconds. */
const comingUp = 60_000
/**
 * Nobody types while a node is so far behind, in lines, be it away, or back, or slow: the pace is what the machine can carry,
 * and no outage outlasts what a log keeps, 7,500 entries at least.
 */
const mostLag = 4_000
/** If that lasts, something is stuck, in milliseconds. */
const mostStall = 120_000
/** What is still under way at the end comes within this time, in milliseconds. */
const settling = 120_000
/** So many nodes are away at a time at most. */
const mostAway = 3
/** How long a node is frozen, in milliseconds: some are taken for dead meanwhile. */
const freezes = [500, 4_500] as const
/** Memory may differ by so much between an early and the last third, before it counts as growing. */
const growth = { factor: 1.25, bytes: 24 * 1024 * 1024 }

const weathers: ReadonlyArray<readonly [name: string, weather: Proxy.Weather]> = [
  ["late", { ...Proxy.fair, latency: [5, 60] }],
  ["narrow", { ...Proxy.fair, bytesPerSecond: 200_000 }],
  ["in pieces", { latency: [0, 5], bytesPerSecond: Number.POSITIVE_INFINITY, slices: 0.25 }]
]

class Node {
  readonly id: string
  readonly command: Command
  readonly listen: number
  proxy: Proxy.Proxy | undefined
  run!: Run
  runs = 0
  author!: Author
  reader!: Reader
  /** Up, and neither frozen nor about to be killed. */
  well = false
  awake = false
  upSince = 0
  /** How many lines had been said, by all, when it was no longer well. */
  leftAt = 0
  readonly rss: Array<readonly [at: number, age: number, bytes: number]> = []

  constructor(id: string, listen: number, command: Command) {
    this.id = id
    this.listen = listen
    this.command = command
  }

  get isServer(): boolean {
    return this.id === "Server"
  }
}

const sleep = (ms: number) => Effect.sleep(ms)

const median = (numbers: ReadonlyArray<number>): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0
const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`

const soak = Effect.gen(function* () {
  const { folder, program } = yield* workshop
  yield* Effect.addFinalizer(() => strike)
  if (values.keep) console.log(`folders in ${folder}-kept`)
  yield* Effect.addFinalizer(() =>
    Effect.sync(
      () =>
        values.keep &&
        Fs.cpSync(folder, `${folder}-kept`, { recursive: true, filter: (path) => !path.endsWith(".lock") })
    )
  )
  const help = spawnSync(process.execPath, [program, "client", "--help"], { encoding: "utf8" }).stdout
  const withData = !values.forget && /--data\b/.test(help)
  const checker = new Checker(withData)
  const begun = Date.now()
  /** Something is so wrong that going on would tell nothing. */
  let stuck = false
  const unexpected = { missed: 0, skipped: 0, away: 0 }
  const events = { kills: 0, freezes: 0, resets: 0, gales: 0 }

  // ---- The cast

  const ports = yield* freePorts(2 * clients + 1)
  const [serverPort = 0, ...others] = ports
  const folderOf = (id: string) => {
    const own = Path.join(folder, id)
    Fs.mkdirSync(own)
    return own
  }
  const data = withData ? ["--data", "data"] : []
  const server = new Node("Server", serverPort, {
    args: ["server", "--port", `${serverPort}`, ...data],
    folder: folderOf("Server")
  })
  const nodes = [server]
  for (let i = 0; i < clients; i += 1) {
    const id = `${i + 1}`
    const weather = i === 0 ? undefined : weathers[i - 1]
    const proxy = weather && (yield* Proxy.make(serverPort, weather[1], seed + i))
    const port1 = others[2 * i] ?? 0
    const port2 = others[2 * i + 1] ?? 0
    const node = new Node(id, port2, {
      args: ["client", id, `${port1}`, `${port2}`, "--server", `localhost:${proxy?.port ?? serverPort}`, ...data],
      folder: folderOf(id)
    })
    node.proxy = proxy
    nodes.push(node)
  }

  const start = (node: Node): Effect.Effect<void> =>
    Effect.gen(function* () {
      node.runs += 1
      const { author, reader } = checker.begins(node.id, node.runs)
      const notices = Fs.createWriteStream(Path.join(node.command.folder, `notices.${node.runs}`))
      const alone = nodes.every((other) => other === node || !other.awake)
      let up = false
      const cameUp = () => {
        if (up) return
        up = true
        checker.cameUp(reader)
      }
      const run: Run = new Run(program, node.command, {
        out: (line) => {
          if (checker.shows(reader, line)) return
          notices.write(`${Date.now() - begun} ${line}\n`)
          if (/^Client \S+: (initiated|reconnected)$|^Server: (initiated|terminated\.)$/.test(line)) {
            if (node.isServer || line === `Client ${node.id}: initiated`) cameUp()
          } else checker.offend("other", `${reader.name} shows “${line}”`)
        },
        err: (line) => {
          notices.write(`${Date.now() - begun} ${line}\n`)
          if (node.isServer && alone && line.startsWith("* The server listens")) cameUp()
          if (line.includes("no longer available")) unexpected.missed += 1
          if (line.includes("came too fast")) unexpected.skipped += 1
          if (!line.startsWith("* ")) checker.offend("other", `${reader.name} says on stderr “${line}”`)
        },
        ended: (how) => {
          notices.end()
          if (node.run === run && node.awake) {
            node.awake = node.well = false
            checker.ends(author, reader)
            checker.offend("other", `${reader.name} has ended by itself: ${how}`)
            stuck = true
          }
        }
      })
      node.run = run
      node.author = author
      node.reader = reader
      node.awake = true
      const since = Date.now()
      while (!up && run.ending === undefined && Date.now() - since < comingUp) yield* sleep(10)
      if (!up && run.ending === undefined)
        checker.offend("other", `${reader.name} has not come up within ${comingUp} ms`)
      node.upSince = Date.now()
      node.well = up && node.awake
    })

  // ---- What befalls it

  const kill = (node: Node) =>
    Effect.gen(function* () {
      events.kills += 1
      node.leftAt = checker.said
      node.well = false
      node.awake = false
      const { author, reader, run } = node
      author.lives(Date.now())
      run.gets("SIGKILL")
      while (run.ending === undefined) yield* sleep(5)
      checker.ends(author, reader)
      yield* sleep(between(50, 1_000))
      yield* start(node)
    })

  const freeze = (node: Node) =>
    Effect.gen(function* () {
      events.freezes += 1
      node.leftAt = checker.said
      node.well = false
      node.author.lives(Date.now())
      node.run.gets("SIGSTOP")
      yield* sleep(between(...freezes))
      node.run.gets("SIGCONT")
      node.author.slept(Date.now())
      node.upSince = Date.now()
      node.well = node.awake
    })

  const gale = (proxy: Proxy.Proxy) =>
    Effect.gen(function* () {
      if (random.number() < 0.5) {
        events.resets += yield* proxy.reset
      } else {
        events.gales += 1
        yield* proxy.freeze
        yield* sleep(between(500, 4_000))
        yield* proxy.thaw
      }
    })

  const lagOf = (node: Node) => (node.well ? checker.lag(node.reader) : checker.said - node.leftAt)
  const away = () => nodes.filter(({ well }) => !well).length
  const victim = (all: ReadonlyArray<Node>) =>
    away() < mostAway ? oneOf(all.filter(({ upSince, well }) => well && Date.now() - upSince > 1_500)) : undefined

  // ---- The play

  yield* start(server)
  for (const node of nodes.slice(1)) yield* start(node)
  console.log(
    `soak: ${lines} lines, ${kills} kills, ${clients} clients, seed ${seed}, ${pace} lines a second, ${withData ? "with" : "without"} data folders; up after ${Date.now() - begun} ms`
  )

  const talkBegun = Date.now()
  let owed = 0
  let before = Date.now()
  let stalledSince = 0
  let stalled = 0
  let nextTale = talkBegun + 5_000
  let nextSample = talkBegun
  let lastTold = 0
  const after = (count: number, of: number) => lines * ((count + 0.5) / (of + 0.5))

  const sample = (now: number) => {
    for (const node of nodes) if (node.well) node.rss.push([now, now - node.run.begun, node.run.rss])
  }
  const tell = (now: number) => {
    const rss = nodes.map(({ run }) => run.rss)
    console.log(
      `${Math.round((now - begun) / 1000)} s: ${checker.said} said (${Math.round(((checker.said - lastTold) * 1000) / (now - nextTale + 5_000))}/s), ${checker.shown} shown, ${events.kills} kills, ${events.freezes} freezes, ${away()} away, memory ${mib(Math.max(...rss))} at most, ${checker.violations} violations`
    )
    lastTold = checker.said
  }

  while (checker.said < lines && !stuck) {
    yield* sleep(beat)
    const now = Date.now()
    if (now >= nextTale) {
      tell(now)
      nextTale = now + 5_000
    }
    if (now >= nextSample) {
      sample(now)
      nextSample = now + 1_000
    }
    const healthy = nodes.filter((node) => node.well)
    for (const { author } of healthy) author.lives(now)
    const behind = nodes.find((node) => lagOf(node) > mostLag)
    if (behind !== undefined) {
      stalledSince ||= now
      if (now - stalledSince > mostStall) {
        checker.offend("other", `${behind.reader.name} is stuck: ${lagOf(behind)} lines behind`)
        stuck = true
      }
      stalled += now - before
      before = now
      continue
    }
    stalledSince = 0
    owed = Math.min(owed + ((now - before) * pace) / 1000, pace)
    before = now
    const share = Math.floor(owed / Math.max(1, healthy.length))
    for (const node of healthy) {
      const count = Math.min(share, lines - checker.said)
      let text = ""
      for (let i = 0; i < count; i += 1) {
        const answered = i === 0 && random.number() < 0.3 ? node.reader.latest : ""
        text += `${checker.nextLine(node.author, answered, now)}\n`
      }
      owed -= count
      if (text !== "") node.run.types(text)
    }
    if (checker.said >= after(events.kills, kills) && events.kills < kills) {
      const node = victim(nodes.filter(({ id }) => id !== "1"))
      if (node !== undefined) yield* Effect.fork(kill(node))
    }
    if (checker.said >= after(events.freezes, kills / 2) && events.freezes < kills / 2) {
      const node = victim(nodes)
      if (node !== undefined) yield* Effect.fork(freeze(node))
    }
    if (checker.said >= after(events.resets + events.gales, kills / 2)) {
      const proxy = oneOf(nodes.flatMap((node) => node.proxy ?? []))
      if (proxy !== undefined) yield* Effect.fork(gale(proxy))
    }
  }

  // ---- The end: everyone is back, everything has come, one link a pair

  const waitFor = (what: string, limit: number, offences: () => ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const since = Date.now()
      let found = offences()
      while (found.length > 0 && Date.now() - since < limit) {
        yield* sleep(100)
        found = offences()
      }
      for (const offence of found) checker.offend("other", offence)
      console.log(`${what}: after ${Date.now() - since} ms`)
    })
  const linkOffences = (): ReadonlyArray<string> => {
    const table = connectionTable()
    const ends = new Map(nodes.map((node) => [node, node.run.connections(table)]))
    const pairs = (one: Node, other: Node) =>
      (ends.get(one) ?? []).filter(({ local, remote }) =>
        (ends.get(other) ?? []).some((end) => end.local === remote && end.remote === local)
      ).length +
      (one.isServer ? (ends.get(other) ?? []).filter(({ remote }) => remote === other.proxy?.port).length : 0)
    return nodes.flatMap((one, index) =>
      nodes.slice(index + 1).flatMap((other) => {
        const count = pairs(one, other)
        return count === 1 ? [] : [`${count} links between ${one.reader.name} and ${other.reader.name}`]
      })
    )
  }

  const talked = Date.now() - talkBegun
  yield* waitFor("everyone is there", comingUp, () =>
    nodes.filter(({ well }) => !well).map(({ id }) => `${id} is away`)
  )
  for (const { author, run } of nodes) run.types(`${checker.nextLine(author, "", Date.now())}\n`)
  const since = Date.now()
  let missing = checker.missing()
  while (missing.length > 0 && !stuck && Date.now() - since < settling) {
    yield* sleep(200)
    missing = checker.missing()
  }
  console.log(
    `everything is on every screen: after ${Date.now() - since} ms${missing.length > 0 ? ", but for what is listed" : ""}`
  )
  // Where everything has stopped, nothing is lost that could still come.
  for (const { count, what } of stuck ? [] : missing) checker.offend("lost", what, count)
  yield* waitFor("one link a pair", 20_000, linkOffences)
  yield* sleep(1_000)
  sample(Date.now())
  tell(Date.now())

  // ---- Memory: of processes that are long enough up to have filled their logs

  const settled = 10_000
  const memoryOf = (node: Node) => {
    const samples = node.rss.filter(([, age]) => age > settled)
    const span = Date.now() - talkBegun
    const third = (n: number) =>
      samples
        .filter(([at]) => at - talkBegun >= (span * n) / 6 && at - talkBegun < (span * (n + 2)) / 6)
        .map(([, , bytes]) => bytes)
    return [median(third(1)), median(third(4)), Math.max(0, ...node.rss.map(([, , bytes]) => bytes))] as const
  }
  for (const node of nodes) {
    const [early, late] = memoryOf(node)
    if (early > 0 && late > early * growth.factor + growth.bytes) {
      checker.offend("other", `the memory of ${node.id} grew from ${mib(early)} to ${mib(late)}`)
    }
  }

  // ---- Curtain

  for (const node of [...nodes.slice(1), server]) {
    node.awake = false
    node.run.types("Exit\n")
  }
  const exitSince = Date.now()
  while (nodes.some(({ run }) => run.ending === undefined) && Date.now() - exitSince < 15_000) yield* sleep(50)
  for (const { id, run } of nodes) {
    if (run.ending !== 0) checker.offend("other", `${id} was told to leave, and ended with ${run.ending ?? "nothing"}`)
  }

  const row = (...cells: ReadonlyArray<string | number>) =>
    console.log(cells.map((cell, index) => `${cell}`.padEnd(index === 0 ? 24 : 12)).join(""))
  console.log("")
  row("node", "runs", "shown", "MiB early", "late", "most")
  for (const node of nodes) {
    const shown = [...checker.readers.values()]
      .filter(({ id }) => id === node.id)
      .reduce((sum, one) => sum + one.shown, 0)
    row(
      `${node.id}${node.proxy === undefined ? "" : ` (${weathers[nodes.indexOf(node) - 2]?.[0]})`}`,
      node.runs,
      shown,
      ...memoryOf(node).map((bytes) => (bytes === 0 ? "-" : Math.round(bytes / 1024 / 1024)))
    )
  }
  console.log("")
  row("lines said", checker.said)
  row("lines shown", checker.shown)
  row("answers among them", checker.answers)
  row("kills", events.kills)
  row("freezes", events.freezes)
  row("proxies' resets", events.resets)
  row("proxies' freezes", events.gales)
  row("seconds", Math.round((Date.now() - begun) / 1000))
  row("lines a second", Math.round((checker.said * 1000) / talked))
  row("stalled for, in s", Math.round(stalled / 1000))
  row("notices of lines gone", unexpected.missed + unexpected.skipped)
  for (const [kind, count] of Object.entries(checker.counts)) row(kind, count)
  for (const offence of checker.offences) console.log(`! ${offence}`)
  if (checker.violations > 0) console.log(`! seed ${seed}`)
  return checker.violations === 0
}).pipe(Effect.scoped)

runAsProgram(soak)
