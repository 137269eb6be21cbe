/** What a server does: it introduces clients to each other, and talks as one of them. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Console } from "../../services/Console.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { ServerRegistry } from "../../services/ServerRegistry.ts"
import type { PortStoreUnavailable } from "../domain/Errors.ts"
import { within } from "../domain/Limit.ts"
import { formatAddress } from "../domain/Peer.ts"
import { notice } from "../domain/ScreenLine.ts"
import * as Sitting from "./commands/Sitting.ts"
import { sayWhatIsTyped, showWhatHappens } from "./conversation.ts"
import { tellHowItIs } from "./glance.ts"

/** A disk that takes nothing any more holds up the end of a server no longer than this. */
const lastDismissals = "1 second"

/** Serves until `Exit` is typed; whoever closes the scope of its mesh says goodbye to all. */
export const server = Effect.gen(function* () {
  const console = yield* Console
  const mesh = yield* PeerMesh
  const registry = yield* ServerRegistry

  const complain = (error: PortStoreUnavailable) => console.show([notice(error.message)])
  const admitVisitors = Stream.runForEach(mesh.knocks, (knock) => Effect.catchAll(registry.admit(knock), complain))
  const dismissThoseWhoGo = Stream.runForEach(mesh.events, (happening) =>
    happening._tag === "Left" || happening._tag === "GivenUp"
      ? Effect.catchAll(registry.dismiss(happening.peer.id), complain)
      : Effect.void
  )

  yield* console.show([
    notice(`The server listens at ${formatAddress(mesh.self.address)}. Type a line to talk to all, or Exit to end it.`)
  ])
  const dismissing = yield* Effect.forkScoped(dismissThoseWhoGo)
  // Whoever was seen to leave is off the record when this ends; the log is closed by then.
  yield* Effect.addFinalizer(() => within(lastDismissals)(Fiber.join(dismissing)))
  const sitting = yield* Sitting.make
  yield* tellHowItIs
  yield* showWhatHappens(sitting)
  yield* Effect.forkScoped(admitVisitors)
  const missing = yield* registry.callBack
  if (missing.length > 0) {
    yield* console.show([notice(`Calling back ${missing.map(({ id }) => id).join(", ")}`)])
  }
  const goOnWithoutKeyboard = Effect.zipRight(
    console.show([notice("The input has ended; the server goes on without a keyboard until it gets a signal.")]),
    Effect.never
  )
  yield* sayWhatIsTyped(sitting).pipe(
    Effect.flatMap((ending) => (ending === "exit" ? Effect.void : goOnWithoutKeyboard)),
    Effect.raceFirst(mesh.forked)
  )
}).pipe(Effect.scoped)
