/**
 * What strangers and bad members do to a server, one after the other, while a chat goes on, plain and secure:
 * `npm run abuse [-- NAME …] [--plain | --secure] [--quick]`. For each it says how long lines took from client 1 to the
 * server and to client 2, before and meanwhile, and the memory of the server; and fails if somebody is lost, a line is, or the
 * memory or the others' time is out of bounds.
 */
import { spawn, spawnSync } from "node:child_process"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { quantile } from "../../bench/stats.ts"
import { parseLink } from "../../src/domain/Invitation.ts"
import type { Mode } from "../../src/domain/Security.ts"
import { freePorts, Run, strike, workshop } from "../soak/Node.ts"
import { runAsProgram } from "../support/program.ts"
import type { Effort } from "./Attacker.ts"
import { attacks } from "./attacks.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    plain: { type: "boolean", default: false },
    secure: { type: "boolean", default: false },
    // The attacker's side of it: how it is started by this program.
    attack: { type: "string" },
    port: { type: "string" },
    link: { type: "string" },
    page: { type: "string" },
    seconds: { type: "string" },
    count: { type: "string" }
  }
})

/**
 * The server's memory stays below `mostMemory`, and what V8 keeps alive for long below `mostHeap`, in MiB: beyond that it
 * would end. V8 lets garbage of handshakes grow as far as it may: without a bound of the heap the same attacks took 206 to
 * 361 MB, by the moment at which it collected.
 */
const mostHeap = 96
const mostMemory = 256e6

/** A line takes at most so many times as long as it took before, at the median, or as a wink takes, in ms. */
const mostTimesAsLong = 20
const shortTime = 25

/** What has not come within this time never will, in ms. */
const limit = 30_000

/** A line is said so often, in ms. */
const probeEvery = 20

interface Case {
  /** In which chats it means something: both, where nothing is said. */
  readonly modes?: ReadonlyArray<Mode>
  readonly effort: Effort
  readonly quick: Effort
  readonly serverArgs?: ReadonlyArray<string>
  /** What must be true of what the attack came to. */
  readonly holds?: (outcome: Readonly<Record<string, number>>) => boolean
}

const cases: Readonly<Record<string, Case>> = {
  "endless-line": {
    effort: { seconds: 10, count: 0 },
    quick: { seconds: 2, count: 0 },
    holds: ({ mostTaken = 0 }) => mostTaken < 64e6
  },
  slowly: {
    effort: { seconds: 20, count: 100 },
    quick: { seconds: 3, count: 100 },
    serverArgs: ["--limit-handshake", "2"],
    holds: ({ cutOff = 0 }) => cutOff >= 100
  },
  connections: { effort: { seconds: 20, count: 10_000 }, quick: { seconds: 4, count: 10_000 } },
  hellos: { effort: { seconds: 20, count: 200 }, quick: { seconds: 2, count: 200 } },
  handshakes: {
    modes: ["secure"],
    effort: { seconds: 20, count: 400 },
    quick: { seconds: 3, count: 400 }
  },
  posts: {
    effort: { seconds: 30, count: 100_000 },
    // It is over when the flood is dropped, after 5 s of more than is taken; a busy machine takes longer to send so much.
    quick: { seconds: 20, count: 100_000 },
    serverArgs: ["--limit-overload", "5"],
    holds: ({ told }) => told === 1
  },
  streams: {
    effort: { seconds: 120, count: 1_000_000 },
    quick: { seconds: 4, count: 100_000 },
    holds: ({ told = 0 }) => told > 0
  },
  waiting: { effort: { seconds: 10, count: 0 }, quick: { seconds: 2, count: 0 } },
  rosters: { effort: { seconds: 20, count: 0 }, quick: { seconds: 2, count: 0 } },
  pings: { effort: { seconds: 10, count: 0 }, quick: { seconds: 2, count: 0 } },
  page: {
    modes: ["plain"],
    effort: { seconds: 180, count: 10_000 },
    quick: { seconds: 60, count: 1_000 },
    serverArgs: ["--web", "0"],
    holds: ({ cutOff = 0, refused, resets = 0 }) => cutOff > 0 && resets > 0 && refused === 0
  }
}

/** Runs the attack in a process of its own, so that what it costs is not measured here. */
const attackBy = (
  name: string,
  { link, page, port }: { readonly link?: string; readonly page?: string | undefined; readonly port: number },
  effort: Effort
) =>
  Effect.async<Readonly<Record<string, number>>>((resume) => {
    const { count, seconds } = effort
    const args = ["--attack", name, "--port", `${port}`, "--seconds", `${seconds}`, "--count", `${count}`]
    if (link !== undefined) args.push("--link", link)
    if (page !== undefined) args.push("--page", page)
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    let out = ""
    child.stdout.on("data", (text) => {
      out += text
    })
    child.on("close", () => resume(Effect.sync(() => JSON.parse(out || "{}"))))
    return Effect.sync(() => child.kill("SIGKILL"))
  }).pipe(
    Effect.timeoutFail({ duration: effort.seconds * 1_000 + limit, onTimeout: () => `the attack ${name} does not end` })
  )

const until = (what: string, holds: () => boolean) =>
  Effect.gen(function* () {
    const since = Date.now()
    while (!holds()) {
      if (Date.now() - since > limit) return yield* Effect.fail(`not within ${limit} ms: ${what}`)
      yield* Effect.sleep(5)
    }
  })

/** How a server is started, and how its clients are, and where an attacker finds it. */
const doors = {
  plain: (port: number) => ({
    server: [] as ReadonlyArray<string>,
    open: () => ({
      client: (id: number, listen: number) => ["client", `${id}`, "0", `${listen}`, "--server", `localhost:${port}`],
      target: { port }
    })
  }),
  secure: (port: number, program: string, folder: string) => {
    const state = ["--state", Path.join(folder, "state")]
    const invite = () =>
      spawnSync(process.execPath, [program, "invite", "--uses", "1000", ...state], { encoding: "utf8" }).stdout.trim()
    return {
      server: ["--secure", ...state],
      open: () => {
        const link = invite()
        return {
          client: (id: number, listen: number) => ["join", link, `${id}`, "0", `${listen}`, ...state],
          target: { port, link }
        }
      }
    }
  }
} satisfies Record<Mode, unknown>

/** One attack, on a server of its own; whether all held. */
const stand = (mode: Mode, name: string, { effort, holds = () => true, quick, serverArgs = [] }: Case) =>
  Effect.gen(function* () {
    const { folder, program } = yield* workshop
    yield* Effect.addFinalizer(() => strike)
    const [port = 0, ...listen] = yield* freePorts(4)
    const said = new Map<string, number>()
    const begin = (args: ReadonlyArray<string>) => {
      const node = { out: [] as Array<string>, err: [] as Array<string>, took: [] as Array<number>, last: "" }
      const run = new Run(
        program,
        { args, folder, through: args[0] === "server" ? ["env", `NODE_OPTIONS=--max-old-space-size=${mostHeap}`] : [] },
        {
          out: (line) => {
            node.last = line
            const begun = said.get(line)
            if (begun !== undefined) node.took.push(performance.now() - begun)
            else if (/^(Client [123]|Server): /.test(line)) node.out.push(line)
          },
          err: (line) => node.err.push(line),
          ended: () => {}
        }
      )
      return Object.assign(node, { run })
    }
    const door = doors[mode](port, program, folder)
    const server = begin(["server", "--port", `${port}`, ...door.server, ...serverArgs])
    yield* until("the server listens", () => server.err.length > 0)
    const { client: argsOf, target } = door.open()
    const client = (id: number) => begin(argsOf(id, listen[id - 1] ?? 0))
    const one = client(1)
    yield* until("client 1 is there", () => server.out.includes("Client 1: initiated"))
    const two = client(2)
    yield* until("client 2 is there", () => one.out.includes("Client 2: initiated"))

    let probes = 0
    let memory = 0
    const probing = Effect.forever(
      Effect.zipRight(
        Effect.sync(() => {
          probes += 1
          said.set(`Client 1: probe ${probes}`, performance.now())
          one.run.types(`probe ${probes}\n`)
          memory = Math.max(memory, server.run.rss)
        }),
        Effect.sleep(probeEvery)
      )
    )
    yield* Effect.forkScoped(probing)
    yield* Effect.sleep(values.quick ? 1_000 : 2_000)
    const before = { server: server.took.splice(0), two: two.took.splice(0), memory }
    const page = server.err.join("\n").match(/\bhttp:\S+/)?.[0]
    const outcome = yield* attackBy(name, { ...target, page }, values.quick ? quick : effort)
    const meanwhile = { server: [...server.took], two: [...two.took], memory }

    // Somebody new comes, and everybody talks on.
    const three = client(3)
    yield* until("client 3 is there", () => [server, one, two].every(({ out }) => out.includes("Client 3: initiated")))
    three.run.types("what was that?\n")
    yield* until("all hear client 3", () =>
      [server, one, two].every(({ out }) => out.includes("Client 3: what was that?"))
    )
    const sofar = probes
    yield* until("every line is there", () =>
      [server, two].every(({ took }) => took.length + before.server.length >= sofar - 5)
    )

    const lost = [server, one, two].flatMap(({ err }) =>
      err.filter((line) => /(Client [12]|Server) is lost/.test(line))
    )
    const [calm, busy] = [quantile(before.server, 0.5), quantile(meanwhile.server, 0.5)]
    const offences = [
      ...lost,
      ...(memory > mostMemory ? [`the server took ${(memory / 1e6).toFixed(0)} MB`] : []),
      ...(holds(outcome) ? [] : ["the attack did not come to what it should"]),
      ...(busy > mostTimesAsLong * calm && busy > shortTime
        ? [`a line took ${(busy / calm).toFixed(1)} times as long`]
        : [])
    ]
    const ms = (times: ReadonlyArray<number>) =>
      `${quantile(times, 0.5).toFixed(1)} / ${quantile(times, 0.99).toFixed(1)} ms`
    console.log(
      `${mode}, ${name}: ${JSON.stringify(outcome)}; p50 / p99 at the server ${ms(before.server)} → ${ms(meanwhile.server)}, ` +
        `at client 2 ${ms(before.two)} → ${ms(meanwhile.two)}; the server's memory ` +
        `${(before.memory / 1e6).toFixed(0)} → at most ${(memory / 1e6).toFixed(0)} MB`
    )
    for (const offence of offences) console.log(`  OFFENCE: ${offence}`)
    if (offences.length > 0) for (const line of server.err.slice(-20)) console.log(`  the server: ${line}`)
    return offences.length === 0
  }).pipe(
    Effect.scoped,
    Effect.catchAll((error) => Effect.sync(() => console.log(`${mode}, ${name}: FAILED, ${error}`) ?? false))
  )

const attack = values.attack === undefined ? undefined : attacks[values.attack]
if (attack !== undefined) {
  const link = Option.getOrUndefined(parseLink(values.link ?? ""))
  const { page } = values
  const target = {
    port: Number(values.port),
    ...(link === undefined ? {} : { link }),
    ...(page === undefined ? {} : { page })
  }
  const outcome = await attack(target, { seconds: Number(values.seconds), count: Number(values.count) })
  process.stdout.write(JSON.stringify(outcome), () => process.exit(0))
} else {
  const modes = (["plain", "secure"] as const).filter((mode) => values[mode] || values.plain === values.secure)
  const chosen = Object.entries(cases).filter(([name]) => positionals.length === 0 || positionals.includes(name))
  const all = modes.flatMap((mode) => chosen.map(([name, what]) => ({ mode, name, what })))
  runAsProgram(
    Effect.map(
      Effect.forEach(
        all.filter(({ mode, what: { modes: meant = modes } }) => meant.includes(mode)),
        ({ mode, name, what }) => stand(mode, name, what)
      ),
      (held) => held.length > 0 && held.every((each) => each)
    )
  )
}
