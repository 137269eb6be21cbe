/** A front end for IRC clients: each of them is a session of this node. `docs/design/irc.md` explains. */
import { createHash, timingSafeEqual } from "node:crypto"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import { Console } from "../services/Console.ts"
import { MessageLog } from "../services/MessageLog.ts"
import { Sessions } from "../services/Sessions.ts"
import { Transport } from "../services/Transport.ts"
import type { HostElsewhere, PortTaken } from "../src/domain/Errors.ts"
import { type Address, formatAddress, type Named } from "../src/domain/Peer.ts"
import { notice } from "../src/domain/ScreenLine.ts"
import { makeSignal } from "../src/domain/Signal.ts"
import { serve } from "./irc/Client.ts"
import type { House } from "./irc/House.ts"
import { type Keep, nowhere } from "./irc/Keep.ts"
import { makeSeenByClients } from "./irc/Seen.ts"

export interface Settings {
  /** This node: everybody who connects speaks as it. */
  readonly self: Named
  /** Where IRC clients connect. */
  readonly listen: Address
  /** What they must say first; nothing if undefined. */
  readonly password?: string | undefined
  readonly version: string
  /** Where to keep, for the next run, what each client has seen. */
  readonly keep?: Keep
}

/** Compares without telling by the time that it takes how much was right. */
const isEqual = (secret: string) => {
  const digest = (text: string) => createHash("sha256").update(text).digest()
  const wanted = digest(secret)
  return (text: string): boolean => timingSafeEqual(digest(text), wanted)
}

/** What clients have seen is written so long after it has changed: so much may come twice after the program was killed. */
const keptAfter = "200 millis"

/** Remembers what clients have seen, also for the next run, until the scope closes. */
const remember = ({ load, save }: Keep) =>
  Effect.gen(function* () {
    const changes = makeSignal()
    let isDirty = false
    const seen = makeSeenByClients(yield* load, () => {
      if (isDirty) return
      isDirty = true
      changes.changed()
    })
    const write = Effect.suspend(() => {
      isDirty = false
      return save(seen.asText())
    })
    const writing = changes.until(() => isDirty).pipe(Effect.zipRight(Effect.sleep(keptAfter)), Effect.zipRight(write))
    yield* Effect.addFinalizer(() => write)
    yield* Effect.forkScoped(Effect.forever(writing))
    return seen
  })

const make = ({ keep = nowhere, listen, password, self, version }: Settings) =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const { recent } = yield* MessageLog
    const { listen: open } = yield* Transport
    const console = yield* Console
    const runSync = Runtime.runSync(yield* Effect.runtime<never>())
    const house: House = {
      self,
      version,
      policy: {
        server: `${self.id}.outlive`,
        account: self.id,
        isPassword: password === undefined ? undefined : isEqual(password)
      },
      sessions,
      posts: () => runSync(recent(Number.POSITIVE_INFINITY)),
      seen: yield* remember(keep)
    }
    const clients = yield* FiberSet.make<void>()
    const run = yield* FiberSet.runtime(clients)<never>()
    const address = yield* open(listen, (connection) => {
      run(serve(house, connection))
    })
    // Clients are told that the node has ended, and only then is the listener closed, which closes their connections.
    yield* Effect.addFinalizer(() => FiberSet.clear(clients))
    yield* console.show([notice(`IRC clients connect to ${formatAddress(address)}.`)])
  })

/** Serves IRC clients at that address until the scope closes. */
export const layer = (
  settings: Settings
): Layer.Layer<never, PortTaken | HostElsewhere, Sessions | MessageLog | Transport | Console> =>
  Layer.scopedDiscard(make(settings))
