/** A cluster of NATS servers with JetStream, each on a host of its own: killed, started again, and asked how it is. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import { Process } from "./Node.ts"
import { type HostSpace, through } from "./Spaces.ts"

/** Where a node answers clients, other nodes, and whoever looks at it. */
const ports = { clients: 4222, nodes: 6222, monitor: 8222 }

/** The time for an answer about the cluster, in ms. */
const patience = 3_000

/** What a node says of JetStream. */
interface Report {
  readonly meta_cluster?: { readonly leader?: string; readonly cluster_size?: number }
  readonly account_details?: ReadonlyArray<{ readonly stream_detail?: ReadonlyArray<StreamReport> }>
}

interface StreamReport {
  readonly name: string
  readonly cluster?: {
    readonly leader?: string
    readonly replicas?: ReadonlyArray<{ readonly current: boolean; readonly offline?: boolean }>
  }
}

/** A place for a node of the cluster: its name, and its host. */
export interface Member {
  readonly name: string
  readonly host: HostSpace
}

export const urlOf = ({ host }: Member): string => `nats://${host.v4}:${ports.clients}`

/** Fetches a page and prints it: for a process in another namespace. */
const fetching = "fetch(process.argv[1]).then((page) => page.text()).then(console.log, () => process.exit(1))"

/** The cluster of these members; nothing runs yet. `folder`: for their settings, stores and logs. */
export const make = (program: string, folder: string, members: ReadonlyArray<Member>) => {
  const nodes = new Map<string, Process>()
  const routes = members.map(({ host }) => `nats://${host.v4}:${ports.nodes}`).join(", ")

  for (const { host, name } of members) {
    Fs.writeFileSync(
      Path.join(folder, `nats-${name}.conf`),
      [
        `server_name: nats-${name}`,
        `listen: "${host.v4}:${ports.clients}"`,
        `http: "127.0.0.1:${ports.monitor}"`,
        `jetstream { store_dir: "${Path.join(folder, `nats-${name}`)}" }`,
        `cluster { name: chat, listen: "${host.v4}:${ports.nodes}", routes: [${routes}] }`
      ].join("\n")
    )
  }

  const start = (member: Member): Effect.Effect<void> =>
    Effect.sync(() => {
      const log = Fs.createWriteStream(Path.join(folder, `nats-${member.name}.log`), { flags: "a" })
      const words = [...through(member.host.space), program, "-c", `nats-${member.name}.conf`]
      const write = (line: string) => log.write(`${line}\n`)
      nodes.set(member.name, new Process(words, folder, { out: write, err: write, ended: () => log.end() }))
    })

  /** Kills a node without a word, and waits for its end. */
  const kill = (member: Member): Effect.Effect<void> =>
    Effect.gen(function* () {
      const node = nodes.get(member.name)
      node?.gets("SIGKILL")
      while (node !== undefined && node.ending === undefined) yield* Effect.sleep(5)
    })

  const report = ({ host }: Member): Effect.Effect<Report> =>
    Effect.async<Report>((resume) => {
      const url = `http://127.0.0.1:${ports.monitor}/jsz?accounts=true&streams=true`
      let text = ""
      const asker = new Process([...through(host.space), process.execPath, "-e", fetching, url], folder, {
        out: (line) => {
          text += line
        },
        err: () => {},
        ended: (how) => resume(Effect.succeed(how === 0 ? JSON.parse(text) : {}))
      })
      return Effect.sync(() => asker.gets("SIGKILL"))
    }).pipe(Effect.timeoutTo({ duration: patience, onSuccess: (found) => found, onTimeout: (): Report => ({}) }))

  /** What a member that runs says of a stream. */
  const stream = (name: string, asked: Member): Effect.Effect<StreamReport["cluster"]> =>
    Effect.map(
      report(asked),
      ({ account_details: accounts = [] }) =>
        accounts.flatMap(({ stream_detail: streams = [] }) => streams).find((each) => each.name === name)?.cluster
    )

  /** The member that leads a stream, as another member says. */
  const leaderOf = (name: string, asked: Member): Effect.Effect<Member | undefined> =>
    Effect.map(stream(name, asked), (found) => members.find((each) => `nats-${each.name}` === found?.leader))

  return {
    start,
    kill,
    /** Whether all nodes have found each other and JetStream has a leader. */
    isUp: (asked: Member): Effect.Effect<boolean> =>
      Effect.map(
        report(asked),
        ({ meta_cluster: meta }) => (meta?.leader ?? "") !== "" && meta?.cluster_size === members.length
      ),
    leaderOf,
    /** Whether each member has all of a stream, as its leader says. The others do not know. */
    isWhole: (name: string, asked: Member): Effect.Effect<boolean> =>
      Effect.flatMap(leaderOf(name, asked), (leader) =>
        leader === undefined
          ? Effect.succeed(false)
          : Effect.map(stream(name, leader), (found) => {
              const replicas = found?.replicas?.filter(({ current, offline }) => current && offline !== true) ?? []
              return replicas.length === members.length - 1
            })
      )
  }
}

export type NatsCluster = ReturnType<typeof make>
