/** Real NATS servers for tests, on loopback and ports that the system chooses. */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** The program, where it is installed. */
const program = ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"].find(Fs.existsSync)

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

/** Starts a server. It says that it is ready on stderr. */
const run = (folder: string, port: number, options: ReadonlyArray<string>): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      program ?? "nats-server",
      ["-js", "-sd", folder, "-a", "127.0.0.1", "-p", `${port}`, "--ports_file_dir", folder, ...options],
      { stdio: ["ignore", "ignore", "pipe"] }
    )
    let said = ""
    child.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString()
      if (said.includes("Server is ready")) resolve(child)
      if (said.length > 65_536) said = said.slice(-1_024)
    })
    child.once("error", reject)
    child.once("exit", () => reject(new Error(`nats-server ended: ${said}`)))
  })

const portOf = (folder: string): number => {
  const file = Fs.readdirSync(folder).find((name) => name.endsWith(".ports"))
  const { nats } = JSON.parse(Fs.readFileSync(Path.join(folder, file ?? ""), "utf8"))
  return Number(new URL(nats[0]).port)
}

/** A server with JetStream, until the scope closes. */
export const natsServer = (options: ReadonlyArray<string> = []): Effect.Effect<NatsServer, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-nats-"))
        return { folder, child: await run(folder, -1, options) }
      }),
      (running) =>
        Effect.promise(async () => {
          running.child.kill("SIGKILL")
          await ended(running.child)
          Fs.rmSync(running.folder, { recursive: true, force: true })
        })
    ),
    (running) => {
      const port = portOf(running.folder)
      return {
        url: `nats://127.0.0.1:${port}`,
        stop: (signal) => {
          running.child.kill(signal)
          return ended(running.child)
        },
        start: async () => {
          running.child = await run(running.folder, port, options)
        }
      }
    }
  )
