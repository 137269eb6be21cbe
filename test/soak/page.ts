/**
 * What lines that come in cost the page: `npm run page`. A client has a page in a real browser, and another one says lines
 * at a steady pace. Meanwhile a button is clicked again and again: what it shows must be drawn soon. The memory of the page
 * must stay where it was.
 */
import { parseArgs } from "node:util"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { runAsProgram } from "../support/program.ts"
import { hasBrowser, launch, open } from "../web/Browser.ts"
import { freePorts, Run, strike, workshop } from "./Node.ts"

const { values } = parseArgs({
  options: { pace: { type: "string", default: "1000" }, seconds: { type: "string", default: "10" } }
})
/** Lines a second. */
const pace = Number(values.pace)
const seconds = Number(values.seconds)

/** From a click to what it shows, drawn, in ms: of nine clicks in ten, since others may use the machine. */
const mostToAnswer = 100

/** What the page may hold more at the end than after a third of the time, in MiB, garbage not counted. */
const mostGrowth = 4

/** Lines are written so often, in ms. */
const turn = 10

/** Runs in the page: notes for each click how long after the pointer's event what it shows was drawn, in ms. */
const noteClicks = () => {
  const { document, requestAnimationFrame } = globalThis as unknown as {
    document: {
      addEventListener: (name: string, heard: (event: { timeStamp: number }) => void, capture: boolean) => void
    }
    requestAnimationFrame: (then: () => void) => void
  }
  const answers: Array<number> = []
  Object.assign(globalThis, { answers })
  document.addEventListener(
    "click",
    ({ timeStamp }) => requestAnimationFrame(() => setTimeout(() => answers.push(performance.now() - timeStamp))),
    true
  )
}

const flooding = Effect.gen(function* () {
  if (!hasBrowser) {
    console.log("This takes chromium-headless-shell: skipped.")
    return true
  }
  const { folder, program } = yield* workshop
  yield* Effect.addFinalizer(() => strike)
  const [port = 0] = yield* freePorts(1)
  const unlimited = ["posts", "bytes"].flatMap((limit) => [`--limit-${limit}`, "1000000000"])
  const heard: Array<string> = []
  const start = (...args: ReadonlyArray<string>) =>
    new Run(
      program,
      { args: [...args, ...unlimited], folder },
      { out: (line) => heard.push(line), err: (line) => heard.push(line), ended: () => {} }
    )
  const hears = (what: RegExp) =>
    Effect.suspend(() =>
      Effect.fromNullable(heard.map((line) => what.exec(line)?.[0]).find((found) => found !== undefined))
    ).pipe(Effect.retry(Schedule.spaced("5 millis")), Effect.timeout("20 seconds"))
  start("server", "--port", `${port}`)
  yield* hears(/The server listens/)
  const there = ["0", "0", "--server", `localhost:${port}`]
  start("client", "reader", ...there, "--web", "0")
  yield* hears(/Client reader: initiated/)
  const link = yield* hears(/http:\S+/)
  const author = start("client", "author", ...there)
  yield* hears(/Client author: initiated/)

  const browser = yield* Effect.acquireRelease(
    Effect.promise(() => launch()),
    (launched) => Effect.promise(() => launched.close())
  )
  const tab = yield* open(browser, link)
  yield* tab.does((page) => page.evaluate(noteClicks))
  const devtools = yield* tab.does((page) => page.context().newCDPSession(page))
  const heap = tab.does(async () => {
    await devtools.send("HeapProfiler.collectGarbage")
    const { usedSize } = await devtools.send("Runtime.getHeapUsage")
    return usedSize / 2 ** 20
  })

  let said = 0
  const begun = performance.now()
  const saying = Effect.sync(() => {
    const due = Math.floor(((performance.now() - begun) / 1_000) * pace)
    const lines = Array.from(
      { length: due - said },
      (_, index) => `line ${said + index} of what people say to each other\n`
    )
    said = due
    author.types(lines.join(""))
  }).pipe(Effect.repeat(Schedule.spaced(Duration.millis(turn))))
  yield* Effect.forkScoped(saying)
  const clicking = tab
    .does(() => tab.page.getByRole("button", { name: /^Who is there/ }).click())
    .pipe(Effect.delay("100 millis"), Effect.repeat({ while: () => performance.now() - begun < seconds * 1_000 }))
  yield* Effect.forkScoped(clicking)
  yield* Effect.sleep((seconds * 1_000) / 3)
  const early = yield* heap
  yield* Effect.sleep((seconds * 1_000 * 2) / 3)
  const late = yield* heap
  const answers = yield* tab.does((page) =>
    page.evaluate(() => (globalThis as unknown as { answers: ReadonlyArray<number> }).answers)
  )
  const rows = yield* tab.does(() => tab.log.locator(".line").count())
  const sorted = answers.toSorted((one, other) => one - other)
  const [middle, ninth, slowest] = [0.5, 0.9, 1].map(
    (part) => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.POSITIVE_INFINITY
  ) as [number, number, number]
  console.log(
    [
      `${said} lines in ${seconds} s; the log has ${rows} rows`,
      `${sorted.length} clicks, drawn after ${middle.toFixed(0)} ms in the middle, ${ninth.toFixed(0)} ms nine times in ten (at most ${mostToAnswer}), ${slowest.toFixed(0)} ms at most`,
      `the page holds ${early.toFixed(1)} MiB after a third of the time and ${late.toFixed(1)} at the end (at most ${mostGrowth} more)`,
      ...tab.complaints
    ].join("\n")
  )
  return (
    said >= pace * seconds * 0.9 &&
    sorted.length >= seconds &&
    ninth <= mostToAnswer &&
    late - early <= mostGrowth &&
    tab.complaints.length === 0
  )
})

runAsProgram(Effect.scoped(flooding))
