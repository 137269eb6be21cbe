/**
 * Files from node to node over loopback. `npm run bench -- files` records it; by hand, in turns:
 *
 * `node scripts/run.mjs bench/files.ts [MIB] [COMMAND…]`: one file, beside `curl` from an HTTP server of Node. COMMAND:
 * what else copies the file in each turn, as `scp` does; FROM and TO in it are the paths.
 *
 * `node scripts/run.mjs bench/files.ts sparse [GIB]`: a large file without content.
 *
 * `node scripts/run.mjs bench/files.ts chat [MIB]`: how long chat lines take among five nodes, in ms, alone and while two
 * of them send each other a file.
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

/** What a transfer took: MiB a second by the clock, CPU in ms for each GiB, and the most memory of each side in MiB. */
type Took = { readonly rate: number; readonly [figure: string]: number }

const told = (name: string, figures: Took): void => {
  const listed = Object.entries(figures).map(([figure, value]) => `${figure} ${Math.round(value)}`)
  process.stdout.write(`${name}: ${listed.join(", ")}\n`)
}

/** From a node to another one, both fresh. */
const byOutlive = async (path: string, to: string, mib: number): Promise<Took> => {
  const server = start("node", "Server", "0")
  const ended = [server.end]
  try {
    const { port } = await server.next()
    const client = start("node", "1", String(port))
    ended.push(client.end)
    await client.next()
    server.tell({ offer: path })
    const { offer, ...served } = await server.next()
    client.tell({ fetch: offer, folder: to })
    const begun = await client.next()
    const from = performance.now()
    const fetched = await client.next()
    if (fetched["event"] !== "Fetched") throw new Error(JSON.stringify(fetched))
    const seconds = (performance.now() - from) / 1_000
    server.tell({})
    const after = await server.next()
    const spent = (one: Said, other: Said) => (((other["cpu"] as number) - (one["cpu"] as number)) * 1_024) / mib
    return {
      rate: mib / seconds,
      cpuServing: spent(served, after),
      cpuFetching: spent(begun, fetched),
      memoryServing: after["memory"] as number,
      memoryFetching: fetched["memory"] as number
    }
  } finally {
    for (const end of ended) end()
  }
}

/** By a program that ends when it is done. */
const by = (command: string, args: ReadonlyArray<string>, mib: number): Took => {
  const since = performance.now()
  const { status } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] })
  if (status !== 0) throw new Error(`${command} has failed`)
  return { rate: (mib * 1_000) / (performance.now() - since) }
}

/** By curl, from an HTTP server of Node. */
const byCurl = async (path: string, to: string, mib: number): Promise<Took> => {
  const page = start("web", path)
  try {
    const url = `http://127.0.0.1:${(await page.next())["port"]}`
    const used = async () => (await (await fetch(`${url}/usage`)).json()) as { cpu: number; memory: number }
    const before = await used()
    const took = by("curl", ["-s", "-o", to, `${url}/`], mib)
    const { cpu, memory } = await used()
    return { ...took, cpuServing: ((cpu - before.cpu) * 1_024) / mib, memoryServing: memory }
  } finally {
    page.end()
  }
}

/** Runs with a folder that is removed afterwards. */
const within = async <A>(run: (folder: string) => Promise<A>): Promise<A> => {
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-files-"))
  try {
    return await run(folder)
  } finally {
    Fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** One transfer of each, in turns. `other`: a program and its arguments; FROM and TO in them are the paths. */
const turn = (folder: string, mib: number, [command, ...args]: ReadonlyArray<string>) => {
  const path = Path.join(folder, "content")
  const to = Path.join(folder, "to")
  const away = <A>(took: A): A => {
    Fs.rmSync(to, { recursive: true, force: true })
    return took
  }
  return {
    outlive: async () => away(await byOutlive(path, to, mib)),
    curl: async () => away(await byCurl(path, to, mib)),
    other:
      command === undefined
        ? undefined
        : async () =>
            away(
              by(
                command,
                args.map((arg) => arg.replace("FROM", path).replace("TO", to)),
                mib
              )
            )
  }
}

/** A file is served without a check only if it has been as it is for some time when it is offered. */
const settled = () => new Promise((resume) => setTimeout(resume, 2_500))

const compare = (mib: number, command: ReadonlyArray<string>): Promise<void> =>
  within(async (folder) => {
    fill(Path.join(folder, "content"), mib)
    await settled()
    const { curl, other, outlive } = turn(folder, mib, command)
    const ratios: Array<string> = []
    for (let round = 0; round < 3; round += 1) {
      const [ours, theirs] = [await outlive(), await curl()]
      told("outlive", ours)
      told("curl", theirs)
      if (other !== undefined) told(command[0] ?? "", await other())
      ratios.push((ours.rate / theirs.rate).toFixed(2))
    }
    process.stdout.write(`outlive / curl: ${ratios.join(", ")}\n`)
  })

/** For the record: one transfer by that system, and its figures as a line of JSON. */
const one = (system: string, mib: number, command: ReadonlyArray<string>): Promise<void> =>
  within(async (folder) => {
    fill(Path.join(folder, "content"), mib)
    await settled()
    const { curl, other, outlive } = turn(folder, mib, command)
    const run = system === "outlive" ? outlive : system === "curl" ? curl : other
    if (run === undefined) throw new Error(`name outlive, curl, or another system with its command: ${system}`)
    say(await run())
  })

/** One transfer of a file of nothing but holes, as large as one likes: what it takes in memory. */
const sparse = (gib: number): Promise<void> =>
  within(async (folder) => {
    const path = Path.join(folder, "content")
    Fs.writeFileSync(path, "")
    Fs.truncateSync(path, gib * 2 ** 30)
    await settled()
    told(`${gib} GiB`, await byOutlive(path, Path.join(folder, "to"), gib * 1_024))
  })

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

const chat = (mib: number, turns: number, tell: (figures: { readonly [figure: string]: number }) => void) =>
  within(async (folder) => {
    const nodes = [start("node", "Server", "0")]
    try {
      const { port } = await (nodes[0] as ReturnType<typeof start>).next()
      for (const name of ["1", "2", "3", "4"]) {
        const node = start("node", name, String(port))
        nodes.push(node)
        await node.next()
      }
      await new Promise((resume) => setTimeout(resume, 2_000))
      const [, one, two] = nodes as [unknown, ReturnType<typeof start>, ReturnType<typeof start>]
      for (let turn = 0; turn < turns; turn += 1) {
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
        const at = (all: ReadonlyArray<number>, part: number) => all[Math.floor(all.length * part)] ?? Number.NaN
        tell({
          p50Alone: at(alone, 0.5),
          p99Alone: at(alone, 0.99),
          p50Meanwhile: at(meanwhile, 0.5),
          p99Meanwhile: at(meanwhile, 0.99)
        })
      }
    } finally {
      for (const { end } of nodes) end()
    }
  })

process.once("SIGTERM", () => process.exit())
if (role === "node") await node(rest[0] ?? "", Number(rest[1]))
else if (role === "web") web(rest[0] ?? "")
else if (role === "chat") await chat(Number(rest[0] ?? 1_024), 3, say)
else if (role === "sparse") await sparse(Number(rest[0] ?? 20))
else if (role === "one" && rest[0] === "chat") await chat(Number(rest[1]), 1, say)
else if (role === "one") await one(rest[0] ?? "", Number(rest[1]), rest.slice(2))
else await compare(Number(role), rest)
