/** A page on loopback with this node's figures, for Prometheus to read. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Bus } from "../services/Bus.ts"
import { MeshStatus } from "../services/MeshStatus.ts"
import { MessageLog } from "../services/MessageLog.ts"
import { Relay } from "../services/Relay.ts"
import { type KnownRoom, Rooms } from "../services/Rooms.ts"
import type { HostElsewhere, PortTaken } from "../src/domain/Errors.ts"
import { Host, type Port } from "../src/domain/Peer.ts"
import type { LinkState, PeerStatus } from "../src/domain/PeerStatus.ts"
import { isLoopbackName } from "../src/protocol/Authority.ts"
import { type Family, page } from "../src/protocol/Prometheus.ts"
import { serve } from "./http/HttpServer.ts"
import { sentence } from "./http/Reply.ts"

/** Only this machine may read the page. */
const loopback = Host.make("127.0.0.1")

/** More connections than those who read it need. */
const mostConnections = 32

const format = "text/plain; version=0.0.4; charset=utf-8"
const elsewhere = sentence(404, "It is at /metrics.")

/** The sampling interval of the event loop's delay, in ms. */
const resolution = 20

const gauge = (name: string, help: string, value: number): Family => ({
  name,
  help,
  type: "gauge",
  samples: [{ value }]
})
const counter = (name: string, help: string, value: number): Family => ({
  name,
  help,
  type: "counter",
  samples: [{ value }]
})

/** One sample for each room that this node has joined. How many that are is limited: others can't add to them. */
const perRoom = (rooms: ReadonlyArray<KnownRoom>): Family => ({
  name: "outlive_room_peers",
  help: "Peers with a link that take part in a room that this node has joined.",
  type: "gauge",
  samples: rooms.flatMap(({ joined, peers, room }) => (joined ? [{ labels: { room }, value: peers.length }] : []))
})

/** One sample for each peer with a link, if its figure is known. */
const perPeer = (
  name: string,
  help: string,
  all: ReadonlyArray<PeerStatus>,
  figure: (link: LinkState) => number | undefined
): Family => ({
  name,
  help,
  type: "gauge",
  samples: all.flatMap(({ link, peer }) => {
    const value = link === undefined ? undefined : figure(link)
    return value === undefined ? [] : [{ labels: { peer: peer.id }, value }]
  })
})

/** What goes between this site and the others, if the chat has several. */
const ofSites = Effect.zipWith(Effect.serviceOption(Bus), Effect.serviceOption(Relay), (bus, relay) =>
  Option.match(Option.all({ bus, relay }), {
    onNone: () => Effect.succeed<ReadonlyArray<Family>>([]),
    onSome: ({ bus: { reconnects, state }, relay: { tally } }) =>
      Effect.map(state.get, ({ _tag }): ReadonlyArray<Family> => {
        const { doubles, lag, published, received, refused, waiting } = tally()
        return [
          gauge("outlive_nats_connected", "Whether NATS can be used: 1 or 0.", _tag === "Connected" ? 1 : 0),
          counter("outlive_nats_reconnects_total", "How often the connection to NATS was made again.", reconnects()),
          counter(
            "outlive_site_posts_published_total",
            "Posts of this site that were published for others.",
            published
          ),
          gauge("outlive_site_streams_waiting", "Streams of this site with posts that are not published yet.", waiting),
          counter("outlive_site_posts_received_total", "Posts of other sites that came through NATS.", received),
          counter("outlive_site_posts_doubled_total", "Posts of other sites that were here already.", doubles),
          counter("outlive_site_posts_refused_total", "Posts of other sites that were not believed.", refused),
          {
            name: "outlive_site_lag_seconds",
            help: "How old the last post of a site was when it came, by two clocks.",
            type: "gauge",
            samples: Array.from(lag, ([site, millis]) => ({ labels: { site }, value: millis / 1e3 }))
          }
        ]
      })
  })
)

const make = (port: Port) =>
  Effect.gen(function* () {
    const sites = yield* ofSites
    const log = yield* MessageLog
    const status = yield* MeshStatus
    const rooms = yield* Rooms
    const delay = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const histogram = monitorEventLoopDelay({ resolution })
        histogram.enable()
        return histogram
      }),
      (histogram) => Effect.sync(() => histogram.disable())
    )

    const families = Effect.gen(function* () {
      const all = yield* status.peerStatuses
      const { bytes, carried, entries, posts, privatePosts, received, said, steps } = yield* log.tally
      // The histogram records the time between two samples, which is `resolution` if there is no delay.
      const late = (percent: number) => Math.max(0, delay.percentile(percent) / 1e9 - resolution / 1e3)
      const { system, user } = process.cpuUsage()
      const found: ReadonlyArray<Family> = [
        ...(yield* sites),
        gauge("outlive_links", "Peers with a link to this node.", all.filter(({ link }) => link !== undefined).length),
        gauge("outlive_peers", "Peers that are linked, being dialled, or reached through others.", all.length),
        counter("outlive_posts_said_total", "Posts of this run of this node.", said),
        counter("outlive_posts_received_total", "Posts of others that were delivered here.", received),
        counter("outlive_posts_sent_total", "Posts handed to links, counted once for each link.", yield* status.sent),
        perPeer(
          "outlive_peer_lag_posts",
          "Posts of this node that a peer has not confirmed.",
          all,
          (link) => link.behind
        ),
        perPeer("outlive_peer_round_trip_seconds", "Round trip of the last ping.", all, ({ roundTrip }) =>
          roundTrip === undefined ? undefined : Duration.toSeconds(roundTrip)
        ),
        gauge("outlive_rooms", "Rooms that this node or a linked peer takes part in.", rooms.known().length),
        perRoom(rooms.known()),
        {
          name: "outlive_room_posts",
          help: "Posts that the log keeps of a room in which this node takes part. --limit-rooms says how many there are.",
          type: "gauge",
          samples: Array.from(posts, ([room, value]) => ({ labels: { room }, value }))
        },
        gauge("outlive_private_posts", "Private posts that the log keeps and that this node can read.", privatePosts),
        gauge("outlive_carried_posts", "Sealed private posts that the log keeps for others.", carried),
        gauge("outlive_log_entries", "Entries that the log keeps.", entries),
        gauge("outlive_log_bytes", "Memory that the posts of the log take.", bytes),
        {
          name: "outlive_log_steps_total",
          help: "Steps of the log, by whether they were run at once or waited their turn as an effect.",
          type: "counter",
          samples: [
            { labels: { way: "at once" }, value: steps.atOnce },
            { labels: { way: "in turn" }, value: steps.inTurn }
          ]
        },
        gauge("outlive_event_loop_delay_median_seconds", "Delay of the event loop since this was read last.", late(50)),
        gauge("outlive_event_loop_delay_p99_seconds", "Delay of the event loop, 99th percentile.", late(99)),
        gauge("outlive_event_loop_delay_max_seconds", "Longest delay of the event loop.", late(100)),
        gauge("process_resident_memory_bytes", "Resident memory size in bytes.", process.memoryUsage.rss()),
        counter("process_cpu_seconds_total", "User and system CPU time.", (user + system) / 1e6)
      ]
      delay.reset()
      return found
    })

    const all = Effect.map(families, (found) => ({
      status: 200,
      headers: { "content-type": format },
      body: page(found)
    }))
    yield* serve({
      listen: { host: loopback, port },
      connections: mostConnections,
      // Whoever forwards a port names another one.
      isServed: ({ host }) => isLoopbackName(host),
      answer: ({ request: { method, url } }) =>
        (method === "GET" || method === "HEAD") && url === "/metrics" ? all : Effect.succeed(elsewhere)
    })
  })

/** Serves the page at that port until the scope closes. */
export const layer = (port: Port): Layer.Layer<never, PortTaken | HostElsewhere, MessageLog | MeshStatus | Rooms> =>
  Layer.scopedDiscard(make(port))
