/** outlive itself: the program as its users run it, and its layers alone. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { type BenchFailed, folder, freePort, pipe, type Started, start } from "../Processes.ts"
import type { System } from "./System.ts"

const program = `${process.cwd()}/dist/outlive.cjs`

/** What is measured is how fast it is, not where it stops. */
const withoutLimits = ["connections", "address", "posts", "bytes"].flatMap((limit) => [
  `--limit-${limit}`,
  "1000000000"
])

/** A server at that port of 127.0.0.1. */
export const server = (
  port: number,
  options: { readonly cwd?: string; readonly stdin?: string; readonly stdout?: string } = {}
): Effect.Effect<Started, BenchFailed, Scope.Scope> =>
  Effect.flatMap(folder, (cwd) =>
    start({
      command: process.execPath,
      args: [program, "server", "--host", "127.0.0.1", "--port", `${port}`, ...withoutLimits],
      cwd,
      ready: /The server listens/,
      ...options
    })
  )

/** A client of the server at that port. */
export const client = (
  id: string,
  listen: number,
  serverPort: number,
  options: { readonly stdin?: string; readonly stdout?: string } = {}
): Effect.Effect<Started, BenchFailed, Scope.Scope> =>
  Effect.flatMap(folder, (cwd) =>
    start({
      command: process.execPath,
      args: [
        program,
        "client",
        id,
        "0",
        `${listen}`,
        "--host",
        "127.0.0.1",
        "--server",
        `127.0.0.1:${serverPort}`,
        ...withoutLimits
      ],
      cwd,
      // With its output elsewhere, nobody hears it say so.
      ...(options.stdout === undefined ? { ready: /initiated/ } : {}),
      ...options
    })
  )

/** One client that types into its pipe. Its server has introduced it, and is gone: the client has the machine to itself, as the others have. */
export const outlive: System = {
  name: "outlive",
  start: Effect.gen(function* () {
    const [serverPort, port] = [yield* freePort, yield* freePort]
    const stdin = yield* pipe
    const scope = yield* Effect.scope
    const introduced = Effect.zipRight(
      server(serverPort),
      Scope.extend(client("1", port, serverPort, { stdin }), scope)
    )
    const author = yield* Effect.scoped(introduced)
    return { feed: `pipe:${stdin}`, sink: `outlive:${port}`, pids: [author.pid] }
  })
}

/** A node of outlive's layers, whose log keeps that many entries. */
export const layersWith = (entries?: number): System => ({
  name: "outlive's layers",
  start: Effect.gen(function* () {
    const stdin = yield* pipe
    const { pid, said } = yield* start({
      command: process.execPath,
      args: ["dist/bench/layers.cjs", "0", ...(entries === undefined ? [] : [`${entries}`])],
      stdin,
      ready: /listening (\d+)/
    })
    return { feed: `pipe:${stdin}`, sink: `outlive:${said}`, pids: [pid] }
  })
})

export const layers = layersWith()
