/** Several processes, each linked to each: what is typed into one is shown by all others. */
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
  /** The server among them, if there is one. */
  readonly server?: Member
}

export interface MeshSystem extends Pick<System, "needs"> {
  readonly name: string
  readonly start: (members: number) => Effect.Effect<Mesh, BenchFailed, Scope.Scope>
}

/** Links that are there for the kernel are up for their nodes a little later. */
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

/** That many clients, and the server that has introduced them to each other. */
export const outliveClients: MeshSystem = {
  name: "outlive",
  start: (count) =>
    Effect.gen(function* () {
      const port = yield* freePort
      const first = yield* member(({ stdin, stdout }) =>
        // Its output goes to the pipe, its notices are heard.
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

/** The server and its clients, that many together. */
export const outliveNodes: MeshSystem = {
  name: "outlive",
  start: (count) =>
    Effect.map(outliveClients.start(count - 1), ({ members, server }) => ({
      members: server === undefined ? members : [server, ...members]
    }))
}

/** Nodes that are told at which ports the others listen. */
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

/** That many raw nodes. */
export const rawNodes: MeshSystem = { name: "raw", start: dialling("bench/authors/raw-node.mjs", 0) }

/** That many nodes of js-libp2p, whose gossipsub takes a second or two to know who has subscribed. */
export const gossipsubNodes: MeshSystem = {
  name: "gossipsub",
  needs: { package: "@libp2p/gossipsub" },
  start: dialling("bench/peers/gossipsub.mjs", "3 seconds")
}

/** What the load generator is told of it: who types, and who shows it. */
export const endsOf = (typists: ReadonlyArray<Member>, screens: ReadonlyArray<Member>) => ({
  feed: typists.map(({ stdin }) => `pipe:${stdin}`),
  sink: screens.map(({ stdout }) => `pipe:${stdout}`),
  pids: [...new Set([...typists, ...screens])].map(({ pid }) => pid).join(",")
})
