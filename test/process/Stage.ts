/** A stage for real processes. A test can wait for lines on the screen of each, and no process outlives the test. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert } from "@effect/vitest"
import type Xterm from "@xterm/headless"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { atTerminal, emulator } from "../support/terminal.ts"

const projectRoot = Path.resolve(import.meta.dirname, "../..")

/** How long to wait for anything, so that a busy machine fails no test. */
const waitLimit = "20 seconds"

/** A wait has timed out. The message shows all screens. */
export class Missed extends Data.TaggedError("Missed")<{ readonly message: string }> {}

export interface Options {
  /** The folder to run in; by default that of the stage. */
  readonly folder?: string
  readonly env?: Readonly<Record<string, string>>
  /** Whether to read its stdout from the start; true by default. */
  readonly read?: boolean
  /** Whether it runs at a terminal of 24 rows and 80 columns; by default it runs on pipes. */
  readonly terminal?: boolean
}

/** The size of every terminal on the stage, until a test resizes it. */
const size = { rows: 24, columns: 80 }

export interface ClientOptions extends Options {
  /** PORT1; any port by default. */
  readonly port?: number
  /** PORT2; any port by default. */
  readonly listen?: number
  readonly args?: ReadonlyArray<string>
}

/** How a process ended: its status, or the signal that ended it. */
export type Ending = number | NodeJS.Signals

/** The ports of a socket. */
interface Ends {
  readonly local: number
  readonly remote: number
}

export class Actor {
  /** The lines of its stdout. At a terminal: the rendered lines, without notices, typed lines, and the status. */
  readonly out: Array<string> = []
  /** The lines of its stderr. At a terminal: the rendered notices. */
  readonly err: Array<string> = []
  /** The emulator of its terminal, if it has one. */
  readonly terminal: Xterm.Terminal | undefined
  /** How often something was drawn on its terminal. */
  drawn = 0
  /** All output on its stdout, unchanged. */
  raw = ""
  ending: Ending | undefined
  readonly name: string
  readonly child: ChildProcess
  readonly #stage: Stage
  readonly #expected: Array<string> = []
  readonly #noticed = new Map<string, number>()

  constructor(stage: Stage, name: string, child: ChildProcess, { read = true, terminal = false }: Options) {
    this.#stage = stage
    this.name = name
    this.child = child
    this.terminal = terminal ? emulator(size) : undefined
    if (terminal) this.#render()
    else if (read) this.read()
    this.#collect(child.stderr, this.err)
    child.stdin?.on("error", () => {})
    child.on("close", (status, signal) => {
      const ended = () => {
        this.ending = signal ?? status ?? 0
        this.#stage.changed()
      }
      if (this.terminal === undefined) ended()
      else this.terminal.write("", ended)
    })
  }

  get pid(): number {
    return this.child.pid as number
  }

  /** The id of the process at its terminal. */
  get seated(): number {
    return Number(Fs.readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8").trim())
  }

  /** Begins to read its stdout. */
  read(): void {
    this.#collect(this.child.stdout, this.out, (text) => {
      this.raw += text
    })
  }

  /** Types these lines. */
  types(...lines: ReadonlyArray<string>): Effect.Effect<void> {
    return this.keys(lines.map((line) => `${line}\n`).join(""))
  }

  /** Types these characters, without a newline. */
  keys(text: string): Effect.Effect<void> {
    return Effect.sync(() => this.child.stdin?.write(text))
  }

  /** Gives its terminal this many columns. Returns when it has drawn something. */
  resizes(columns: number): Effect.Effect<void, Missed> {
    return Effect.suspend(() => {
      const before = this.drawn
      const device = Fs.readlinkSync(`/proc/${this.seated}/fd/0`)
      // In one step, as a real terminal does it, so that nothing is drawn in between.
      execFileSync("stty", ["-F", device, "cols", `${columns}`])
      this.terminal?.resize(columns, size.rows)
      return this.#stage.until(`${this.name} to draw`, () => this.drawn > before)
    })
  }

  readonly endsInput: Effect.Effect<void> = Effect.sync(() => this.child.stdin?.end())

  gets(signal: NodeJS.Signals): Effect.Effect<void> {
    return Effect.sync(() => this.child.kill(signal))
  }

  /** Waits for each of these lines on stdout. A line that was waited for before must appear once more. */
  sees(...lines: ReadonlyArray<string>): Effect.Effect<void, Missed> {
    return Effect.suspend(() => {
      this.#expected.push(...lines)
      const wanted = lines.map((line) => [line, count(this.#expected, line)] as const)
      return this.#stage.until(`${this.name} to see ${lines.map((line) => `“${line}”`).join(" and ")}`, () =>
        wanted.every(([line, times]) => count(this.out, line) >= times)
      )
    })
  }

  /**
   * Waits for a notice on stderr with this beginning, and returns it. If it was waited for before, it must appear once
   * more.
   */
  notices(beginning: string): Effect.Effect<string, Missed> {
    return Effect.suspend(() => {
      const times = (this.#noticed.get(beginning) ?? 0) + 1
      this.#noticed.set(beginning, times)
      const found = () => this.err.filter((line) => line.startsWith(beginning))
      return Effect.map(
        this.#stage.until(`${this.name} to notice “${beginning}”`, () => found().length >= times),
        () => found()[times - 1] as string
      )
    })
  }

  /** Waits until the process has ended and all of its output has been read. */
  readonly ends: Effect.Effect<Ending, Missed> = Effect.suspend(() =>
    Effect.map(
      this.#stage.until(`${this.name} to end`, () => this.ending !== undefined),
      () => this.ending as Ending
    )
  )

  /** The lines on its screen that no test has waited for, and the lines that a test has waited for in vain. */
  get surprises(): { readonly unexpected: ReadonlyArray<string>; readonly missing: ReadonlyArray<string> } {
    const beyond = (some: ReadonlyArray<string>, others: ReadonlyArray<string>) =>
      [...new Set(some)].filter((line) => count(some, line) > count(others, line))
    return { unexpected: beyond(this.out, this.#expected), missing: beyond(this.#expected, this.out) }
  }

  /** Its TCP sockets, as the kernel sees them. */
  get sockets(): { readonly listening: ReadonlyArray<Ends>; readonly established: ReadonlyArray<Ends> } {
    const inodes = new Set(
      Fs.readdirSync(`/proc/${this.pid}/fd`).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(Fs.readlinkSync(`/proc/${this.pid}/fd/${fd}`))?.[1] ?? []
        } catch {
          return []
        }
      })
    )
    const rows = ["/proc/net/tcp", "/proc/net/tcp6"]
      .flatMap((table) => Fs.readFileSync(table, "utf8").split("\n"))
      .map((row) => row.trim().split(/\s+/))
      .filter((row) => inodes.has(row[9] ?? ""))
    const port = (end: string | undefined) => Number.parseInt(end?.split(":")[1] ?? "", 16)
    const inState = (state: string) =>
      rows.filter((row) => row[3] === state).map((row) => ({ local: port(row[1]), remote: port(row[2]) }))
    return { listening: inState("0A"), established: inState("01") }
  }

  /** All lines that its terminal has shown, from the first on. A line that wraps counts as one. */
  get rendered(): ReadonlyArray<string> {
    const lines: Array<string> = []
    const buffer = this.terminal?.buffer.active
    for (let row = 0; buffer !== undefined && row < buffer.length; row += 1) {
      const line = buffer.getLine(row)
      const wraps = buffer.getLine(row + 1)?.isWrapped ?? false
      // A wide letter that did not fit at the end of the row has left an empty cell there.
      const last = line?.getCell(line.length - 1)
      const unused = wraps && last?.getWidth() === 1 && last.getChars() === "" ? 1 : 0
      const text = line?.translateToString(!wraps, 0, line.length - unused) ?? ""
      if (line?.isWrapped) lines.push((lines.pop() ?? "") + text)
      else lines.push(text)
    }
    return lines
  }

  #render(): void {
    this.child.stdout?.setEncoding("utf8")
    // A terminal answers queries of the program.
    this.terminal?.onData((answer) => this.child.stdin?.write(answer))
    this.child.stdout?.on("data", (text: string) => {
      this.raw += text
      this.terminal?.write(text, () => {
        this.drawn += 1
        const lines = wholeLines(this.rendered).filter(
          (line) => line !== "" && !/^(([#@][\w-]+)?[>…]|──| {2})/.test(line)
        )
        this.out.splice(0, this.out.length, ...lines.filter((line) => !line.startsWith("* ")))
        this.err.splice(0, this.err.length, ...lines.filter((line) => line.startsWith("* ")))
        this.#stage.changed()
      })
    })
  }

  #collect(stream: NodeJS.ReadableStream | null, lines: Array<string>, also: (text: string) => void = () => {}): void {
    let rest = ""
    stream?.setEncoding("utf8")
    stream?.on("data", (text: string) => {
      also(text)
      const parts = (rest + text).split("\n")
      rest = parts.pop() ?? ""
      for (const part of parts) lines.push(part)
      this.#stage.changed()
    })
    stream?.on("end", () => {
      if (rest !== "") lines.push(rest)
    })
  }
}

/** Joins indented rows with the line above them. */
export const wholeLines = (rows: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const row of rows) {
    if (row.startsWith("  ") && lines.length > 0 && !/^(──|$)/.test(lines.at(-1) ?? ""))
      lines.push(lines.pop() + row.slice(2))
    else lines.push(row)
  }
  return lines
}

const count = (lines: ReadonlyArray<string>, line: string): number => {
  let times = 0
  for (const each of lines) if (each === line) times += 1
  return times
}

/** Does something for each of them, all at the same time. */
export const each = <A, B, E, R>(all: ReadonlyArray<A>, act: (one: A) => Effect.Effect<B, E, R>) =>
  Effect.forEach(all, act, { concurrency: "unbounded" })

export class Stage {
  readonly actors: Array<Actor> = []
  readonly ports = new Set<number>()
  /** A variable in the environment of every process that descends from this stage. */
  readonly mark = `OUTLIVE_STAGE=${Crypto.randomUUID()}`
  readonly folder: string
  readonly #scope: Scope.Scope
  readonly #waiting = new Set<() => void>()

  constructor(folder: string, scope: Scope.Scope) {
    this.folder = folder
    this.#scope = scope
  }

  /** Reports that a screen has changed. */
  changed(): void {
    for (const look of this.#waiting) look()
  }

  /** Waits until `holds` is true. It is checked whenever a screen changes. */
  until(what: string | (() => string), holds: () => boolean): Effect.Effect<void, Missed> {
    const wanted = () => (typeof what === "string" ? what : what())
    return Effect.async<void>((resume) => {
      const look = () => {
        if (!holds()) return
        this.#waiting.delete(look)
        resume(Effect.void)
      }
      this.#waiting.add(look)
      look()
      return Effect.sync(() => this.#waiting.delete(look))
    }).pipe(
      Effect.timeoutFail({
        duration: waitLimit,
        onTimeout: () => new Missed({ message: `waited in vain for ${wanted()}\n${this.screens}` })
      })
    )
  }

  /**
   * Waits until a condition outside of the screens is true. It is checked every 20 ms. `seen`: what to show of it when
   * the test fails.
   */
  poll(what: string, holds: () => boolean, seen: () => string = () => ""): Effect.Effect<void, Missed> {
    return Effect.sync(holds).pipe(
      Effect.repeat({ until: (held) => held, schedule: Schedule.spaced("20 millis") }),
      Effect.timeoutFail({
        duration: waitLimit,
        onTimeout: () => new Missed({ message: `waited in vain until ${what}\n${seen()}\n${this.screens}` })
      }),
      Effect.asVoid
    )
  }

  /** Starts a program of the project, or of the system if its name has no slash. */
  start(name: string, command: ReadonlyArray<string>, options: Options = {}) {
    const { env = {}, folder, terminal = false } = options
    return Effect.acquireRelease(
      Effect.sync(() => {
        const [first = "", ...rest] = command
        const located = [first.startsWith("./") ? Path.join(projectRoot, first) : first, ...rest]
        const [program = "", ...args] = terminal ? atTerminal(located, size) : located
        const [key = "", value = ""] = this.mark.split("=")
        const child = spawn(program, args, {
          cwd: folder ?? this.folder,
          env: {
            PATH: process.env["PATH"] ?? "",
            TERM: "xterm",
            LANG: "C.UTF-8",
            XDG_CONFIG_HOME: `${this.folder}/none`,
            [key]: value,
            ...env
          },
          stdio: ["pipe", "pipe", "pipe"]
        })
        const actor = new Actor(this, name, child, options)
        this.actors.push(actor)
        return actor
      }),
      (actor) =>
        Effect.suspend(() => {
          if (actor.ending !== undefined) return Effect.void
          actor.child.kill("SIGKILL")
          actor.child.stdout?.resume()
          return Effect.ignore(actor.ends)
        })
    ).pipe(Scope.extend(this.#scope))
  }

  /** Starts a server at that port. Returns when it listens. */
  server(port: number, args: ReadonlyArray<string> = [], options?: Options) {
    return Effect.tap(this.start("Server", ["./server", "--port", `${port}`, ...args], options), (server) =>
      server.notices(`* The server listens at localhost:${port === 0 ? "" : `${port}.`}`)
    )
  }

  /** Starts a client of the server at that port. Its own ports are any free ones by default. */
  client(id: string, server: number, { args = [], listen = 0, port = 0, ...options }: ClientOptions = {}) {
    const where = ["--server", `localhost:${server}`]
    return this.start(`Client ${id}`, ["./client.out", id, `${port}`, `${listen}`, ...where, ...args], options)
  }

  /**
   * Starts clients 1 to n, each when the one before is in the chat. Returns when every screen has shown the lines that
   * it must.
   */
  clients(n: number, server: Actor, port: number, settings: (id: number) => ClientOptions = () => ({})) {
    return Effect.gen(this, function* () {
      const clients: Array<Actor> = []
      for (let id = 1; id <= n; id += 1) {
        const newcomer = yield* this.client(`${id}`, port, settings(id))
        yield* newcomer.sees(`Client ${id}: initiated`, ...clients.map(({ name }) => `${name}: initiated`))
        yield* each([server, ...clients], (other) => other.sees(`Client ${id}: initiated`))
        clients.push(newcomer)
      }
      return clients
    })
  }

  /** `speaker` says a line, and each of `all` but the speaker sees it. */
  says(speaker: Actor, text: string, all: ReadonlyArray<Actor>) {
    return Effect.zipRight(
      speaker.types(text),
      each(
        all.filter((other) => other !== speaker),
        (other) => other.sees(`${speaker.name}: ${text}`)
      )
    )
  }

  /** Each of `all` says a line, all at the same time. */
  everyoneTalks(all: ReadonlyArray<Actor>, text: string) {
    return each(all, (speaker) => this.says(speaker, `${text}, says ${speaker.name}`, all))
  }

  /** All clients leave, one after the other; then the server ends. The others see each of them leave. */
  everyoneLeaves(clients: ReadonlyArray<Actor>, server: Actor) {
    return Effect.gen(this, function* () {
      let others = [server, ...clients]
      for (const client of clients) {
        others = others.filter((other) => other !== client)
        yield* client.types("Exit")
        yield* each(others, (other) => other.notices(`* ${client.name} left`))
        assert.strictEqual(yield* client.ends, 0)
      }
      yield* server.types("Exit")
      assert.strictEqual(yield* server.ends, 0)
    })
  }

  /**
   * Waits until all have ended. Then no screen may have a line too many or too few, no process may be left, and all
   * ports must be free.
   */
  get curtain() {
    return Effect.gen(this, function* () {
      yield* each(this.actors, (actor) => actor.ends)
      for (const actor of this.actors) {
        assert.deepStrictEqual(actor.surprises, { unexpected: [], missing: [] }, `the whole screen of ${actor.name}`)
      }
      assert.deepStrictEqual(this.leftovers, [], "processes that are left")
      for (const port of this.ports) assert.isTrue(yield* isFree(port), `port ${port} is free again`)
    })
  }

  /** The lines of ports.txt in the stage's folder; none if there is no such file. */
  get portsFile(): ReadonlyArray<string> {
    const path = Path.join(this.folder, "ports.txt")
    const text = Fs.existsSync(path) ? Fs.readFileSync(path, "utf8") : ""
    return text.split("\n").filter((line) => /^\S+ \S+:\d+$/.test(line))
  }

  /** Free ports that the system does not hand out to programs that ask for any port. */
  freePorts(n: number) {
    return Effect.gen(this, function* () {
      const found: Array<number> = []
      while (found.length < n) {
        const port = Crypto.randomInt(10_000, 32_000)
        if (this.ports.has(port) || !(yield* isFree(port))) continue
        this.ports.add(port)
        found.push(port)
      }
      return found as [number, ...Array<number>] & ReadonlyArray<number>
    })
  }

  /** The processes that descend from this stage and still run. */
  get leftovers(): ReadonlyArray<string> {
    return Fs.readdirSync("/proc").filter((pid) => {
      try {
        return /^\d+$/.test(pid) && Fs.readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(this.mark)
      } catch {
        return false
      }
    })
  }

  /** The present content of all screens, for a test that fails. */
  get screens(): string {
    return this.actors
      .map(({ ending, err, name, out }) => {
        const state = ending === undefined ? "running" : `ended: ${ending}`
        return [`── ${name} (${state})`, ...tail(out), ...tail(err).map((line) => `! ${line}`)].join("\n")
      })
      .join("\n")
  }
}

/** The end of a long screen. */
const tail = (lines: ReadonlyArray<string>) => lines.slice(-40).map((line) => line.slice(0, 100))

/** Whether the port is free. */
export const isFree = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const server = Net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen({ host: "localhost", port }, () => server.close(() => resume(Effect.succeed(true))))
  })

/** A stage with a folder of its own. When the scope closes, its processes are killed and the folder is removed. */
export const make: Effect.Effect<Stage, never, Scope.Scope> = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-"))),
    (made) => Effect.sync(() => Fs.rmSync(made, { recursive: true, force: true }))
  )
  return new Stage(folder, yield* Effect.scope)
})
