/** The processes of a soak: each is a node with a name, a folder and ports of its own, and runs many times. */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"

/** What is started, by the arguments of `outlive`, and where. */
export interface Command {
  readonly args: ReadonlyArray<string>
  readonly folder: string
  /** A program to run it with, in place of itself. */
  readonly through?: ReadonlyArray<string>
}

export interface Listener {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
  readonly ended: (how: number | NodeJS.Signals) => void
}

/** All processes that were started and have not ended; none outlives this one, however it ends. */
const running = new Set<ChildProcess>()

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

/** A program that runs, whichever it is. */
export class Process {
  ending: number | NodeJS.Signals | undefined
  readonly child: ChildProcess
  readonly begun = Date.now()

  constructor([first = "", ...rest]: ReadonlyArray<string>, folder: string, listener: Listener) {
    this.child = spawn(first, rest, {
      cwd: folder,
      env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8" },
      stdio: ["pipe", "pipe", "pipe"]
    })
    running.add(this.child)
    this.child.stdin?.on("error", () => {})
    collect(this.child.stdout, listener.out)
    collect(this.child.stderr, listener.err)
    this.child.on("close", (status, signal) => {
      running.delete(this.child)
      this.ending = signal ?? status ?? 0
      listener.ended(this.ending)
    })
  }

  get pid(): number {
    return this.child.pid as number
  }

  types(text: string): void {
    if (this.ending === undefined) this.child.stdin?.write(text)
  }

  gets(signal: NodeJS.Signals): void {
    if (this.ending === undefined) this.child.kill(signal)
  }

  /** The memory that it holds, in bytes. */
  get rss(): number {
    return rssOf(this.pid)
  }

  /** Its established TCP connections. */
  connections(table: ReadonlyMap<string, Ends>): ReadonlyArray<Ends> {
    try {
      return Fs.readdirSync(`/proc/${this.pid}/fd`).flatMap((fd) => {
        const inode = /^socket:\[(\d+)\]$/.exec(Fs.readlinkSync(`/proc/${this.pid}/fd/${fd}`))?.[1]
        return table.get(inode ?? "") ?? []
      })
    } catch {
      return []
    }
  }
}

/** A node that runs: the program `outlive`, built. */
export class Run extends Process {
  constructor(program: string, { args, folder, through = [] }: Command, listener: Listener) {
    super([...through, process.execPath, program, ...args], folder, listener)
  }
}

/** The memory that a process holds, in bytes; none if it has ended. */
export const rssOf = (pid: number): number => {
  try {
    return Number(Fs.readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4_096
  } catch {
    return 0
  }
}

/** The ports of a connection. */
export interface Ends {
  readonly local: number
  readonly remote: number
}

/** The established TCP connections of this machine, by inode. */
export const connectionTable = (): ReadonlyMap<string, Ends> => {
  const port = (end: string | undefined) => Number.parseInt(end?.split(":")[1] ?? "", 16)
  return new Map(
    ["/proc/net/tcp", "/proc/net/tcp6"]
      .flatMap((table) => Fs.readFileSync(table, "utf8").split("\n"))
      .map((row) => row.trim().split(/\s+/))
      .filter((row) => row[3] === "01")
      .map((row) => [row[9] ?? "", { local: port(row[1]), remote: port(row[2]) }] as const)
  )
}

const collect = (stream: NodeJS.ReadableStream | null, take: (line: string) => void): void => {
  let rest = ""
  stream?.setEncoding("utf8")
  stream?.on("data", (text: string) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) take(line)
  })
}

/** A folder that is removed when the scope closes, with the built program in it: a build meanwhile changes nothing here. */
export const workshop = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-soak-"))
    for (const file of [...Fs.readdirSync("dist").filter((name) => /^outlive\..*(cjs|cache)$/.test(name)), "web"]) {
      Fs.cpSync(Path.join("dist", file), Path.join(folder, file), { recursive: true })
    }
    return { folder, program: Path.join(folder, "outlive.cjs") }
  }),
  ({ folder }) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
)

/** Ends everything that still runs, and waits for it. */
export const strike: Effect.Effect<void> = Effect.promise(() =>
  Promise.all(
    [...running].map(
      (child) =>
        new Promise<void>((resolve) => {
          child.once("close", () => resolve())
          child.kill("SIGKILL")
          child.stdout?.resume()
        })
    )
  ).then(() => {})
)

/** Ports that nobody uses, and that the system gives to nobody who asks for any. */
export const freePorts = (n: number): Effect.Effect<ReadonlyArray<number>> =>
  Effect.gen(function* () {
    const found = new Set<number>()
    while (found.size < n) {
      const port = 10_000 + Math.floor(Math.random() * 22_000)
      if (!found.has(port) && (yield* isFree(port))) found.add(port)
    }
    return [...found]
  })

/** Whether one can listen there. */
export const isFree = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const server = Net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen({ host: "localhost", port }, () => server.close(() => resume(Effect.succeed(true))))
  })
