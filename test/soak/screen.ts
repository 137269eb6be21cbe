/**
 * What lines that come in cost a terminal: `npm run screen`. A server on pipes and a client at a terminal get the same lines from one
 * author, each a write of its own; the processor time of the terminal's process is held against the server's, so that the machine's speed
 * cancels out. Then many more come as fast as they can, and its memory must stay where it was.
 */
import { parseArgs } from "node:util"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { cpuOf } from "../../bench/Processes.ts"
import { runAsProgram } from "../support/program.ts"
import { open } from "../support/Screen.ts"
import { hasTerminals } from "../support/terminal.ts"
import { freePorts, Run, rssOf, strike, workshop } from "./Node.ts"

const { values } = parseArgs({
  options: { lines: { type: "string", default: "10000" }, flood: { type: "string", default: "100000" } }
})
const lines = Number(values.lines)
const flood = Number(values.flood)

/** In ms: lines that come closer than that become one write somewhere on their way. */
const apart = 0.2

/** As `layers/console/LiveScreen.ts` has it, in ms. A timer goes off up to one earlier. */
const frame = 16

/** It was 1.1 to 1.3: taking lines in costs more than drawing them. */
const mostOverPipe = 2

/** What is drawn anew below what comes in is a few dozen letters a frame, whatever there is to show. */
const mostOverText = 2

/** In MiB: what the last nine tenths of the flood may add. Garbage that is not collected yet is part of it. */
const mostGrowth = 48

const everySoOften = Schedule.spaced("5 millis")

const after = (millis: number): Promise<void> => {
  const end = performance.now() + millis
  // A timer of less than a millisecond is none.
  const look = (): Promise<void> =>
    new Promise((resolve) => setImmediate(() => resolve(performance.now() < end ? look() : undefined)))
  return look()
}

const mib = (bytes: number): number => bytes / 2 ** 20

const flooding = Effect.gen(function* () {
  if (!hasTerminals) {
    console.log("This takes `script`, of util-linux: skipped.")
    return true
  }
  const { folder, program } = yield* workshop
  yield* Effect.addFinalizer(() => strike)
  const [port = 0] = yield* freePorts(1)
  const unlimited = ["posts", "bytes"].flatMap((limit) => [`--limit-${limit}`, "1000000000"])
  const has = (what: () => boolean) =>
    Effect.repeat(Effect.sync(what), { until: (held) => held, schedule: everySoOften })

  let listens = false
  let seenByServer = ""
  const server = new Run(
    program,
    { args: ["server", "--port", `${port}`, ...unlimited], folder },
    {
      out: (line) => {
        seenByServer = line
      },
      err: () => {
        listens = true
      },
      ended: () => {}
    }
  )
  yield* has(() => listens)
  const there = ["0", "0", "--server", `localhost:${port}`, ...unlimited]
  const screen = yield* open(
    [process.execPath, program, "client", "reader", ...there],
    { rows: 24, columns: 80 },
    folder
  )
  yield* screen.shows(/Client reader: initiated/)
  const author = new Run(
    program,
    { args: ["client", "author", ...there], folder },
    { out: () => {}, err: () => {}, ended: () => {} }
  )
  yield* screen.shows(/Client author: initiated/)
  const reader = yield* screen.pid

  const line = (index: number) => `line ${index} of what people say to each other`
  const seen = (index: number) =>
    Effect.zipRight(
      screen.shows(new RegExp(`: ${line(index)}`)),
      has(() => seenByServer.endsWith(line(index)))
    )
  const before = {
    cpu: yield* cpuOf(reader),
    pipe: yield* cpuOf(server.pid),
    at: yield* Clock.currentTimeMillis,
    ...screen.came()
  }
  for (let index = 0; index < lines; index += 1) {
    author.types(`${line(index)}\n`)
    yield* Effect.promise(() => after(apart))
  }
  yield* seen(lines - 1)
  const took = (yield* Clock.currentTimeMillis) - before.at
  const cpu = (yield* cpuOf(reader)) - before.cpu
  const pipe = (yield* cpuOf(server.pid)) - before.pipe
  const { drawings, units } = screen.came()
  const drawn = drawings - before.drawings
  const text = Array.from({ length: lines }, (_, index) => `Client author: ${line(index)}\r\n`.length).reduce(
    (sum, each) => sum + each,
    0
  )
  const overText = (units - before.units) / text

  const tenth = Math.floor(flood / 10)
  const pour = (from: number, to: number) =>
    Effect.zipRight(
      Effect.sync(() =>
        author.types(Array.from({ length: to - from }, (_, index) => `${line(from + index)}\n`).join(""))
      ),
      seen(to - 1)
    )
  yield* pour(lines, lines + tenth)
  const early = rssOf(reader)
  for (let part = 1; part < 10; part += 1) yield* pour(lines + part * tenth, lines + (part + 1) * tenth)
  const late = rssOf(reader)

  console.log(
    [
      `${lines} lines one by one: ${cpu.toFixed(2)} s of the terminal's process, ${(cpu / pipe).toFixed(2)} times a pipe's (at most ${mostOverPipe})`,
      `${drawn} drawings in ${took} ms (at most one each ${frame} ms), ${overText.toFixed(2)} times the text (at most ${mostOverText})`,
      `${flood} more: ${mib(early).toFixed(0)} MiB after a tenth, ${mib(late).toFixed(0)} MiB after all (at most ${mostGrowth} more)`
    ].join("\n")
  )
  return (
    cpu <= mostOverPipe * pipe &&
    drawn <= took / (frame - 1) + 1 &&
    overText <= mostOverText &&
    mib(late - early) <= mostGrowth
  )
}).pipe(Effect.scoped)

runAsProgram(flooding)
