/** A PeerMesh over a Transport: links, and replication over them. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { EventLog } from "../services/EventLog.ts"
import { Guests } from "../services/Guests.ts"
import { Membership } from "../services/Membership.ts"
import { MeshStatus } from "../services/MeshStatus.ts"
import { OldRuns } from "../services/OldRuns.ts"
import { PastLog } from "../services/PastLog.ts"
import { PeerMesh } from "../services/PeerMesh.ts"
import { ReplicaLog } from "../services/ReplicaLog.ts"
import { Rooms } from "../services/Rooms.ts"
import { SiteKeys } from "../services/SiteKeys.ts"
import type { Transport } from "../services/Transport.ts"
import type { HostElsewhere, PortTaken } from "../src/domain/Errors.ts"
import { defaultLimits } from "../src/domain/Limits.ts"
import { noServer, serversAfter } from "../src/domain/ServersSeen.ts"
import { makeSignal } from "../src/domain/Signal.ts"
import { makeChecks } from "./Checks.ts"
import * as LinkContract from "./LinkContract.ts"
import * as Links from "./links/Links.ts"
import type { Settings } from "./links/Node.ts"
import type * as Log from "./log/Log.ts"
import * as Replication from "./replication/Replication.ts"

export type { Settings } from "./links/Node.ts"

/** The interval of checks, and of comparisons of whole summaries. */
const checkEvery = Duration.seconds(1)
const compareEvery = Duration.seconds(15)

const make = (settings: Settings) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const checks = makeChecks(clock, checkEvery)
    const comparisons = makeChecks(clock, compareEvery)
    const stir = (): void => {
      checks.stir()
      comparisons.stir()
    }
    const log = yield* EventLog
    let servers = noServer
    const ground: LinkContract.Ground = {
      limits: { ...defaultLimits, ...settings.limits },
      log: yield* ReplicaLog,
      oldRuns: yield* OldRuns,
      pastLog: yield* PastLog,
      // A late reader of the events would not know since when the server is away: the first of them may be gone.
      events: {
        events: log.events,
        note: (event) => {
          servers = serversAfter(servers, event, clock.unsafeCurrentTimeMillis())
          log.note(event)
        }
      },
      guests: yield* Guests,
      membership: yield* Membership,
      siteKeys: Option.getOrUndefined(yield* Effect.serviceOption(SiteKeys)),
      files: yield* LinkContract.FilesOnLinks,
      clock,
      scope: yield* Effect.scope,
      peers: makeSignal(),
      stir
    }
    const links = yield* Links.make(ground, settings, (contract: LinkContract.Links<Replication.Replica>) =>
      Replication.make({ ...ground, links: contract }, settings)
    )
    const { replication, table } = links
    const { events, peers } = ground

    yield* Effect.forEach([...links.running, ...replication.running], Effect.forkScoped, { discard: true })
    // An idle node makes no checks.
    yield* Effect.acquireRelease(
      Effect.sync(() => ground.log.onGrowth(stir)),
      (ignore) => Effect.sync(ignore)
    )
    yield* Effect.forkScoped(
      checks.run(
        Effect.zipRight(replication.eachSecond, links.eachSecond),
        () => replication.isUnfinished() || links.isUnfinished()
      )
    )
    yield* Effect.forkScoped(comparisons.run(replication.compare, replication.isUncompared))
    yield* Effect.addFinalizer(() => links.leave)

    const mesh = PeerMesh.of({
      self: links.self,
      join: links.join,
      joinRequests: links.joinRequests,
      keep: (kept) =>
        Effect.suspend(() => {
          replication.expect(kept.id)
          return links.keep(kept)
        }),
      reach: links.reach,
      goHome: links.goHome,
      tellServers: (servers) => Effect.sync(() => links.tellServers(servers)),
      awaitLoss: (id) => peers.until(() => !links.isThere(id)),
      isElsewhere: (id) => replication.siteOf(id) !== undefined,
      letGo: links.letGo,
      contested: links.contested,
      forked: replication.forked,
      isPresent: (id) => table.links.has(id) || table.isMeeting(id),
      runOf: (id) => table.links.get(id)?.epoch,
      settled: (id) => peers.until(() => !table.isMeeting(id)),
      hurry: Effect.sync(links.hurry),
      events: events.events
    })
    const status = MeshStatus.of({
      peerStatuses: Effect.sync(links.statuses),
      servers: () => servers,
      onChange: (look) => {
        const stops = [peers.listen(look), links.onMeasured(look)]
        return () => {
          for (const stop of stops) stop()
        }
      },
      answering: links.answering,
      silence: links.silence,
      delivery: replication.delivery,
      deliveryNow: replication.deliveryNow,
      holders: (stream, n) => Effect.sync(() => replication.holders(stream, n)),
      awaitHolders: (stream, n, count) => peers.until(() => replication.holders(stream, n) >= count),
      sent: Effect.sync(replication.sent)
    })
    return Context.make(PeerMesh, mesh).pipe(Context.add(MeshStatus, status), Context.add(Rooms, replication.ownRooms))
  })

/** The mesh of a node. */
export const layer = (
  settings: Settings
): Layer.Layer<PeerMesh | MeshStatus | Rooms, PortTaken | HostElsewhere, Transport | Log.Logs | Membership> =>
  Layer.scopedContext(make(settings))
