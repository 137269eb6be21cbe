/**
 * Two halves of a chat in two network namespaces, cut from each other by blackhole routes while all talk, and healed:
 * `npm run split -- --seconds 60`. Needs root and iproute2; the namespaces are its own and are always removed.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { runAsProgram } from "../support/program.ts"
import { Run, strike, workshop } from "./Node.ts"
import { ip, orSkip, through } from "./Spaces.ts"

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } })
const seconds = Number(values.seconds)

/** After the heal everyone has everything within this time, in milliseconds. */
const limit = 5_000

const halves = ["a", "b"].map((half, index) => ({
  space: `outlive-${process.pid}-${half}`,
  wire: `ol${process.pid % 100_000}${half}`,
  host: `10.231.${index + 1}.1`,
  ids: index === 0 ? ["Server", "1", "2", "3"] : ["4", "5", "6"]
}))
const [left, right] = halves as [(typeof halves)[0] & object, (typeof halves)[0] & object]

const removeSpaces = () => {
  for (const { space } of halves) ip("netns", "del", space)
}

/** A pair of namespaces that reach each other; false if this system does not let us make them. */
const makeSpaces = (): boolean =>
  halves.every(({ space }) => ip("netns", "add", space) && ip("-n", space, "link", "set", "lo", "up")) &&
  ip("link", "add", left.wire, "netns", left.space, "type", "veth", "peer", "name", right.wire, "netns", right.space) &&
  halves.every(
    (half, index) =>
      ip("-n", half.space, "address", "add", `${half.host}/32`, "dev", half.wire) &&
      ip("-n", half.space, "link", "set", half.wire, "up") &&
      ip("-n", half.space, "route", "add", (halves[1 - index] ?? half).host, "dev", half.wire)
  )

const route = (how: (other: string, wire: string) => ReadonlyArray<string>) =>
  halves.forEach((half, index) => {
    ip("-n", half.space, "route", "replace", ...how((halves[1 - index] ?? half).host, half.wire))
  })

interface Person {
  readonly id: string
  readonly run: Run
  readonly lines: Array<string>
  said: number
}

const split = Effect.gen(function* () {
  const { folder, program } = yield* workshop
  yield* Effect.addFinalizer(() => strike)
  const people: Array<Person> = []
  const offences: Array<string> = []
  for (const { host, ids, space } of halves) {
    for (const id of ids) {
      const own = Path.join(folder, id)
      Fs.mkdirSync(own)
      const settings = ["--host", host, "--insecure", "--silence", "3"]
      const args =
        id === "Server"
          ? ["server", "--port", "4000", ...settings]
          : ["client", id, "0", `${6_000 + Number(id)}`, "--server", `${left.host}:4000`, ...settings]
      const lines: Array<string> = []
      const run = new Run(
        program,
        { args, folder: own, through: through(space) },
        {
          out: (line) => lines.push(line),
          err: (line) => {
            if (!line.startsWith("* ") || line.includes("can't be had")) offences.push(`${id}: ${line}`)
          },
          ended: (how) => how !== 0 && how !== "SIGKILL" && offences.push(`${id} has ended by itself: ${how}`)
        }
      )
      people.push({ id, run, lines, said: 0 })
      yield* Effect.sleep(400)
    }
  }

  const missing = (): ReadonlyArray<string> =>
    people.flatMap((reader) =>
      people.flatMap((author) => {
        if (author === reader) return []
        const title = author.id === "Server" ? "Server" : `Client ${author.id}`
        const shown = reader.lines.filter((line) => line.startsWith(`${title}: line `))
        const wanted = Array.from({ length: author.said }, (_, index) => `${title}: line ${index + 1}`)
        return shown.length === wanted.length && shown.every((line, index) => line === wanted[index])
          ? []
          : [`${reader.id} shows ${shown.length} of the ${wanted.length} lines of ${author.id}, in order and once`]
      })
    )
  const everyoneTalks = (rounds: number) =>
    Effect.repeatN(
      Effect.sync(() => {
        for (const person of people) {
          person.said += 1
          person.run.types(`line ${person.said}\n`)
        }
      }).pipe(Effect.zipRight(Effect.sleep(250))),
      rounds - 1
    )
  const settle = Effect.gen(function* () {
    const since = Date.now()
    while (missing().length > 0 && Date.now() - since < 30_000) yield* Effect.sleep(20)
    return Date.now() - since
  })

  yield* Effect.sleep(2_000)
  yield* everyoneTalks(20)
  console.log(`before the cut, everything is on every screen after ${yield* settle} ms`)
  offences.push(...missing())
  route((other) => ["blackhole", other])
  yield* everyoneTalks(seconds * 4)
  const behind = missing().length
  if (behind === 0) offences.push("the cut did not cut")
  console.log(`cut for ${seconds} s: ${behind} pairs of a reader and an author miss something`)
  route((other, wire) => [other, "dev", wire])
  const healed = yield* settle
  console.log(`healed: everything is on every screen, once and in order, after ${healed} ms (at most ${limit})`)
  if (healed > limit) offences.push(`that took ${healed} ms`)
  yield* Effect.sleep(1_000)
  offences.push(...missing())
  console.log(`${people.reduce((sum, { said }) => sum + said, 0)} lines said, ${offences.length} violations`)
  for (const offence of offences.slice(0, 20)) console.log(`! ${offence}`)
  return offences.length === 0
}).pipe(Effect.scoped)

orSkip("split", { make: makeSpaces, remove: removeSpaces })
runAsProgram(split)
