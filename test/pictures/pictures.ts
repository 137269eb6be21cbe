/**
 * The pictures of the README and the manual, from real screens: `npm run pictures`. A server and three clients talk at
 * terminals of their own, and what those show is drawn into docs/pictures/. Times of day are drawn as one time, so that
 * a picture changes only if a screen does.
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { isFree } from "../soak/Node.ts"
import { NotSeen, open, type Screen } from "../support/Screen.ts"
import { hasTerminals } from "../support/terminal.ts"
import { drawPage } from "./page.ts"
import { looks, picture } from "./svg.ts"

const folder = Path.resolve("docs/pictures")

const size = { rows: 14, columns: 62 }

/** Others tell once a second what they have: by then a line is among those that scroll. */
const settling = "1500 millis"

const draw = (name: string, title: string, windows: ReadonlyArray<readonly [string, Screen]>, across: number) =>
  Effect.sync(() => {
    const open = windows.map(([of, { terminal }]) => ({ title: of, terminal }))
    for (const [look, colours] of Object.entries(looks)) {
      const file = Path.join(folder, `${name}-${look}.svg`)
      Fs.writeFileSync(file, picture(title, open, across, colours))
      console.log(Path.relative(process.cwd(), file))
    }
  })

const ids = ["anna", "bo", "kim"]

/** A server and three clients, each at a terminal of its own, until the scope closes. */
const gather = Effect.gen(function* () {
  const ports = [4000, 5001, 5002, 5003, 6001, 6002, 6003]
  // The nodes of the picture before may still leave.
  const areFree = Effect.forEach(ports, (port) =>
    Effect.filterOrFail(
      isFree(port),
      (free) => free,
      () => new NotSeen({ message: `Port ${port} is in use: end what listens there.` })
    )
  )
  yield* Effect.retry(areFree, Schedule.spaced("1 second").pipe(Schedule.upTo("20 seconds")))
  const cwd = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-"))),
    (made) => Effect.sync(() => Fs.rmSync(made, { recursive: true, force: true }))
  )
  const run = (program: string, ...args: ReadonlyArray<string>) => open([Path.resolve(program), ...args], size, cwd)
  const server = yield* run("server")
  yield* server.shows(/The server listens/)
  const clients: Array<Screen> = []
  for (const [index, id] of ids.entries()) {
    const client = yield* run("client.out", id, `${5001 + index}`, `${6001 + index}`)
    for (const each of [server, client, ...clients]) yield* each.shows(new RegExp(`Client ${id}: initiated`))
    for (const other of ids.slice(0, index)) yield* client.shows(new RegExp(`Client ${other}: initiated`))
    clients.push(client)
  }
  return { server, clients: clients as [Screen, Screen, Screen] }
})

/** Types a line, and waits until these screens show its text. */
const saysTo = (speaker: Screen, text: string, others: ReadonlyArray<Screen>) => {
  const shown = new RegExp(text.replace(/[.?@]/g, "\\$&"))
  return Effect.zipRight(
    speaker.types(`${text}\r`),
    Effect.forEach(others, (each) => each.shows(shown), { discard: true })
  )
}

const titles = [
  "./server    (killed by SIGKILL)",
  "./client.out anna 5001 6001",
  "./client.out bo 5002 6002",
  "./client.out kim 5003 6003"
]

const withoutServer = Effect.gen(function* () {
  const { clients, server } = yield* gather
  const [anna, bo, kim] = clients as [Screen, Screen, Screen]
  const everyone = [server, anna, bo, kim]
  const all = (row: RegExp, but?: Screen) =>
    Effect.forEach(
      everyone.filter((each) => each !== but),
      (each) => each.shows(row),
      { discard: true }
    )
  const says = (speaker: Screen, text: string) =>
    saysTo(
      speaker,
      text,
      everyone.filter((each) => each !== speaker)
    )

  yield* says(server, "Welcome, all three!")
  yield* says(anna, "Good morning. Who reads the release notes?")
  yield* says(bo, "I have. @kim, is the build green?")
  yield* says(kim, "It is 🚀")
  yield* Effect.sleep(settling)

  // The server dies; everybody goes on.
  process.kill(yield* server.pid, "SIGKILL")
  everyone.shift()
  yield* all(/the chat goes on/)
  yield* all(/server down since/)
  yield* says(anna, "The server is gone.")
  yield* says(bo, "I had not noticed")
  yield* Effect.sleep(settling)
  yield* kim.types("Let's ship it th")
  yield* kim.shows(/ship it th/)
  yield* Effect.sleep(settling)
  const windows = [server, ...clients].map((screen, index) => [titles[index] ?? "", screen] as const)
  yield* draw("chat", "Four terminals: the server has been killed, and three clients go on to talk", windows, 2)

  // One is left, and goes on to type.
  yield* bo.types("Exit\r")
  yield* anna.shows(/bo left/)
  yield* kim.types("\u0015Exit\r")
  yield* anna.shows(/kim left/)
  yield* anna.types("Nobody has this yet,\rbut whoever comes back will.\r")
  yield* anna.shows(/· 2 undelivered/)
  yield* anna.types("\u001b[200~What is pasted is one message,\rhowever many lines it has: :ro\u001b[201~\t")
  yield* anna.shows(/^── .*rocket/)
  yield* draw("typing", "A terminal: lines that no peer has yet, and what Tab offers", [[titles[1] ?? "", anna]], 1)
})

const inRooms = Effect.gen(function* () {
  const { clients } = yield* gather
  const [anna, bo, kim] = clients
  yield* saysTo(kim, "Cake in the kitchen at three!", [anna, bo])
  yield* Effect.sleep(settling)
  yield* anna.types("/join ops\r")
  yield* anna.shows(/You are in #ops/)
  yield* bo.types("/join ops\r")
  yield* bo.shows(/You are in #ops/)
  yield* kim.types("/join lunch\r")
  yield* kim.shows(/You are in #lunch/)
  yield* kim.types("/join ops\r")
  yield* kim.shows(/You are in #ops/)
  yield* bo.types("/join lunch\r")
  yield* bo.shows(/You are in #lunch/)
  yield* kim.types("\u001b1")
  yield* kim.shows(/^> *$/)
  yield* bo.types("\u001b2")
  yield* bo.shows(/^#ops> *$/)
  yield* saysTo(bo, "Disk of db-2 is at 94 %", [anna, kim])
  yield* saysTo(anna, "On it. @kim, can you take the alert?", [bo, kim])
  yield* Effect.sleep(settling)
  yield* bo.types("\u001b3")
  yield* bo.shows(/^#lunch> *$/)
  yield* saysTo(bo, "Noodles today?", [kim])
  yield* saysTo(kim, "Back at my desk", [anna, bo])
  yield* Effect.sleep(settling)
  yield* anna.types("Old logs are gone, 61 % n")
  yield* anna.shows(/61 % n$/)
  yield* kim.shows(/#ops 2! #lunch 1/)
  const windows = [anna, kim].map((screen, index) => [titles[index === 0 ? 1 : 3] ?? "", screen] as const)
  yield* draw("rooms", "Two terminals: anna talks in the room ops, kim is told what is new there", windows, 2)
})

const story = Effect.gen(function* () {
  if (!hasTerminals) return yield* new NotSeen({ message: "This takes `script`, of util-linux." })
  yield* Effect.scoped(withoutServer)
  yield* Effect.scoped(inRooms)
  yield* Effect.scoped(drawPage(folder))
})

NodeRuntime.runMain(story)
