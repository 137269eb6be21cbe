/** The program of a server: it introduces clients to each other, and talks as one of them. */

import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Console } from "../../services/Console.ts"
import { Interrupts } from "../../services/Interrupts.ts"
import { MemberDecisions } from "../../services/MemberDecisions.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { ServerRegistry } from "../../services/ServerRegistry.ts"
import { absurd } from "../domain/Absurd.ts"
import type { IdElsewhere, PortStoreUnavailable, StateUnavailable } from "../domain/Errors.ts"
import { within } from "../domain/Limit.ts"
import { isPresenceEvent, type MeshEvent } from "../domain/MeshEvent.ts"
import { formatAddress } from "../domain/Peer.ts"
import { notice } from "../domain/ScreenLine.ts"
import { untilAsked, untilHeard } from "./leaving.ts"
import * as Sessions from "./sessions.ts"
import { keepLinksToSites } from "./sites.ts"

/** How long a server that ends waits for its last records to reach the disk. */
const lastRecords = "1 second"

/** How many visitors are admitted at a time. */
const mostAdmitted = 256

/** The settings of a server. */
export interface Settings {
  /** When the server ends, its last posts are given up when no peer has taken any for this long. */
  readonly within: Duration.Duration
}

/**
 * Serves until `Exit` is typed or Ctrl-C pressed, and then waits until a peer has every post of the server. The mesh
 * says goodbye when its scope closes.
 */
export const server = ({ within: longest }: Settings) =>
  Effect.gen(function* () {
    const console = yield* Console
    const mesh = yield* PeerMesh
    const status = yield* MeshStatus
    const registry = yield* ServerRegistry

    const complain = (error: StateUnavailable) => console.show([notice(error.message)])
    // `tellOfTrouble` reports once why a client can't be recorded. Clients that are refused for it try again and again.
    // Those who come together are recorded together. The others wait as requests: who has gone meanwhile is skipped.
    const admitVisitors = Stream.runDrain(
      Stream.mapEffect(mesh.joinRequests, (joinRequest) => Effect.ignore(registry.admit(joinRequest)), {
        concurrency: mostAdmitted,
        unordered: true
      })
    )
    // A client whose admission takes time delays only the events about that client.
    const keepTheRecord = Stream.runDrain(
      Stream.mapEffect(mesh.events, (event) => Effect.ignore(recordOf(registry, event)), {
        concurrency: "unbounded",
        unordered: true
      })
    )

    yield* console.show([
      notice(
        `The server listens at ${formatAddress(mesh.self.address)}. Type a line to talk to all, or Exit to end it.`
      )
    ])
    yield* Effect.flatMap(MemberDecisions, (decisions) =>
      Effect.catchAll(decisions.listensAt(mesh.self.address), complain)
    )
    yield* Effect.forkScoped(tellOfTrouble(registry.trouble.changes))
    const recording = yield* Effect.forkScoped(keepTheRecord)
    // Clients that have left are off the record when this ends. The log is closed by then.
    yield* Effect.addFinalizer(() => within(lastRecords)(Fiber.join(recording)))
    const { ended, ...main } = yield* Sessions.open
    yield* Effect.forkScoped(admitVisitors)
    yield* keepLinksToSites
    const missing = yield* registry.callBack
    if (missing.length > 0) {
      yield* console.show([notice(`Calling back ${missing.map(({ id }) => id).join(", ")}`)])
    }
    const interrupts = yield* Interrupts
    const goOnWithoutKeyboard = console
      .show([notice("The input has ended; the server goes on without a keyboard until it gets a signal.")])
      .pipe(Effect.zipRight(interrupts.next), Effect.as("end of input" as const))
    const asked = Effect.flatMap(ended, (ending) =>
      ending === "end of input" ? goOnWithoutKeyboard : Effect.succeed(ending)
    )
    yield* untilAsked(asked).pipe(
      Effect.flatMap((ending) => untilHeard({ ending, ...main, within: longest, hasHope: isAnybodyKnown(status) })),
      Effect.raceFirst(mesh.forked)
    )
  }).pipe(Effect.scoped)

/** Whether this server has a link to a peer, or dials one. */
const isAnybodyKnown = (status: MeshStatus["Type"]): Effect.Effect<boolean> =>
  Effect.map(status.peerStatuses, (all) => all.some(({ guestSince }) => guestSince === undefined))

/** Reports why no client can be recorded, at each change, and when recording works again. */
const tellOfTrouble = (troubles: Stream.Stream<Option.Option<PortStoreUnavailable>>) =>
  Effect.flatMap(Console, (console) =>
    Stream.runForEach(Stream.zipWithPrevious(troubles), ([before, now]) =>
      Option.match(now, {
        onSome: ({ message }) => console.show([notice(message)]),
        onNone: () =>
          Option.match(Option.flatten(before), {
            onNone: () => Effect.void,
            onSome: ({ path }) => console.show([notice(`${path} can be used again.`)])
          })
      })
    )
  )

/** Updates the record after an event. The record has all clients that are here or may come back. */
const recordOf = (
  registry: ServerRegistry["Type"],
  event: MeshEvent
): Effect.Effect<void, PortStoreUnavailable | IdElsewhere> => {
  if (!isPresenceEvent(event)) return Effect.void
  switch (event._tag) {
    case "Linked":
      return registry.remember(event.peer)
    case "Left":
    case "GivenUp":
    case "Moved":
      return registry.dismiss(event.peer.id)
    case "Lost":
      return registry.lost(event.peer.id)
    case "Expelled":
      return registry.expel(event.id)
    case "Admitted":
    // Guests are here only as long as the node is whose guests they are.
    case "GuestCame":
    case "GuestLeft":
    case "GuestRenamed":
    case "GuestsGone":
    case "FarCame":
    case "FarLeft":
      return Effect.void
    default:
      return absurd(event)
  }
}
