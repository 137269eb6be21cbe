/** F16: what other rooms cost, and how long it takes to join one. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Room } from "../../src/domain/Post.ts"
import { type BenchFailed, folder, freePort, pipe, typeInto } from "../Processes.ts"
import { median } from "../stats.ts"
import { client, clientAt, inRooms, server } from "../systems/outlive.ts"
import { pace, saidBefore, teller } from "../systems/teller.ts"
import { sit } from "../Terminals.ts"
import { type Cell, type Effort, type Figures, named, type Work } from "../Work.ts"
import { busy, cost, speed, talk } from "./fanOut.ts"

const readers = 100
const others = Array.from({ length: 20 }, (_, at) => Room.make(`r${at + 1}`))
const [alone, beside] = ["alone", "with 20 other rooms"]

/** The author of F1 in these rooms besides `main`, linked with somebody who talks there. */
const talkBeside = (rooms: ReadonlyArray<Room>, { quick, time, warm }: Effort): Cell["run"] =>
  Effect.gen(function* () {
    const author = yield* inRooms(rooms).start
    const lost = yield* teller(Number(author.sink.split(":")[1]), rooms)
    const system = { name: "outlive", start: Effect.succeed(author) }
    // Longer than F1: the goal is so close that what V8 compiles meanwhile would decide.
    const lasts = quick ? { time, warm } : { time: time * 3, warm: warm * 3 }
    return yield* Effect.raceFirst(talk(system, readers, { window: 64, ...lasts }), lost)
  })

/** How often somebody joins the room in each round. */
const times = 7

/** So many lines are said at a time. */
const atOnce = 500

/** By then a newcomer has a link to the server, which has told in which rooms it is. */
const settling = "500 millis"

/** A line that fits into a row of the terminal. */
const textOf = (n: number) => `line ${n} of what was said here`

/** A server that carries a room with this many lines. Whoever said them has left. Returns its port. */
const carrier = (lines: number): Effect.Effect<number, BenchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const port = yield* freePort
    yield* server(port)
    const stdin = yield* pipe
    const author = yield* client("author", yield* freePort, port, { stdin, rooms: ["ops"] })
    for (let said = 0; said < lines; said += atOnce) {
      const count = Math.min(atOnce, lines - said)
      yield* typeInto(stdin, Array.from({ length: count }, (_, at) => `${textOf(said + at + 1)}\n`).join(""))
    }
    // A client that leaves waits until the server has its lines.
    yield* typeInto(stdin, "Exit\n")
    yield* author.ended
    return port
  })

/** A newcomer at a terminal joins that room. In ms from the Enter key: to the last line of history, and to the answer. */
const joining = (id: string, port: number, lines: number) =>
  Effect.gen(function* () {
    const { hears, type } = yield* sit({ ...clientAt(id, port), cwd: yield* folder, ready: /initiated/ })
    yield* Effect.sleep(settling)
    const begun = performance.now()
    const since = Effect.sync(() => performance.now() - begun)
    yield* type("/join ops\r")
    yield* hears(new RegExp(textOf(lines)))
    const shown = yield* since
    yield* hears(/You are in #ops\. Server is there too\./)
    return { shown, answered: yield* since }
  }).pipe(Effect.scoped)

const joinings = (lines: number, quick: boolean): Cell["run"] =>
  Effect.gen(function* () {
    const port = yield* carrier(lines)
    const took = yield* Effect.forEach(
      Array.from({ length: quick ? 2 : times }, (_, at) => `c${at + 1}`),
      (id) => joining(id, port, lines)
    )
    return { shown: median(took.map(({ shown }) => shown)), answered: median(took.map(({ answered }) => answered)) }
  })

const many = 10_000
const linesOf = (quick: boolean) => (quick ? [many] : [100, many])
const titleOf = (lines: number) => `${lines.toLocaleString("en")} lines`

const [shown, answered] = [named("shown"), named("answered")]

export const F16: Work = {
  name: "F16",
  title: "Rooms",
  how:
    `_Talk_: F1 with ${readers} readers and 64 lines under way in \`main\`, three times as long. The author has one more peer, which reads what comes and drops it. _${beside}_: the author has joined them, the peer has said ` +
    `${saidBefore} lines in each of them before, and says one in one of them each ${pace} ms; the author shows them. The readers are in \`main\` alone. Talk that fast soon has what the log keeps to itself. ` +
    `_Joining_: a client types lines in \`#ops\` and leaves; a server that carries all rooms has them. Its log keeps at most 10,000 entries, posts and events together. Then others come at a terminal (\`script\` of util-linux), one after the other, and type \`/join ops\`, which shows the last 20 lines. ` +
    `From the Enter key until the last of them is on the screen, and until \`You are in #ops\` is. In each round the median of ${times}.`,
  cells: (effort) => [
    { system: "talk", at: alone, run: talkBeside([], effort) },
    { system: "talk", at: beside, run: talkBeside(others, effort) },
    ...linesOf(effort.quick).map((lines) => ({
      system: "joining",
      at: titleOf(lines),
      run: joinings(lines, effort.quick)
    }))
  ],
  report: (results) => {
    const ratio = (figure: (figures: Figures) => number) =>
      results.of("talk", beside, figure) / results.of("talk", alone, figure)
    const row = (what: string, figure: (figures: Figures) => number, digits: number) => [
      what,
      ...[alone, beside].map((at) => results.of("talk", at, figure).toFixed(digits)),
      ratio(figure).toFixed(3)
    ]
    const sizes = linesOf(false).map(titleOf)
    const millis = (figure: (figures: Figures) => number) =>
      sizes.map((at) => results.of("joining", at, figure).toFixed(0))
    return {
      tables: [
        {
          title: "Talk in main",
          head: ["", alone, beside, "ratio"],
          rows: [
            row("CPU a delivery, µs", cost, 3),
            row("deliveries a second, million", (figures) => speed(figures) / 1e6, 3),
            row("the load generator's busy time, %", busy, 0)
          ]
        },
        {
          title: "Joining a room, ms",
          head: ["", ...sizes],
          rows: [
            ["until the last line is shown", ...millis(shown)],
            ["until the answer is shown", ...millis(answered)]
          ]
        }
      ],
      plots: [],
      verdicts: [
        { goal: `CPU a delivery, ${beside}, × alone`, value: ratio(cost), most: 1.05 },
        { goal: `deliveries a second, ${beside}, × alone`, value: ratio(speed), least: 0.95 },
        {
          goal: `ms to the first screen of a room with ${titleOf(many)}`,
          value: results.of("joining", titleOf(many), shown),
          most: 200
        },
        { goal: `ms to its answer, ${titleOf(many)}`, value: results.of("joining", titleOf(many), answered), most: 200 }
      ]
    }
  }
}
