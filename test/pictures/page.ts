/**
 * The pictures of the page, from a real browser at a real node whose server was killed. A picture of a browser depends on
 * the letters of the machine, so it can't be compared. Its size is: it must stay what it was.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { freePorts, Run, strike, workshop } from "../soak/Node.ts"
import { NotSeen } from "../support/Screen.ts"
import { hasBrowser, launch, open, type Tab } from "../web/Browser.ts"

const viewport = { width: 1_160, height: 740 }

/** Pixels of the picture to one of the page. */
const scale = 1.5

/** Runs in the page: times and round trips are drawn as one, so that the picture shows the same each time. */
const settle = () => {
  const { document } = globalThis as unknown as {
    document: { querySelectorAll: (selector: string) => Iterable<{ textContent: string }> }
  }
  for (const time of document.querySelectorAll(".log time")) time.textContent = "09:41"
  for (const element of document.querySelectorAll(".banner, .way")) {
    element.textContent = element.textContent.replace(/\d\d:\d\d/, "09:41").replace(/direct, .*/, "direct, 0.4 ms")
  }
}

/** The width and height of a PNG. */
const sizeOf = (png: Buffer): string => `${png.readUInt32BE(16)} × ${png.readUInt32BE(20)}`

const draw = (tab: Tab, file: string) =>
  Effect.gen(function* () {
    yield* tab.does((page) => page.evaluate(settle))
    const png = yield* tab.does((page) => page.screenshot({ animations: "disabled", caret: "hide" }))
    const before = Fs.existsSync(file) ? sizeOf(Fs.readFileSync(file)) : sizeOf(png)
    if (sizeOf(png) !== before) return yield* new NotSeen({ message: `${file} was ${before}, and is ${sizeOf(png)}` })
    Fs.writeFileSync(file, png)
    console.log(Path.relative(process.cwd(), file))
  })

/** A chat of a server and three clients in a few rooms, and the page of one of them. */
const gather = Effect.gen(function* () {
  const { folder, program } = yield* workshop
  yield* Effect.addFinalizer(() => strike)
  const [port = 0] = yield* freePorts(1)
  const heard: Array<string> = []
  const start = (...args: ReadonlyArray<string>) =>
    new Run(
      program,
      { args, folder },
      { out: (line) => heard.push(`${args[1]} ${line}`), err: (line) => heard.push(line), ended: () => {} }
    )
  const hears = (what: RegExp) =>
    Effect.suspend(() =>
      Effect.fromNullable(heard.map((line) => what.exec(line)?.[0]).find((found) => found !== undefined))
    ).pipe(
      Effect.retry(Schedule.spaced("10 millis")),
      Effect.timeoutFail({
        duration: "30 seconds",
        onTimeout: () => new NotSeen({ message: `waited in vain for ${what}\n${heard.join("\n")}` })
      })
    )
  const server = start("server", "--port", `${port}`)
  yield* hears(/The server listens/)
  const join = (id: string, ...more: ReadonlyArray<string>) =>
    start("client", id, "0", "0", "--server", `localhost:${port}`, ...more)
  const rooms = (...names: ReadonlyArray<string>) => names.flatMap((name) => ["--room", name])
  const anna = join("anna", "--web", "0", ...rooms("ops", "releases"))
  yield* hears(/^anna Client anna: initiated/)
  const link = yield* hears(/http:\S+/)
  const bo = join("bo", "--json", ...rooms("ops", "releases"))
  yield* hears(/^anna Client bo: initiated/)
  const kim = join("kim", "--json", ...rooms("ops", "lunch"))
  yield* hears(/^anna Client kim: initiated/)
  return { server, anna, bo, kim, link }
})

/** Draws `page-light.png` and `page-dark.png` into a folder. */
export const drawPage = (folder: string) =>
  Effect.gen(function* () {
    if (!hasBrowser) return yield* new NotSeen({ message: "This takes chromium-headless-shell." })
    const { bo, kim, link, server } = yield* gather
    const browser = yield* Effect.acquireRelease(
      Effect.promise(() => launch()),
      (launched) => Effect.promise(() => launched.close())
    )
    const tab = yield* open(browser, link, { viewport, deviceScaleFactor: scale })
    const says = (who: Run, text: string, where: object = { room: "main" }) =>
      Effect.sync(() => who.types(`${JSON.stringify({ type: "say", text, ...where })}\n`))
    const talks = (who: Run, text: string) =>
      Effect.zipRight(
        says(who, text),
        tab.does(() => tab.log.getByText(text).waitFor())
      )
    bo.types(`${JSON.stringify({ type: "run", command: "topic", arguments: "main Release 0.3 on Thursday" })}\n`)
    yield* tab.does((page) => page.locator(".bar .topic").waitFor())
    server.types("Welcome, all three!\n")
    yield* tab.does(() => tab.log.getByText("Welcome, all three!").waitFor())
    yield* tab.says("Good morning. Who reads the release notes?")
    yield* tab.sees("Good morning. Who reads the release notes?")
    yield* talks(bo, "I have: https://example.org/notes/0.3")
    yield* says(bo, "$ df -h /srv\nFilesystem      Size  Used Avail Use%\n/dev/nvme0n1p2  458G  280G  178G  62%")
    yield* tab.does(() => tab.log.getByText("/dev/nvme0n1p2").waitFor())
    yield* talks(kim, "The build is green 🚀 @anna, shall we?")
    yield* says(bo, "Disk of db-2 is at 94 %", { room: "ops" })
    yield* says(kim, "On it", { room: "ops" })
    yield* says(kim, "Cake in the kitchen at three", { to: ["anna"] })
    server.gets("SIGKILL")
    yield* tab.does((page) => page.getByText(/^Server has been away/).waitFor())
    yield* tab.says("The server is gone, I think.")
    yield* tab.sees("The server is gone, I think.")
    yield* talks(bo, "I had not noticed")
    yield* tab.does((page) => page.getByRole("button", { name: /^kim 1 unread/ }).waitFor())
    yield* tab.does((page) => page.getByRole("button", { name: /^Who is there/ }).click())
    yield* tab.does((page) => page.getByText(/^is being dialled/).waitFor())
    yield* tab.does(() => tab.log.getByText(/^Delivered to/).waitFor({ state: "attached" }))
    yield* tab.does(() => tab.input.fill("Let's ship it"))
    for (const colorScheme of ["light", "dark"] as const) {
      yield* tab.does((page) => page.emulateMedia({ colorScheme }))
      yield* draw(tab, Path.join(folder, `page-${colorScheme}.png`))
    }
  })
