/**
 * `node scripts/run.mjs bench/files.ts [MIB] [COMMAND…]`: one file over loopback, from node to node, beside `curl` from
 * an HTTP server of Node, in turns: MiB a second by the clock, CPU of both sides in ms for each GiB, and the most memory
 * of each. COMMAND: what else copies the file in each turn, as `scp`; FROM and TO in it are the paths.
 *
 * `node scripts/run.mjs bench/files.ts chat [MIB]`: how long chat lines take among five nodes, alone and while two of
 * them send each other a file, in turns.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Readline from "node:readline"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as MemoryMessageLog from "../layers/MemoryMessageLog.ts"
import * as MeshFiles from "../layers/MeshFiles.ts"
import { parts } from "../layers/NodeTransfers.ts"
import * as OpenMembership from "../layers/OpenMembership.ts"
import * as TcpTransport from "../layers/TcpTransport.ts"
import * as TransportPeerMesh from "../layers/TransportPeerMesh.ts"
import { Files } from "../services/Files.ts"
import { MessageLog } from "../services/MessageLog.ts"
import { PeerMesh } from "../services/PeerMesh.ts"
import { isPost } from "../src/domain/Entry.ts"
import type { Offer } from "../src/domain/Offer.ts"
import { Host, PeerId, Port, roleOf, serverId } from "../src/domain/Peer.ts"
import { mainRoom } from "../src/domain/Post.ts"

const [, self = "", role = "1024", ...rest] = process.argv

const say = (value: object): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

const usage = () => {
  const { system, user } = process.cpuUsage()
  return { cpu: (system + user) / 1_000, memory: process.resourceUsage().maxRSS / 1_024 }
}

/** A node without a console, which does what it is told. */
const node = async (name: string, server: number): Promise<void> => {
  const id = PeerId.make(name)
  const host = Host.make("127.0.0.1")
  const isServer = id === serverId
  const layer = TransportPeerMesh.layer({
    id,
    role: roleOf(id),
    listen: { host, port: Port.make(0) },
    member: isServer,
    silence: "10 seconds",
    patience: "1 minute"
  }).pipe(
    Layer.provideMerge(MemoryMessageLog.layer({ author: id })),
    Layer.provideMerge(Layer.merge(TcpTransport.layer(), OpenMembership.layer)),
    Layer.provideMerge(
      MeshFiles.layer(
        { downloads: "", share: true, bytesPerSecond: undefined, transfers: 8, transfersPerPeer: 8 },
        Effect.sync(() => parts(Path.resolve("dist/outlive.files.cjs")))
      )
    )
  )
  const program = Effect.gen(function* () {
    const mesh = yield* PeerMesh
    const files = yield* Files
    yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, ({ admit }) => admit))
    if (!isServer) yield* mesh.join({ address: { host, port: Port.make(server) } })
    say({ port: mesh.self.address.port })
    const lines = Readline.createInterface({ input: process.stdin })
    const log = yield* MessageLog
    const cursor = log.screen.open()
    const now = () => performance.timeOrigin + performance.now()
    let took: Array<number> = []
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        log.onGrowth(() => {
          for (const entry of cursor.pull(1_000)) {
            if (isPost(entry) && !entry.post.stream.startsWith(`${id}/`)) took.push(now() - Number(entry.post.text))
          }
        })
      ),
      (stop) => Effect.sync(stop)
    )
    const talk = (lines: number) =>
      Effect.repeatN(
        Effect.zipRight(
          Effect.suspend(() => log.say(mainRoom, [String(now())])),
          Effect.sleep("25 millis")
        ),
        lines
      )
    files.onEvent((event) => say({ event: event._tag, ...usage() }))
    yield* Stream.fromAsyncIterable(lines, (error) => error).pipe(
      Stream.runForEach((line) => {
        const { fetch, folder, latencies, offer, talking } = JSON.parse(line) as {
          fetch?: Offer
          folder: string
          latencies?: boolean
          offer?: string
          talking?: number
        }
        if (talking !== undefined) return Effect.asVoid(Effect.forkScoped(talk(talking)))
        if (latencies === true) {
          return Effect.sync(() => {
            say({ took })
            took = []
          })
        }
        if (offer !== undefined) {
          return Effect.map(files.offer([offer]), (offered) => say({ offer: offered.offer, ...usage() }))
        }
        if (fetch !== undefined) return Effect.map(files.fetch(fetch, folder), () => say({ begun: true, ...usage() }))
        return Effect.sync(() => say(usage()))
      })
    )
  })
  await Effect.runPromise(Effect.scoped(Effect.provide(program, layer)))
}

/** Serves a file over HTTP. */
const web = (path: string): void => {
  const server = Http.createServer((request, response) => {
    if (request.url === "/usage") return response.end(JSON.stringify(usage()))
    Fs.createReadStream(path, { highWaterMark: 262_144 }).pipe(response)
    return response
  })
  server.listen(0, "127.0.0.1", () => say({ port: (server.address() as { port: number }).port }))
}

interface Said {
  readonly [field: string]: unknown
}

/** A process of this program, and what it says, one line at a time. */
const start = (...args: ReadonlyArray<string>) => {
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, self, ...args], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  const lines = Readline.createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  return {
    tell: (value: object) => child.stdin?.write(`${JSON.stringify(value)}\n`),
    next: async (): Promise<Said> => JSON.parse((await lines.next()).value ?? "{}") as Said,
    end: () => child.kill()
  }
}

const row = (
  name: string,
  mib: number,
  seconds: number,
  cpu: ReadonlyArray<number>,
  memory: ReadonlyArray<number>
): void => {
  const listed = (all: ReadonlyArray<number>) => all.map((each) => Math.round(each)).join(" and ")
  const spent = listed(cpu.map((each) => (each * 1_024) / mib))
  process.stdout.write(
    `${name}: ${Math.round(mib / seconds)} MiB/s, ${spent} ms of CPU a GiB, at most ${listed(memory)} MiB\n`
  )
}

/** Runs a program. Returns how long it took, in seconds. */
const timed = (command: string, args: ReadonlyArray<string>): number => {
  const since = performance.now()
  const { status } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] })
  if (status !== 0) throw new Error(`${command} has failed`)
  return (performance.now() - since) / 1_000
}

const compare = async (mib: number, [command, ...args]: ReadonlyArray<string>): Promise<void> => {
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-files-"))
  const path = Path.join(folder, "content")
  const ended: Array<() => unknown> = [() => Fs.rmSync(folder, { recursive: true, force: true })]
  try {
    fill(path, mib)
    const server = start("node", "Server", "0")
    const { port } = await server.next()
    const client = start("node", "1", String(port))
    const page = start("web", path)
    ended.unshift(server.end, client.end, page.end)
    await client.next()
    const address = (await page.next())["port"]
    server.tell({ offer: path })
    const { cpu: hashed, offer } = await server.next()
    process.stdout.write(`offered: ${Math.round((hashed as number) / (mib / 1_024))} ms of CPU a GiB\n`)
    const ratios: Array<number> = []
    for (let turn = 0; turn < 3; turn += 1) {
      // Each turn has an offer that is not here yet: its part is in another folder, and the last one was dropped.
      const fresh = turn === 0 ? client : start("node", String(turn + 1), String(port))
      if (turn > 0) {
        ended.unshift(fresh.end)
        await fresh.next()
      }
      server.tell({})
      const served = await server.next()
      fresh.tell({ fetch: offer, folder: Path.join(folder, `of ${turn}`) })
      const begun = await fresh.next()
      const from = performance.now()
      const fetched = await fresh.next()
      const seconds = (performance.now() - from) / 1_000
      server.tell({})
      const after = await server.next()
      const spent = (one: Said, other: Said) => (other["cpu"] as number) - (one["cpu"] as number)
      row(
        "outlive",
        mib,
        seconds,
        [spent(served, after), spent(begun, fetched)],
        [after["memory"] as number, fetched["memory"] as number]
      )
      fresh.end()
      Fs.rmSync(Path.join(folder, `of ${turn}`), { recursive: true, force: true })
      const url = `http://127.0.0.1:${address}`
      const before = (await (await fetch(`${url}/usage`)).json()) as { cpu: number }
      const curled = timed("curl", ["-s", "-o", Path.join(folder, "by curl"), `${url}/`])
      const then = (await (await fetch(`${url}/usage`)).json()) as { cpu: number; memory: number }
      row("curl", mib, curled, [then.cpu - before.cpu], [then.memory])
      Fs.rmSync(Path.join(folder, "by curl"))
      ratios.push(curled / seconds)
      if (command === undefined) continue
      const to = Path.join(folder, "by another")
      const took = timed(
        command,
        args.map((arg) => arg.replace("FROM", path).replace("TO", to))
      )
      process.stdout.write(`${command}: ${Math.round(mib / took)} MiB/s\n`)
      Fs.rmSync(to)
    }
    process.stdout.write(`outlive / curl: ${ratios.map((each) => each.toFixed(2)).join(", ")}\n`)
  } finally {
    for (const end of ended) end()
  }
}

/** Writes a file of so many MiB, no two of which are the same. */
const fill = (path: string, mib: number, seed = 0): void => {
  const file = Fs.openSync(path, "w")
  const block = Buffer.alloc(1_048_576)
  for (let n = 0; n < mib; n += 1) {
    for (let at = 0; at < block.length; at += 4) block.writeUInt32LE((n * 2_654_435_761 + at * 40_503 + seed) >>> 0, at)
    Fs.writeSync(file, block)
  }
  Fs.closeSync(file)
}

/** How long 200 lines of each of five nodes take. */
const linesOf = async (nodes: ReadonlyArray<ReturnType<typeof start>>): Promise<ReadonlyArray<number>> => {
  for (const node of nodes) node.tell({ talking: 200 })
  await new Promise((resume) => setTimeout(resume, 7_000))
  const all: Array<number> = []
  for (const node of nodes) {
    node.tell({ latencies: true })
    for (;;) {
      const said = await node.next()
      if ("took" in said) {
        all.push(...(said["took"] as ReadonlyArray<number>))
        break
      }
    }
  }
  return all.sort((one, other) => one - other)
}

const chat = async (mib: number): Promise<void> => {
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-files-"))
  const ended: Array<() => unknown> = [() => Fs.rmSync(folder, { recursive: true, force: true })]
  try {
    const nodes = [start("node", "Server", "0")]
    const { port } = await (nodes[0] as ReturnType<typeof start>).next()
    for (const name of ["1", "2", "3", "4"]) {
      const node = start("node", name, String(port))
      nodes.push(node)
      await node.next()
    }
    ended.unshift(...nodes.map(({ end }) => end))
    await new Promise((resume) => setTimeout(resume, 2_000))
    const [, one, two] = nodes as [unknown, ReturnType<typeof start>, ReturnType<typeof start>]
    for (let turn = 0; turn < 3; turn += 1) {
      const alone = await linesOf(nodes)
      for (const [node, other] of [
        [one, two],
        [two, one]
      ] as const) {
        const path = Path.join(folder, `${turn} ${node === one}`)
        fill(path, mib, turn + (node === one ? 7 : 0))
        node.tell({ offer: path })
        const { offer } = await node.next()
        other.tell({ fetch: offer, folder: Path.join(folder, `got ${turn} ${node === one}`) })
      }
      const meanwhile = await linesOf(nodes)
      const at = (all: ReadonlyArray<number>, part: number) => (all[Math.floor(all.length * part)] ?? 0).toFixed(1)
      const told = (all: ReadonlyArray<number>) => `p50 ${at(all, 0.5)} ms, p99 ${at(all, 0.99)} ms of ${all.length}`
      process.stdout.write(`alone: ${told(alone)}; with ${mib} MiB each way: ${told(meanwhile)}\n`)
    }
  } finally {
    for (const end of ended) end()
  }
}

process.once("SIGTERM", () => process.exit())
if (role === "node") await node(rest[0] ?? "", Number(rest[1]))
else if (role === "web") web(rest[0] ?? "")
else if (role === "chat") await chat(Number(rest[0] ?? 1_024))
else await compare(Number(role), rest)
