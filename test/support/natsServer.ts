/** Real NATS servers for tests, on loopback and ports that the system chooses. */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** The program, where it is installed. */
export const program = ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"].find(
  Fs.existsSync
)

/** Why tests with a real server are skipped; undefined if they are not. */
export const missing = program === undefined ? "nats-server is not installed: apt-get install nats-server" : undefined

/** A server that can be ended and started again, at the same port and with what it had stored. */
export interface NatsServer {
  readonly url: string
  readonly stop: (signal: NodeJS.Signals) => Promise<void>
  readonly start: () => Promise<void>
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()))

interface Running {
  readonly child: ChildProcess
  readonly port: number
}

/** Starts a server. It says on stderr where it listens, and when it is ready. */
const run = (folder: string, port: number, options: ReadonlyArray<string>): Promise<Running> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      program ?? "nats-server",
      ["-js", "-sd", folder, "-a", "127.0.0.1", "-p", `${port}`, ...options],
      {
        stdio: ["ignore", "ignore", "pipe"]
      }
    )
    let said = ""
    child.stderr.on("data", (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-65_536)
      const listens = /Listening for client connections on [^ ]*:(\d+)/.exec(said)
      if (listens !== null && said.includes("Server is ready")) resolve({ child, port: Number(listens[1]) })
    })
    child.once("error", reject)
    child.once("exit", () => reject(new Error(`nats-server ended: ${said}`)))
  })

/** A server with JetStream, until the scope closes. */
export const natsServer = (options: ReadonlyArray<string> = []): Effect.Effect<NatsServer, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-nats-"))
        return { folder, running: await run(folder, -1, options) }
      }),
      (kept) =>
        Effect.promise(async () => {
          kept.running.child.kill("SIGKILL")
          await ended(kept.running.child)
          Fs.rmSync(kept.folder, { recursive: true, force: true })
        })
    ),
    (kept) => ({
      url: `nats://127.0.0.1:${kept.running.port}`,
      stop: (signal) => {
        kept.running.child.kill(signal)
        return ended(kept.running.child)
      },
      start: async () => {
        kept.running = await run(kept.folder, kept.running.port, options)
      }
    })
  )
