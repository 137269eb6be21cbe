/**
 * Three sites in three network namespaces: at each a NATS server, a server of outlive and four clients, who all talk. The
 * leader of the stream is killed, a server is killed, the cable of a site is cut, and all of NATS is killed; each is mended
 * after a while. `npm run sites -- --chat secure --cut 60 --seed S`. Needs root, iproute2 and nats-server; what it makes is
 * its own and is always removed.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { PCGRandom } from "effect/Utils"
import * as NatsServer from "../support/natsServer.ts"
import { runAsProgram } from "../support/program.ts"
import * as NatsCluster from "./NatsCluster.ts"
import { strike, workshop } from "./Node.ts"
import * as SiteChat from "./SiteChat.ts"
import { bridged, type HostSpace, orSkip } from "./Spaces.ts"

const { values } = parseArgs({
  options: {
    /** One of them, or `all`, one after the other. */
    chat: { type: "string", default: "all" },
    /** For how long a cable is cut and NATS is away, in seconds. A server is away for a third of that. */
    cut: { type: "string", default: "60" },
    seed: { type: "string", default: `${Date.now() % 1_000_000}` },
    /** Keeps the folders, with all that was shown and said in them. */
    keep: { type: "boolean", default: false }
  }
})
const cut = Number(values.cut) * 1_000
const seed = Number(values.seed)
const chosen = SiteChat.kinds.filter((kind) => values.chat === "all" || values.chat === kind)

const clients = 4
const stream = "outlive_main"

/** How long all talk without a fault, before a fault, and after it was mended, in ms. */
const calm = 15_000
const before = 3_000
const after = 5_000

/** After a fault was mended, all screens have the same lines within this time, in ms; it is waited for longer. */
const healing = 10_000
const mostHealing = 90_000

/**
 * A pause between near lines may be so many times as long as without faults, for a busy machine, and so many ms longer: a
 * line may stand below one of another site, and whoever was asked for that one may be cut off. Others are asked within 3 s.
 */
const longer = { factor: 2, by: 3_000 }

/** The time in which NATS itself gets up, or catches up, in ms. */
const mostGettingUp = 60_000

/** As docs/SITES.md says: NATS 2.9 does not notice by itself that a cable is cut. */
const retries = 5

const network = bridged("s", 3, retries)

interface Row {
  readonly what: string
  /** How long the fault lasted, and how long NATS was getting up after it, in ms. */
  readonly lasted: number
  readonly nats: number | undefined
  readonly healed: number
  readonly near: SiteChat.SiteChat["waits"]["near"]
  readonly far: SiteChat.SiteChat["waits"]["far"]
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`

const trial = (
  kind: SiteChat.Kind,
  { folder: workshop, program }: { readonly folder: string; readonly program: string }
) =>
  Effect.gen(function* () {
    yield* Effect.addFinalizer(() => strike)
    const folder = Path.join(workshop, kind)
    Fs.mkdirSync(folder)
    const members = ["east", "west", "north"].map((name, at) => ({ name, host: network.hosts[at] as HostSpace }))
    const cluster = NatsCluster.make(NatsServer.program ?? "", folder, members)
    const sites: ReadonlyArray<SiteChat.Site> = members.map((own) => ({
      ...own,
      nats: [own, ...members.filter((other) => other !== own)].map(NatsCluster.urlOf)
    }))
    const [east, west, north] = sites as [SiteChat.Site, SiteChat.Site, SiteChat.Site]
    const chat = SiteChat.make({ program, folder, kind, sites, clients, random: new PCGRandom(seed) })
    const { checker, waits } = chat

    /** How long it takes until something holds, in ms; undefined if it never does. */
    const timeUntil = (holds: Effect.Effect<boolean>, limit: number) =>
      Effect.gen(function* () {
        const since = Date.now()
        while (Date.now() - since < limit) {
          if (yield* holds) return Date.now() - since
          yield* Effect.sleep(20)
        }
        return undefined
      })
    const mustHold = (what: string, holds: Effect.Effect<boolean>, limit: number) =>
      Effect.tap(timeUntil(holds, limit), (time) =>
        Effect.sync(() => time === undefined && checker.offend("other", `${what}: not within ${seconds(limit)}`))
      )
    const isWhole = cluster.isWhole(stream, east)

    /** Ends the talk, and says of what is not on all screens by then that it is lost. */
    const settle = (talking: Fiber.RuntimeFiber<never>, limit: number) =>
      Effect.gen(function* () {
        yield* Fiber.interrupt(talking)
        const time = yield* timeUntil(
          Effect.sync(() => chat.lag() === 0 && checker.missing().length === 0),
          limit
        )
        if (time !== undefined) return
        for (const { count, what } of checker.missing()) checker.offend("lost", what, count)
      })

    const rows: Array<Row> = []
    const note = (row: Row) => {
      rows.push(row)
      console.log(
        `  ${row.what}: healed in ${seconds(row.healed)}, ${checker.said} lines, ${checker.violations} violations`
      )
    }

    /** All talk, something happens, and is mended after a while. `without`: those whose waits do not count. */
    const bear = (
      what: string,
      lasting: number,
      {
        happens,
        isUp,
        mended,
        without = []
      }: {
        readonly happens: Effect.Effect<unknown>
        readonly mended: Effect.Effect<unknown>
        readonly isUp?: Effect.Effect<boolean>
        readonly without?: ReadonlyArray<SiteChat.Person>
      }
    ) =>
      Effect.gen(function* () {
        chat.measure(without)
        const talking = yield* Effect.fork(chat.talk)
        yield* Effect.sleep(before)
        yield* happens
        yield* Effect.sleep(lasting)
        const upTo = checker.typed()
        const since = Date.now()
        yield* mended
        const up = yield* Effect.fork(isUp === undefined ? Effect.succeed(undefined) : timeUntil(isUp, mostGettingUp))
        yield* timeUntil(
          Effect.sync(() => chat.lag(upTo) === 0),
          mostHealing
        )
        const healed = Date.now() - since
        if (healed > healing)
          checker.offend("other", `${what}: it took ${seconds(healed)} until all had the same lines`)
        yield* Effect.sleep(Math.max(0, after - healed))
        yield* settle(talking, healing)
        note({ what, lasted: lasting, nats: yield* Fiber.join(up), healed, near: waits.near, far: waits.far })
        yield* mustHold("NATS has all of the stream at each node", isWhole, mostGettingUp)
      })

    // ---- The play

    for (const each of members) yield* cluster.start(each)
    yield* mustHold("NATS is up", cluster.isUp(east), mostGettingUp)
    yield* chat.open
    yield* mustHold("NATS has the stream at each node", isWhole, mostGettingUp)
    console.log(`${kind}: three sites with ${clients} clients each, seed ${seed}`)

    chat.measure([])
    const talking = yield* Effect.fork(chat.talk)
    yield* Effect.sleep(calm)
    yield* settle(talking, healing)
    note({ what: "no fault", lasted: calm, nats: undefined, healed: 0, near: waits.near, far: waits.far })

    const leader = (yield* cluster.leaderOf(stream, east)) ?? east
    const other = members.find((each) => each !== leader) ?? west
    const hasLeader = Effect.map(cluster.leaderOf(stream, other), (found) => found !== undefined)
    yield* bear(`NATS at ${leader.name} killed, the stream's leader`, cut / 3, {
      happens: cluster.kill(leader),
      mended: cluster.start(leader),
      isUp: hasLeader
    })
    yield* bear("the server of west killed", cut / 3, {
      happens: chat.kill(west),
      mended: chat.startServer(west),
      without: [chat.server(west)]
    })
    yield* bear("the cable of north cut", cut, {
      happens: Effect.sync(() => network.cut(north.host)),
      mended: Effect.sync(() => network.mend(north.host)),
      isUp: isWhole
    })
    yield* bear("all of NATS killed", cut, {
      happens: Effect.forEach(members, cluster.kill, { concurrency: "unbounded" }),
      mended: Effect.forEach(members, cluster.start),
      isUp: hasLeader
    })

    // ---- What came of it

    const [still] = rows as [Row]
    for (const { near, what } of rows) {
      if (near.pause > longer.factor * still.near.pause + longer.by)
        checker.offend("other", `${what}: within a site, somebody waited ${seconds(near.pause)} for ${near.line}`)
    }
    const cells = rows.map(({ far, healed, lasted, nats, near, what }) => [
      what,
      seconds(lasted),
      seconds(healed),
      nats === undefined ? "" : seconds(nats),
      `${near.pause} ms`,
      (near.pause / still.near.pause).toFixed(2),
      `${near.delay} ms`,
      seconds(far.pause)
    ])
    const head = ["fault", "lasted", "healed in", "NATS up in", "pause near", "× no fault", "delay near", "pause far"]
    const widths = head.map((word, at) =>
      Math.max(...[word, ...cells.map((row) => row[at] ?? "")].map((cell) => cell.length))
    )
    for (const row of [head, ...cells]) {
      console.log(
        row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ")
      )
    }
    console.log(`${kind}: ${checker.said} lines said, ${checker.shown} shown, ${checker.violations} violations`)
    for (const offence of checker.offences) console.log(`! ${offence}`)
    if (values.keep)
      Fs.cpSync(folder, `${workshop}-kept/${kind}`, { recursive: true, filter: (path) => !path.endsWith(".lock") })
    return checker.violations === 0
  }).pipe(Effect.scoped)

const trials = Effect.gen(function* () {
  const place = yield* workshop
  if (values.keep) console.log(`folders will be in ${place.folder}-kept`)
  const results = yield* Effect.forEach(chosen, (kind) => trial(kind, place))
  return results.every((isFine) => isFine)
}).pipe(Effect.scoped)

orSkip("sites", network, NatsServer.missing)
runAsProgram(trials)
