/** The processes and files of a measurement. They end or are removed with their scope, whatever happens. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"

/** A measurement that has failed, and why. */
export class BenchFailed extends Data.TaggedError("BenchFailed")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

/** How long a process may take until it says that it is ready. */
const startLimit = "20 seconds"

/** How long a killed process may take to end. */
const endLimit = "2 seconds"

/** How much output of a process is kept for the report of its failure, in characters. */
const mostHeard = 2_000

/** A folder that is removed with the scope. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bench-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

/** A named pipe: the load generator types into one end, and the program under test reads the other. */
export const pipe: Effect.Effect<string, BenchFailed, Scope.Scope> = Effect.flatMap(folder, (within) => {
  const path = Path.join(within, "pipe")
  const { status } = spawnSync("mkfifo", [path])
  return status === 0 ? Effect.succeed(path) : new BenchFailed({ detail: "mkfifo failed" })
})

/** Types this into a named pipe, which somebody has open. Returns when all of it has found room there. */
export const typeInto = (path: string, text: string): Effect.Effect<void, BenchFailed> =>
  Effect.tryPromise({
    try: () => Fs.promises.appendFile(path, text),
    catch: (error) => new BenchFailed({ detail: `nothing can be typed: ${error}` })
  })

export interface Command {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly cwd?: string
  /** Variables of its environment besides those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Named pipes for its input and its output. */
  readonly stdin?: string
  readonly stdout?: string
  /**
   * The line on stdout or stderr that says it is ready, with the interesting part as a group. Without this, it counts
   * as ready at once.
   */
  readonly ready?: RegExp
}

export interface Started {
  readonly pid: number
  /** The text that the group in `ready` has matched. */
  readonly said: string
  /** Returns its whole output once it has ended by itself; fails if its status is not 0. */
  readonly ended: Effect.Effect<string, BenchFailed>
  /** Waits until its latest output matches, for as long as it may take to start; returns the text of the group. */
  readonly hears: (pattern: RegExp) => Effect.Effect<string, BenchFailed>
}

/** Starts a process, which is killed by its id when the scope closes. */
export const start = (what: Command): Effect.Effect<Started, BenchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const running = yield* Effect.acquireRelease(
      Effect.sync(() => launch(what)),
      kill
    )
    const said = yield* within(readiness(running, what), () => `${what.command} does not start: ${running.heard()}`)
    return {
      pid: running.child.pid ?? 0,
      said,
      ended: ended(running, what),
      hears: (ready) =>
        within(
          readiness(running, { ...what, ready }),
          () => `${what.command} does not say ${ready}: ${running.heard()}`
        )
    }
  })

const within = (waiting: Effect.Effect<string, BenchFailed>, late: () => string) =>
  Effect.timeoutFail(waiting, {
    duration: startLimit,
    onTimeout: () => new BenchFailed({ detail: late() })
  })

interface Running {
  readonly child: ChildProcess
  readonly heard: () => string
  readonly onHeard: (listener: () => void) => void
  readonly output: () => string
}

const launch = ({ args, command, cwd, env, stdin, stdout }: Command): Running => {
  // Opened for both directions: neither side waits for the other, and the pipe ends only with the scope.
  const ends = [stdin, stdout].map((path) => (path === undefined ? undefined : Fs.openSync(path, "r+")))
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [ends[0] ?? "ignore", ends[1] ?? "pipe", "pipe"]
  })
  for (const end of ends) if (end !== undefined) Fs.closeSync(end)
  let heard = ""
  let output = ""
  let listener = () => {}
  const listen = (piece: Buffer) => {
    heard = (heard + piece.toString()).slice(-mostHeard)
    listener()
  }
  child.stdout?.on("data", (piece: Buffer) => {
    output += piece.toString()
    listen(piece)
  })
  child.stderr?.on("data", listen)
  return {
    child,
    heard: () => heard,
    output: () => output,
    onHeard: (given) => {
      listener = given
    }
  }
}

const readiness = (running: Running, { command, ready }: Command): Effect.Effect<string, BenchFailed> =>
  Effect.async((resume) => {
    const look = () => {
      const match = ready === undefined ? [] : ready.exec(running.heard())
      if (match !== null) resume(Effect.succeed(match[1] ?? ""))
    }
    running.child.once("error", (error) => resume(new BenchFailed({ detail: `${command}: ${error.message}` })))
    running.child.once("exit", (status) =>
      resume(new BenchFailed({ detail: `${command} has ended with status ${status}: ${running.heard()}` }))
    )
    running.onHeard(look)
    look()
  })

const ended = (running: Running, { command }: Command): Effect.Effect<string, BenchFailed> =>
  Effect.async((resume) => {
    const done = (status: number | null) =>
      resume(
        status === 0
          ? Effect.succeed(running.output())
          : new BenchFailed({ detail: `${command} has ended with status ${status}: ${running.heard().trim()}` })
      )
    if (running.child.exitCode !== null) done(running.child.exitCode)
    else running.child.once("close", done)
  })

const kill = ({ child }: Running): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  }).pipe(Effect.timeoutOption(endLimit), Effect.asVoid)

/** Whether a port of 127.0.0.1 is free. */
const isFree = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const server = Net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen({ host: "127.0.0.1", port }, () => server.close(() => resume(Effect.succeed(true))))
  })

/** Ports below those that the kernel gives to outgoing connections. Each is handed out once in a run. */
let next = 20_000 + (process.pid % 1_000) * 10

/** A port at which nobody listens. */
export const freePort: Effect.Effect<number> = Effect.suspend(() => {
  const port = next
  next = next >= 31_999 ? 20_000 : next + 1
  return Effect.flatMap(isFree(port), (free) => (free ? Effect.succeed(port) : freePort))
})

/** How often to try a port. */
const everyFewMillis = Schedule.spaced("10 millis")

/** Returns as soon as a process accepts connections at this port of 127.0.0.1. */
export const listening = (port: number): Effect.Effect<void, BenchFailed> =>
  Effect.async<void, BenchFailed>((resume) => {
    const socket = Net.connect({ host: "127.0.0.1", port })
    socket.once("error", () => resume(new BenchFailed({ detail: `nobody listens at port ${port}` })))
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.void)
    })
  }).pipe(Effect.retry({ times: 1_500, schedule: everyFewMillis }))

/** Returns once there are this many connections between the nodes that listen at these ports, one for each pair. */
export const meshed = (ports: ReadonlyArray<number>, connections: number): Effect.Effect<void, BenchFailed> =>
  Effect.suspend(() => {
    const accepted = Fs.readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .map((row) => row.trim().split(/\s+/))
      .filter(([, local, , state]) => state === established && ports.includes(portOf(local ?? "")))
    return accepted.length >= connections
      ? Effect.void
      : new BenchFailed({ detail: `${accepted.length} of ${connections} connections are there` })
  }).pipe(Effect.retry({ times: 1_500, schedule: everyFewMillis }))

/** The state of an open connection in /proc/net/tcp. */
const established = "01"
const portOf = (address: string) => Number.parseInt(address.split(":")[1] ?? "", 16)

/** The sum over the threads of a process of what this reads in a file of each. */
const overThreads = (pid: number, file: string, read: (text: string) => number): number => {
  const tasks = `/proc/${pid}/task`
  return Fs.readdirSync(tasks).reduce((sum, task) => sum + read(Fs.readFileSync(`${tasks}/${task}/${file}`, "utf8")), 0)
}

/** The CPU time of the threads of a process so far, in seconds. */
export const cpuOf = (pid: number): Effect.Effect<number> =>
  Effect.sync(() => overThreads(pid, "schedstat", (text) => Number(text.split(" ")[0]) / 1e9))

/** How often the threads of a process have gone to sleep so far: each time something woke them afterwards. */
export const sleepsOf = (pid: number): Effect.Effect<number> =>
  Effect.sync(() => overThreads(pid, "status", (text) => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1])))

/** The resident set of a process, in bytes. */
export const rssOf = (pid: number): Effect.Effect<number> =>
  Effect.sync(() => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(Fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]))
