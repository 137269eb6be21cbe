/**
 * Kills processes while a file goes from one to two others, at random moments, again and again: the one who offers it, one
 * who fetches it, or both. In the end both have it whole, byte for byte, nothing else is in their folders, and no piece
 * that was verified was fetched again: `npm run kill-files -- --kills 100 --seed 1`. Every other round is without data
 * folders. Then the last rounds: the offering one leaves for good as soon as the two have each piece between them.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { build } from "esbuild"
import { pieceBytes } from "../../src/domain/Manifest.ts"
import { freePorts, Run, strike, workshop } from "../soak/Node.ts"
import { drawFrom, makeChance } from "../support/chance.ts"
import { runAsProgram } from "../support/program.ts"
import { claimedIn } from "./claimed.ts"
import { until } from "./until.ts"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: `${Date.now() % 1_000_000}` },
    /** So many times the offering one leaves for good. */
    leaves: { type: "string", default: "2" }
  }
})
const kills = Number(values.kills)
const seed = Number(values.seed)

/** A file has so many pieces, and some bytes of one more. */
const pieces = 48
const size = pieces * pieceBytes + 4_321

/** Each node gives so much a second, so that a transfer takes a few seconds, in which it can be killed. */
const bytesPerSecond = 20 * pieceBytes

/** Most kills come after so many pieces at most, others after so many ms; and who was killed is back after so many. */
const mostBetween = 14
const longestPause = 3_000
const longestWait = 10_000
const longestAbsence = 500

/** What a piece may come for once more although it came already: those that were under way from two peers at the end. */
const mostTwice = 16

interface Node {
  readonly id: string
  readonly args: ReadonlyArray<string>
  readonly folder: string
  run: Run | undefined
  /** What this run has shown, and all that any run said of files. */
  shown: Array<string>
  readonly told: Array<string>
  /** What this run does: it is brought up, and told what it is there for. */
  life: Fiber.RuntimeFiber<void> | undefined
  isDone: boolean
  /** The pieces that a state said were there when its run was killed. */
  readonly had: Set<number>
  /** How many notes of arrivals were there then. */
  noted: number
}

const random = drawFrom(seed)

/** The bytes of a round: no two pieces of it are the same. */
const contentOf = (round: number): Buffer => {
  const next = makeChance(seed * 1_000 + round)
  const block = Buffer.alloc(pieceBytes)
  for (let at = 0; at < block.length; at += 4) block.writeUInt32LE(Math.floor(next() * 2 ** 32), at)
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += pieceBytes) {
    block.writeUInt32LE(at / pieceBytes, 0)
    block.copy(bytes, at)
  }
  return bytes
}

/** The files of an offer, by their names in its folder: one, or several of different sizes. */
const filesOf = (bytes: Buffer, isFolder: boolean): ReadonlyMap<string, Buffer> => {
  if (!isFolder) return new Map([["", bytes]])
  const [a, b] = [3 * pieceBytes + 17, 40 * pieceBytes - 1]
  return new Map([
    ["a.log", bytes.subarray(0, a)],
    ["deep/er/b.log", bytes.subarray(a, b)],
    ["deep/empty", Buffer.alloc(0)],
    ["z.bin", bytes.subarray(b)]
  ])
}

/** All files below a folder, by their relative paths. */
const filesIn = (folder: string): ReadonlyArray<string> =>
  Fs.existsSync(folder)
    ? Fs.readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
        each.isDirectory()
          ? filesIn(Path.join(folder, each.name)).map((name) => Path.join(each.name, name))
          : [each.name]
      )
    : []

const story = Effect.gen(function* () {
  const { folder, program } = yield* workshop
  yield* Effect.addFinalizer(() => strike)
  const watched = Path.join(folder, "witness.cjs")
  yield* Effect.promise(() =>
    build({
      entryPoints: [fileURLToPath(new URL("../test/kill/witness.ts", import.meta.url))],
      outfile: watched,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      logLevel: "warning"
    })
  )
  const begun = Date.now()
  const offences: Array<string> = []
  const must = (holds: boolean, otherwise: () => string) => {
    if (!holds) offences.push(otherwise())
  }
  const count = { kills: 0, arrived: 0, twice: 0, resumed: 0 }

  const downloadsOf = (node: Node) => Path.join(node.folder, "downloads")

  const begin = (node: Node, from = program) =>
    Effect.gen(function* () {
      node.shown = []
      const take = (line: string): void => {
        node.shown.push(line)
        if (/^\* /.test(line)) node.told.push(line)
        if (/^\* \S+ is here: /.test(line)) node.isDone = true
      }
      const run = new Run(from, { args: node.args, folder: node.folder }, { out: take, err: take, ended: () => {} })
      node.run = run
      yield* until(`${node.id} is up: ${node.shown.slice(-2).join(" / ")}`, () =>
        node.shown.some((line) => line === `Client ${node.id}: initiated` || line.startsWith("* The server listens"))
      )
    })

  /** Looks at what is there of who was just killed. */
  const examine = (node: Node): void => {
    const arrived = arrivedAt(node)
    const fresh = arrived.slice(node.noted)
    const again = fresh.filter((piece) => node.had.has(piece))
    must(again.length === 0, () => `${node.id} fetched ${again.length} pieces that it had: ${again.slice(0, 9)}`)
    const twice = fresh.length - new Set(fresh).size
    must(twice <= mostTwice, () => `${node.id} fetched ${twice} pieces twice in one run`)
    count.twice += twice
    count.arrived += fresh.length
    node.noted = arrived.length
    for (const piece of claimedIn(downloadsOf(node), pieces + 1)) node.had.add(piece)
    if (node.had.size > 0) count.resumed += 1
  }
  const arrivedAt = (node: Node): ReadonlyArray<number> => {
    const path = Path.join(node.folder, "arrived")
    return Fs.existsSync(path) ? Fs.readFileSync(path, "utf8").split("\n").slice(0, -1).map(Number) : []
  }

  const kill = (node: Node) =>
    Effect.gen(function* () {
      if (node.life !== undefined) yield* Fiber.interrupt(node.life)
      node.run?.gets("SIGKILL")
      yield* until(`${node.id} is dead`, () => node.run?.ending !== undefined)
      count.kills += 1
      examine(node)
    })

  /** Until so many pieces have come, wherever that is: among the last bytes of one, or while it is written. */
  const pause = (receivers: ReadonlyArray<Node>) =>
    Effect.gen(function* () {
      const arrivals = () => receivers.reduce((sum, node) => sum + arrivedAt(node).length, 0)
      const enough = arrivals() + 1 + random.below(mostBetween)
      const since = Date.now()
      const longest = random.happens(0.2) ? random.below(longestPause) : longestWait
      while (arrivals() < enough && Date.now() - since < longest) yield* Effect.sleep(5)
      yield* Effect.sleep(random.below(20))
    })

  /** One round; `leaves`: the offering one leaves for good. */
  const round = (number: number, withData: boolean, isFolder: boolean, leaves: boolean) =>
    Effect.gen(function* () {
      const home = Path.join(folder, `round ${number}`)
      const name = `offered-${number}`
      const source = Path.join(home, "1", name)
      const bytes = contentOf(number)
      const files = filesOf(bytes, isFolder)
      const [port = 0, ...ports] = yield* freePorts(4)
      const nodeOf = (id: string, args: ReadonlyArray<string>): Node => {
        const own = Path.join(home, id)
        Fs.mkdirSync(own, { recursive: true })
        const data = withData ? ["--data", "data"] : []
        const transfers = ["--downloads", "downloads", "--limit-transfer", `${bytesPerSecond}`]
        return {
          id,
          args: [...args, ...transfers, "--history", "50", ...data],
          folder: own,
          run: undefined,
          shown: [],
          told: [],
          life: undefined,
          isDone: false,
          had: new Set(),
          noted: 0
        }
      }
      const server = nodeOf("Server", ["server", "--port", `${port}`])
      const [one, two, three] = [1, 2, 3].map((id) =>
        nodeOf(`${id}`, ["client", `${id}`, "0", `${ports[id - 1]}`, "--server", `localhost:${port}`])
      ) as [Node, Node, Node]
      for (const [path, content] of files) {
        Fs.mkdirSync(Path.dirname(Path.join(source, path)), { recursive: true })
        Fs.writeFileSync(Path.join(source, path), content)
      }
      const final = (node: Node) => Path.join(downloadsOf(node), name)
      const isWhole = (node: Node): boolean =>
        [...files].every(([path, content]) => {
          const at = Path.join(final(node), path)
          return Fs.existsSync(at) && Fs.readFileSync(at).equals(content)
        })

      const offering = Effect.gen(function* () {
        yield* begin(one)
        one.run?.types(`/send ${name}\n`)
      })
      const fetching = (node: Node) =>
        Effect.gen(function* () {
          yield* begin(node, watched)
          // One that died between the naming of the files and its word for it must say that it has them.
          if (node.isDone) return
          yield* until(`${node.id} sees the offer`, () => node.shown.some((line) => line.includes(`offers ${name} (`)))
          node.run?.types(`/get ${name}\n`)
        })
      const live = (node: Node, delay = 0) =>
        Effect.gen(function* () {
          const life = Effect.orDie(node === one ? offering : fetching(node))
          node.life = yield* Effect.forkDaemon(Effect.zipRight(Effect.sleep(delay), life))
        })

      yield* begin(server)
      for (const node of [one, two, three]) yield* live(node)
      const receivers = [two, three]
      const isOver = () => receivers.every(({ isDone }) => isDone)
      if (leaves) {
        const covered = () => new Set(receivers.flatMap((node) => claimedIn(downloadsOf(node), pieces + 1))).size
        while (covered() <= pieces && !isOver()) yield* Effect.sleep(5)
        const halves = receivers.map((node) => claimedIn(downloadsOf(node), pieces + 1).length)
        must(!isOver(), () => `round ${number}: both were whole before the other could leave`)
        yield* kill(one)
        server.run?.gets("SIGKILL")
        console.log(`round ${number}: the offering one and the server leave; the others have ${halves.join(" and ")}`)
      }
      while (!leaves && !isOver() && count.kills < kills) {
        yield* pause(receivers)
        const unfinished = receivers.filter(({ isDone }) => !isDone)
        if (unfinished.length === 0) break
        const receiver = random.among(unfinished)
        const victims = random.among([[one], [receiver], [receiver], [one, receiver], receivers, [one, two, three]])
        yield* Effect.forEach(victims, kill, { concurrency: "unbounded" })
        for (const victim of victims) yield* live(victim, random.below(longestAbsence))
      }
      yield* until(
        `round ${number}: ${receivers.map((node) => `${node.id} says ${node.told.slice(-3).join(" / ")}`).join("; ")}`,
        isOver
      )
      for (const node of [one, two, three, server]) {
        if (node.life !== undefined) yield* Fiber.interrupt(node.life)
        // Who was killed last may be away still, if the others needed it no more.
        const { ending } = node.run ?? {}
        must(ending === undefined || ending === "SIGKILL", () => `${node.id} ended (${ending})`)
        node.run?.gets("SIGKILL")
      }
      yield* until("all have ended", () => [one, two, three, server].every(({ run }) => run?.ending !== undefined))
      for (const node of receivers) {
        examine(node)
        must(new Set(arrivedAt(node)).size > pieces, () => `round ${number}: not all that came to ${node.id} was seen`)
        must(isWhole(node), () => `round ${number}: ${node.id} has not ${name}, byte for byte`)
        const wanted = [...files.keys()].map((path) => Path.join(name, path).replace(/[/\\]$/, ""))
        const found = filesIn(downloadsOf(node))
        const more = found.filter((path) => !wanted.includes(path))
        must(more.length === 0, () => `round ${number}: ${node.id} has also ${more.slice(0, 5).join(", ")}`)
        const outside = Fs.readdirSync(node.folder).filter((each) => !["downloads", "data", "arrived"].includes(each))
        must(outside.length === 0, () => `round ${number}: ${node.id} has ${outside.join(", ")} outside its folder`)
      }
      for (const node of [one, two, three]) {
        const complaints = node.told.filter((line) =>
          /not fetched any further|is not in|as a whole any more/.test(line)
        )
        must(complaints.length === 0, () => `round ${number}: ${node.id} says ${complaints[0]}`)
      }
      Fs.rmSync(home, { recursive: true, force: true })
      console.log(
        `round ${number}${withData ? ", with data" : ""}${isFolder ? ", a folder" : ""}: ${count.kills} kills, ${count.arrived} pieces came, ${count.twice} of them from two at the end, ${offences.length} violations, ${Math.round((Date.now() - begun) / 1_000)} s`
      )
    })

  let number = 0
  while (count.kills < kills && offences.length === 0) {
    yield* round(number, number % 2 === 0, number % 4 >= 2, false)
    number += 1
  }
  for (let left = Number(values.leaves); left > 0 && offences.length === 0; left -= 1) {
    yield* round(number, left % 2 === 0, left % 2 === 1, true)
    number += 1
  }
  for (const offence of offences.slice(0, 20)) console.log(`! ${offence}`)
  console.log(
    `kill files: ${count.kills} kills in ${number} rounds, ${count.resumed} times with a part, ${count.arrived} pieces came, ${count.twice} from two at the end, ${offences.length} violations, seed ${seed}`
  )
  return offences.length === 0
}).pipe(Effect.scoped)

runAsProgram(story)
