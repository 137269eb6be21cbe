/** Meshes: several processes, each linked to all others. A line that is typed into one is shown by all others. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type BenchFailed, freePort, meshed, pipe, type Started, start } from "../Processes.ts"
import { client, server } from "./outlive.ts"
import type { System } from "./System.ts"

export interface Member {
  readonly stdin: string
  readonly stdout: string
  readonly pid: number
}

export interface Mesh {
  readonly members: ReadonlyArray<Member>
  /** The server among the members, if there is one. */
  readonly server?: Member
}

export interface MeshSystem extends Pick<System, "needs"> {
  readonly name: string
  readonly start: (members: number) => Effect.Effect<Mesh, BenchFailed, Scope.Scope>
}

/** A connection exists in the kernel a little before the link is up for the nodes. */
const settling = "500 millis"

const member = (
  begin: (pipes: {
    readonly stdin: string
    readonly stdout: string
  }) => Effect.Effect<Started, BenchFailed, Scope.Scope>
): Effect.Effect<Member, BenchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const pipes = { stdin: yield* pipe, stdout: yield* pipe }
    return { ...pipes, pid: (yield* begin(pipes)).pid }
  })

/** This many clients, and the server that has introduced them to each other. */
export const outliveClients: MeshSystem = {
  name: "outlive",
  start: (count) =>
    Effect.gen(function* () {
      const port = yield* freePort
      const first = yield* member(({ stdin, stdout }) =>
        // Its output goes to the pipe, and its notices are read here.
        server(port, { stdin, stdout })
      )
      const ports = [port]
      const members: Array<Member> = []
      for (let id = 1; id <= count; id += 1) {
        const listen = yield* freePort
        ports.push(listen)
        members.push(yield* member((pipes) => client(`${id}`, listen, port, pipes)))
      }
      yield* meshed(ports, ((count + 1) * count) / 2)
      yield* Effect.sleep(settling)
      return { members, server: first }
    })
}

/** The server and its clients, this many together. */
export const outliveNodes: MeshSystem = {
  name: "outlive",
  start: (count) =>
    Effect.map(outliveClients.start(count - 1), ({ members, server }) => ({
      members: server === undefined ? members : [server, ...members]
    }))
}

/** A mesh of nodes that get the ports of the others as arguments. */
const dialling =
  (program: string, settled: Duration.DurationInput): MeshSystem["start"] =>
  (count) =>
    Effect.gen(function* () {
      const ports: Array<number> = []
      const members: Array<Member> = []
      for (let id = 1; id <= count; id += 1) {
        const pipes = { stdin: yield* pipe, stdout: yield* pipe }
        const { pid, said } = yield* start({
          command: process.execPath,
          args: [program, `${id}`, ...ports.map(String)],
          ready: /listening (\d+)/,
          ...pipes
        })
        ports.push(Number(said))
        members.push({ ...pipes, pid })
      }
      yield* meshed(ports, (count * (count - 1)) / 2)
      yield* Effect.sleep(settled)
      return { members }
    })

/** A mesh of raw nodes. */
export const rawNodes: MeshSystem = { name: "raw", start: dialling("bench/authors/raw-node.mjs", 0) }

/** A mesh of js-libp2p nodes. Its gossipsub takes a second or two until it knows all subscribers. */
export const gossipsubNodes: MeshSystem = {
  name: "gossipsub",
  needs: { package: "@libp2p/gossipsub" },
  start: dialling("bench/peers/gossipsub.mjs", "3 seconds")
}

/** The arguments of the load generator for a mesh: which members type, and which show lines. */
export const endsOf = (typists: ReadonlyArray<Member>, screens: ReadonlyArray<Member>) => ({
  feed: typists.map(({ stdin }) => `pipe:${stdin}`),
  sink: screens.map(({ stdout }) => `pipe:${stdout}`),
  pids: [...new Set([...typists, ...screens])].map(({ pid }) => pid).join(",")
})
