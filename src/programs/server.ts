/** What a server does: it introduces clients to each other, and talks as one of them. */

import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Console } from "../../services/Console.ts"
import { Interrupts } from "../../services/Interrupts.ts"
import { Membership } from "../../services/Membership.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { ServerRegistry } from "../../services/ServerRegistry.ts"
import { absurd } from "../domain/Absurd.ts"
import type { PortStoreUnavailable, StateUnavailable } from "../domain/Errors.ts"
import { within } from "../domain/Limit.ts"
import { isPresenceEvent, type MeshEvent } from "../domain/MeshEvent.ts"
import { formatAddress } from "../domain/Peer.ts"
import { notice } from "../domain/ScreenLine.ts"
import { untilAsked, untilHeard } from "./leaving.ts"
import * as Sessions from "./sessions.ts"

/** A disk that takes nothing any more holds up the end of a server no longer than this. */
const lastRecords = "1 second"

/** What a server is told. */
export interface Settings {
  /** What it said last is given up, when it ends, once nobody has taken any of it for so long. */
  readonly within: Duration.Duration
}

/**
 * Serves until `Exit` is typed or Ctrl-C pressed, and then until somebody has what it said; whoever closes the scope of its mesh
 * says goodbye to all.
 */
export const server = ({ within: longest }: Settings) =>
  Effect.gen(function* () {
    const console = yield* Console
    const mesh = yield* PeerMesh
    const status = yield* MeshStatus
    const registry = yield* ServerRegistry

    const complain = (error: StateUnavailable) => console.show([notice(error.message)])
    // Why a record fails is told below, once: those who are refused for it come again and again.
    const admitVisitors = Stream.runForEach(mesh.joinRequests, (joinRequest) =>
      Effect.ignore(registry.admit(joinRequest))
    )
    // One who is just coming in holds up what is to be done about that one alone.
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
    yield* Effect.flatMap(Membership, (membership) =>
      Effect.catchAll(membership.listensAt(mesh.self.address), complain)
    )
    yield* Effect.forkScoped(tellOfTrouble(registry.trouble.changes))
    const recording = yield* Effect.forkScoped(keepTheRecord)
    // Whoever was seen to leave is off the record when this ends; the log is closed by then.
    yield* Effect.addFinalizer(() => within(lastRecords)(Fiber.join(recording)))
    const { ended, ...main } = yield* Sessions.open
    yield* Effect.forkScoped(admitVisitors)
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

/** Whether somebody is there, or is being called. */
const isAnybodyKnown = (status: MeshStatus["Type"]): Effect.Effect<boolean> =>
  Effect.map(status.peerStatuses, (all) => all.length > 0)

/** Says why nobody can be put on record, when that changes, and when somebody can be again. */
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

/** The record follows what happened: it has everybody who is here, and who may come back. */
const recordOf = (registry: ServerRegistry["Type"], event: MeshEvent): Effect.Effect<void, PortStoreUnavailable> => {
  if (!isPresenceEvent(event)) return Effect.void
  switch (event._tag) {
    case "Linked":
      return registry.remember(event.peer)
    case "Left":
    case "GivenUp":
      return registry.dismiss(event.peer.id)
    case "Expelled":
      return registry.expel(event.id)
    case "Admitted":
    case "Lost":
      return Effect.void
    default:
      return absurd(event)
  }
}
