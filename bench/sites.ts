/**
 * A line from site to site, beside the same over plain NATS and over JetStream alone, in turns in one run:
 * `node scripts/run.mjs bench/sites.ts [--rounds 3] [--seconds 5] [--pace 100] [--sites 2]`. Real processes on loopback:
 * a server for each site, two clients at the first, one at each other. Needs nats-server and a built dist/.
 * `--program PATH` measures another build, and may be given several times: they take turns. `--crowd` measures the work
 * `sites` of `npm run bench` for each of them instead.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { createInterface } from "node:readline"
import { parseArgs } from "node:util"
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { natsServer } from "../test/support/natsServer.ts"
import { measure } from "./works/sites.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    pace: { type: "string", default: "100" },
    sites: { type: "string", default: "2" },
    crowd: { type: "boolean", default: false },
    program: { type: "string", multiple: true, default: ["dist/outlive.cjs"] }
  }
})
const [rounds, seconds, pace] = [Number(values.rounds), Number(values.seconds), Number(values.pace)]
const names = ["east", "west", "north", "south", "centre"].slice(0, Number(values.sites))

const sleep = (millis: number) => new Promise<void>((resume) => setTimeout(resume, millis))

/** How long what was sent was under way, in ms. */
class Latencies {
  readonly #all: Array<number> = []

  /** `text`: ends with when it was sent. */
  arrived(text: string): void {
    const sent = Number(/@([\d.]+)$/.exec(text)?.[1])
    if (Number.isFinite(sent)) this.#all.push(performance.now() - sent)
  }

  at(quantile: number): number {
    const sorted = this.#all.toSorted((one, other) => one - other)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? Number.NaN
  }

  get count(): number {
    return this.#all.length
  }

  toString(): string {
    return `p50 ${this.at(0.5).toFixed(2)} ms, p99 ${this.at(0.99).toFixed(2)} ms, of ${this.count}`
  }
}

/** Sends at a steady pace for so long. What is late is sent at once. */
const atPace = async (send: (text: string) => void): Promise<void> => {
  const begun = performance.now()
  for (let sent = 0; sent < pace * seconds; ) {
    const due = Math.min(pace * seconds, Math.floor(((performance.now() - begun) / 1_000) * pace))
    for (; sent < due; sent += 1)
      send(`a line of some sixty-four letters, as people say it ${sent} @${performance.now()}`)
    await sleep(1)
  }
  await sleep(500)
}

const plain = async (url: string): Promise<Latencies> => {
  const [from, to] = [await connect({ servers: url }), await connect({ servers: url })]
  const latencies = new Latencies()
  to.subscribe("plain", { callback: (_, message) => latencies.arrived(message.string()) })
  await to.flush()
  await atPace((text) => from.publish("plain", text))
  await Promise.all([from.close(), to.close()])
  return latencies
}

const stored = async (url: string): Promise<Latencies> => {
  const [from, to] = [await connect({ servers: url }), await connect({ servers: url })]
  const manager = await jetstreamManager(to)
  await manager.streams.add({ name: "alone", subjects: ["alone"], storage: StorageType.File })
  const consumer = await jetstream(to).consumers.get("alone")
  const messages = await consumer.consume({ callback: (message) => latencies.arrived(message.string()) })
  const latencies = new Latencies()
  const publisher = jetstream(from)
  await atPace((text) => void publisher.publish("alone", text))
  await messages.close()
  await manager.streams.delete("alone")
  await Promise.all([from.close(), to.close()])
  return latencies
}

// ---- outlive

const freePort = (): Promise<number> =>
  new Promise((resume) => {
    const server = Net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as Net.AddressInfo
      server.close(() => resume(port))
    })
  })

class Node {
  readonly child: ChildProcessWithoutNullStreams
  readonly #seen: Array<string> = []
  onLine: (line: string) => void = () => {}

  constructor(program: string, ...args: ReadonlyArray<string>) {
    this.child = spawn(process.execPath, [Path.resolve(program), ...args], { stdio: "pipe" })
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.#seen.push(line)
      this.onLine(line)
    })
    this.child.stderr.resume()
  }

  say(line: string): void {
    this.child.stdin.write(`${line}\n`)
  }

  async sees(pattern: RegExp): Promise<void> {
    for (let waited = 0; waited < 20_000; waited += 20) {
      if (this.#seen.some((line) => pattern.test(line))) return
      await sleep(20)
    }
    throw new Error(`never seen: ${pattern}; but ${this.#seen.join(" / ")}`)
  }

  /** Its CPU time so far, in ms: fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms. */
  get cpu(): number {
    const fields = Fs.readFileSync(`/proc/${this.child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10
  }
}

/** What goes through NATS on the subjects of outlive. */
const counter = async (url: string) => {
  const connection = await connect({ servers: url })
  let [count, bytes] = [0, 0]
  connection.subscribe("outlive.>", {
    callback: (_, { data }) => {
      count += 1
      bytes += data.length
    }
  })
  await connection.flush()
  return { connection, read: () => ({ count, bytes }) }
}

/** Runs something with nodes of that program and a folder, which are gone afterwards. */
const onStage = async <A>(
  program: string,
  use: (start: (...args: ReadonlyArray<string>) => Node, folder: string) => Promise<A>
): Promise<A> => {
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-sites-"))
  const nodes: Array<Node> = []
  const start = (...args: ReadonlyArray<string>) => {
    const node = new Node(program, ...args)
    nodes.push(node)
    return node
  }
  try {
    return await use(start, folder)
  } finally {
    for (const { child } of nodes) child.kill("SIGKILL")
    Fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** A server for each site, once they have found each other. `chat`: a new one each time. */
const serversOf = async (start: (...args: ReadonlyArray<string>) => Node, folder: string, url: string) => {
  const ports = await Promise.all(names.map(freePort))
  const chat = Path.basename(folder).slice(-6)
  const servers = names.map((name, at) => {
    const own = ["--port", `${ports[at]}`, "--ports", Path.join(folder, name), "--site", name]
    return start("server", ...own, "--nats", url, "--nats-chat", chat)
  })
  for (const [at, name] of names.entries()) if (at > 0) await servers[0]?.sees(new RegExp(`^Server ${name}: initiated`))
  return { ports, servers }
}

/** The CPU time of each server since then, in µs a line. */
const used = (servers: ReadonlyArray<Node>, before: ReadonlyArray<number>, lines: number): string =>
  servers.map((server, at) => (((server.cpu - (before[at] ?? 0)) * 1_000) / lines).toFixed(0)).join(", ")

const outlive = (url: string, program: string) =>
  onStage(program, async (start, folder) => {
    const { ports, servers } = await serversOf(start, folder, url)
    const client = (id: string, at: number) => start("client", id, "0", "0", "--server", `localhost:${ports[at]}`)
    const [anna, bo] = [client("anna", 0), client("bo", 0)]
    await bo.sees(/^Client anna: initiated/)
    const others = names.slice(1).map((name, at) => client(`from-${name}`, at + 1))
    for (const other of others) await anna.sees(new RegExp(`^Client from-${names[others.indexOf(other) + 1]}`))
    const heard = await counter(url)
    await sleep(2_000)
    const before = heard.read()
    await sleep(5_000)
    const idle = (heard.read().count - before.count) / 5
    const [near, far] = [new Latencies(), new Latencies()]
    bo.onLine = (line) => near.arrived(line)
    for (const other of others) other.onLine = (line) => far.arrived(line)
    const cpu = servers.map((server) => server.cpu)
    const quiet = heard.read()
    await atPace((text) => anna.say(text))
    const talk = heard.read()
    await heard.connection.close()
    const lines = pace * seconds
    return {
      near,
      far,
      used: used(servers, cpu, lines),
      idle,
      messages: (talk.count - quiet.count) / lines,
      bytes: (talk.bytes - quiet.bytes) / lines
    }
  })

const pairs = async (url: string): Promise<void> => {
  console.log(`plain pub/sub:       ${await plain(url)}`)
  console.log(`JetStream alone:     ${await stored(url)}`)
  for (const program of values.program) {
    const { bytes, far, idle, messages, near, used } = await outlive(url, program)
    console.log(`outlive, same site:  ${near}   ${program}`)
    console.log(`outlive, other site: ${far}`)
    console.log(
      `  servers: ${used} µs of CPU a line; NATS: ${messages.toFixed(2)} messages and ${bytes.toFixed(0)} bytes a line, ${idle.toFixed(1)} messages a second idle`
    )
  }
}

/** The load of many clients. */
const crowd = async (): Promise<void> => {
  for (const program of values.program) {
    const effort = { time: seconds * 1_000, warm: 2_000 }
    console.log(program, await Effect.runPromise(Effect.scoped(measure(effort, Path.resolve(program)))))
  }
}

const run = async (url: string): Promise<void> => {
  const who = values.crowd ? "many clients" : `one author, ${pace} lines a second`
  console.log(`${names.length} sites, ${who}, ${seconds} s; ${rounds} rounds in turns`)
  for (let round = 1; round <= rounds; round += 1) await (values.crowd ? crowd() : pairs(url))
}

await Effect.runPromise(Effect.scoped(Effect.flatMap(natsServer(), ({ url }) => Effect.promise(() => run(url)))))
