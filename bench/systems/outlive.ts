/** outlive itself: the program as its users run it, and its layers alone. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { mainRoom } from "../../src/domain/Post.ts"
import type { Mode } from "../../src/domain/Security.ts"
import { beginReaders, type Figures, figures } from "../Load.ts"
import { type BenchFailed, folder, freePort, pipe, type Started, start } from "../Processes.ts"
import type { System } from "./System.ts"

const built = `${process.cwd()}/dist/outlive.cjs`

/** No limits, because the benchmarks measure how fast it is and not where it stops. */
export const withoutLimits = ["connections", "address", "posts", "bytes"].flatMap((limit) => [
  `--limit-${limit}`,
  "1000000000"
])

interface Pipes {
  readonly stdin?: string
  readonly stdout?: string
  /** Another build than that in dist/. */
  readonly program?: string | undefined
}

interface ServerOptions extends Pipes {
  readonly cwd?: string
  readonly security?: ReadonlyArray<string>
  /** The output that says it is ready: by default, that it listens. */
  readonly ready?: RegExp
}

/** A server at this port of 127.0.0.1. */
export const server = (
  port: number,
  { program = built, security = [], ...options }: ServerOptions = {}
): Effect.Effect<Started, BenchFailed, Scope.Scope> =>
  Effect.flatMap(folder, (cwd) =>
    start({
      command: process.execPath,
      args: [program, "server", "--host", "127.0.0.1", "--port", `${port}`, ...security, ...withoutLimits],
      cwd,
      ready: /The server listens/,
      ...options
    })
  )

/** What a client needs to join a secure chat: a link, and a folder for its key. */
interface Invited {
  readonly link: string
  readonly state: string
}

/** Options of a client: where it keeps its log, if it does, and its rooms besides `main`. */
interface Chosen {
  readonly data?: string
  readonly rooms?: ReadonlyArray<string>
}

/** A client of the server at this port. */
export const client = (
  id: string,
  listen: number,
  serverPort: number,
  { data, invited, program = built, rooms = [], ...options }: Pipes & Chosen & { readonly invited?: Invited } = {}
): Effect.Effect<Started, BenchFailed, Scope.Scope> =>
  Effect.flatMap(folder, (cwd) =>
    start({
      command: process.execPath,
      args: [
        program,
        ...(invited === undefined
          ? ["client", id, "0", `${listen}`, "--server", `127.0.0.1:${serverPort}`]
          : ["join", invited.link, id, "0", `${listen}`, "--state", invited.state]),
        ...(data === undefined ? [] : ["--data", data]),
        ...rooms.flatMap((room) => ["--room", room]),
        "--host",
        "127.0.0.1",
        ...withoutLimits
      ],
      cwd,
      // With its output elsewhere, its line can't be read here.
      ...(options.stdout === undefined ? { ready: /initiated/ } : {}),
      ...options
    })
  )

/** The command of a client in a plain chat, with ports that the system chooses and without options of its own. */
export const clientAt = (id: string, serverPort: number) => ({
  command: process.execPath,
  args: [built, "client", id, "0", "0", "--server", `127.0.0.1:${serverPort}`, "--host", "127.0.0.1"]
})

type Choice = Effect.Effect<Chosen, never, Scope.Scope>

const inFolder: Choice = Effect.map(folder, (data) => ({ data }))

/**
 * One client that types into its pipe. Its server has introduced it and then ended, so that the client has the machine
 * to itself, as the other systems have.
 */
const introduced = (name: string, choice: Choice): System => ({
  name,
  start: Effect.gen(function* () {
    const [serverPort, port] = [yield* freePort, yield* freePort]
    const stdin = yield* pipe
    const options = yield* choice
    const scope = yield* Effect.scope
    const introduction = Effect.zipRight(
      server(serverPort),
      Scope.extend(client("1", port, serverPort, { stdin, ...options }), scope)
    )
    const author = yield* Effect.scoped(introduction)
    return { feed: `pipe:${stdin}`, sink: `outlive:${port}`, pids: [author.pid] }
  })
})

export const outlive = introduced("outlive", Effect.succeed({}))

/** The same with its log in a folder, on the disk of the machine's temporary files. */
export const withData = introduced("outlive --data", inFolder)

/** The same in these rooms besides `main`. Lines that are typed without a room are said in `main` all the same. */
export const inRooms = (rooms: ReadonlyArray<string>): System =>
  introduced("outlive", Effect.succeed({ rooms: [mainRoom, ...rooms] }))

/** A server alone, to which the readers are clients that it had before. */
export const bareServer: System = {
  name: "outlive, server",
  start: Effect.gen(function* () {
    const port = yield* freePort
    const { pid } = yield* server(port)
    return { feed: "", sink: `outlive:${port}`, pids: [pid] }
  })
}

/** By then, the author has the server's announcements of its last members. */
const settling = "500 millis"

/**
 * Measures the same in a plain or secure chat, under a load of `bench/readers.ts`. Its members have joined through the
 * server too.
 */
export const measured = (
  mode: Mode,
  members: number,
  [part, settings]: Parameters<typeof beginReaders>
): Effect.Effect<Figures, BenchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const [serverPort, port] = [yield* freePort, yield* freePort]
    const [stdin, state, scope] = [yield* pipe, yield* folder, yield* Effect.scope]
    const isSecure = mode === "secure"
    const introduced = Effect.gen(function* () {
      yield* server(serverPort, isSecure ? { security: ["--secure", "--state", state] } : {})
      const invited = isSecure ? { state, link: yield* invitation(state, members + 1) } : undefined
      const options = invited === undefined ? { stdin } : { stdin, invited }
      const author = yield* Scope.extend(client("1", port, serverPort, options), scope)
      const load = beginReaders(part, {
        server: serverPort,
        port,
        pid: author.pid,
        feed: stdin,
        readers: members,
        link: invited?.link ?? "",
        ...settings
      })
      return yield* Effect.zipLeft(Scope.extend(load, scope), Effect.sleep(settling))
    })
    return yield* figures(yield* Effect.scoped(introduced))
  })

/** A link with which `uses` clients can join, from the server with this state folder. */
const invitation = (state: string, uses: number) =>
  Effect.map(
    start({
      command: process.execPath,
      args: [built, "invite", "--uses", `${uses}`, "--state", state],
      ready: /^(outlive:\S+)$/m
    }),
    ({ said }) => said
  )

/** A node of outlive's layers, whose log keeps this many entries. */
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
