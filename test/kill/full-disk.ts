/**
 * A full disk under real processes: the server and client 1 keep their logs on a small disk that is filled, again and
 * again, and client 2 keeps nothing. What can't be kept is refused in words and reaches nobody; everything else goes on;
 * after a SIGKILL all that was accepted is there: `npm run full-disk -- --rounds 6`. Needs root, for a tmpfs.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { freePorts, Run } from "../soak/Node.ts"
import { onSmallDisk } from "./onSmallDisk.ts"
import * as SmallDisk from "./SmallDisk.ts"
import { until } from "./until.ts"

const { values } = parseArgs({ options: { rounds: { type: "string", default: "6" } } })
const rounds = Number(values.rounds)

/** The small disk has so many KiB: two logs, and each once more while it is written anew. */
const diskSize = 1_024

/** Longer than a page of the disk: such a line can't be kept when the disk is full. */
const filler = "x".repeat(5_000)

interface Node {
  readonly id: string
  readonly title: string
  readonly args: ReadonlyArray<string>
  /** What it must say of the disk when it can't use it. */
  readonly complaint: string
  run: Run
  /** What this run has shown on stdout and on stderr. */
  out: Array<string>
  err: Array<string>
  /** What it said and saw accepted, in all runs; and what was refused. */
  readonly accepted: Array<string>
  readonly refused: Array<string>
}

onSmallDisk("full disk", diskSize, ({ disk, folder, program }) =>
  Effect.gen(function* () {
    const offences: Array<string> = []
    const must = (holds: boolean, otherwise: () => string) => {
      if (!holds) offences.push(otherwise())
    }
    const [port = 0, ...ports] = yield* freePorts(4)
    const begin = (node: Node) => {
      const out: Array<string> = []
      const err: Array<string> = []
      node.out = out
      node.err = err
      const own = Path.join(folder, node.id)
      Fs.mkdirSync(own, { recursive: true })
      node.run = new Run(
        program,
        { args: node.args, folder: own },
        { out: (line) => out.push(line), err: (line) => err.push(line), ended: () => {} }
      )
    }
    const nodeOf = (id: string, args: ReadonlyArray<string>, data?: string): Node => ({
      id,
      title: id === "Server" ? "Server" : `Client ${id}`,
      args: data === undefined ? args : [...args, "--data", data, "--history", "500"],
      complaint: `${data} can't be used (the disk is full): free some space.`,
      run: undefined as unknown as Run,
      out: [],
      err: [],
      accepted: [],
      refused: []
    })
    const clientOf = (id: string, listen: number, data?: string) =>
      nodeOf(id, ["client", id, "0", `${listen}`, "--server", `localhost:${port}`], data)
    const server = nodeOf("Server", ["server", "--port", `${port}`], Path.join(disk, "server"))
    const keeper = clientOf("1", ports[0] ?? 0, Path.join(disk, "keeper"))
    const other = clientOf("2", ports[1] ?? 0)
    const nodes = [server, keeper, other]
    const keepers = [server, keeper]

    /** What a node shows of another, or had before it began; in the order in which it shows it. */
    const shownOf = (reader: Node, author: Node): ReadonlyArray<string> =>
      reader.out.flatMap((line) => {
        const plain = line.startsWith("(earlier) ") ? line.slice("(earlier) ".length) : line
        return plain.startsWith(`${author.title}: line `) ? [plain.slice(author.title.length + 2)] : []
      })
    const showsAll = (reader: Node, author: Node) =>
      reader === author || shownOf(reader, author).length >= author.accepted.length
    const everyoneHasAll = until("everything is on every screen", () =>
      nodes.every((reader) => nodes.every((author) => showsAll(reader, author)))
    )
    const checkScreens = () => {
      for (const reader of nodes) {
        for (const author of nodes.filter((each) => each !== reader)) {
          const shown = shownOf(reader, author)
          must(
            shown.length === author.accepted.length && shown.every((line, at) => line === author.accepted[at]),
            () =>
              `${reader.id} shows ${shown.length} lines of the ${author.accepted.length} of ${author.id}, in order and once`
          )
        }
      }
    }

    let said = 0
    const nextLine = (long: boolean) => {
      said += 1
      return `line ${said}${long ? ` ${filler}` : ""}`
    }
    const says = (node: Node, long = false) =>
      Effect.suspend(() => {
        const line = nextLine(long)
        node.accepted.push(line)
        node.run.types(`${line}\n`)
        return everyoneHasAll
      })
    /** Fills the disk, and types lines in one go that it has no room for. */
    const isRefused = (node: Node, count: number) =>
      Effect.suspend(() => {
        const lines = Array.from({ length: count }, () => nextLine(true))
        const sentence = `* ${node.complaint} ${count === 1 ? "The line was" : "The lines were"} not sent.`
        const before = node.err.filter((line) => line === sentence).length
        node.refused.push(...lines)
        SmallDisk.fill(disk)
        node.run.types(`${lines.join("\n")}\n`)
        return until(
          `${node.id} says “${sentence}”; it says “${node.err.slice(-2).join(" / ")}”`,
          () => node.err.filter((line) => line === sentence).length > before
        )
      })
    begin(server)
    yield* until("the server listens", () => server.err.some((line) => line.startsWith("* The server listens")))
    for (const node of [keeper, other]) {
      begin(node)
      yield* until(`${node.id} is in the chat`, () => node.out.includes(`${node.title}: initiated`))
    }
    yield* until("1 and 2 know each other", () => keeper.out.includes("Client 2: initiated"))
    for (let round = 1; round <= rounds; round += 1) {
      for (const node of nodes) yield* says(node)
      for (const node of keepers) {
        yield* isRefused(node, 1)
        yield* isRefused(node, 2)
      }
      // So much that the last pages of the logs can't have it.
      for (let i = 0; i < 3; i += 1) yield* says(other, true)
      for (const node of keepers) {
        const unkept = "* The log can't be written to disk (the disk is full); the chat goes on without it"
        yield* until(`${node.id} says “${unkept}”`, () => node.err.includes(unkept))
        yield* isRefused(node, 1)
      }
      const victim = keepers[round % 2] ?? keeper
      if (round % 3 === 0) {
        victim.run.gets("SIGKILL")
        yield* until(`${victim.id} is dead`, () => victim.run.ending !== undefined)
        begin(victim)
        yield* until(`${victim.id} can't start on a full disk`, () => victim.run.ending !== undefined)
        must(
          victim.run.ending === 1 && victim.err.join("\n") === `outlive: ${victim.complaint}`,
          () => `${victim.id} ends with ${victim.run.ending} and “${victim.err.join("\n")}”`
        )
        SmallDisk.clear(disk)
      } else {
        SmallDisk.clear(disk)
        for (const node of nodes) yield* says(node)
        victim.run.gets("SIGKILL")
        yield* until(`${victim.id} is dead`, () => victim.run.ending !== undefined)
      }
      begin(victim)
      yield* until(`${victim.id} is back, and has heard all`, () => nodes.every((author) => showsAll(victim, author)))
      // Its own lines are history to itself.
      const own = shownOf(victim, victim)
      must(
        own.length === victim.accepted.length && own.every((line, at) => line === victim.accepted[at]),
        () => `${victim.id} has kept ${own.length} of its ${victim.accepted.length} lines, in order and once`
      )
      for (const node of nodes) yield* says(node)
      checkScreens()
      for (const node of nodes) must(node.run.ending === undefined, () => `${node.id} has ended: ${node.run.ending}`)
      console.log(
        `round ${round}: ${nodes.reduce((sum, { accepted }) => sum + accepted.length, 0)} lines accepted, ${nodes.reduce((sum, { refused }) => sum + refused.length, 0)} refused, ${offences.length} violations`
      )
    }
    const refused = new Set(nodes.flatMap((node) => node.refused))
    for (const node of nodes) {
      for (const author of nodes) {
        for (const line of shownOf(node, author))
          must(!refused.has(line), () => `${node.id} shows ${line.slice(0, 20)}, which was refused`)
      }
    }
    for (const offence of offences.slice(0, 20)) console.log(`! ${offence}`)
    console.log(`full disk: ${rounds} rounds, ${offences.length} violations`)
    return offences.length === 0
  })
)
