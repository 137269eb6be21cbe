/** A front end for IRC clients: each of them is a session of this node. `docs/design/irc.md` explains. */
import { createHash, timingSafeEqual } from "node:crypto"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import { Console } from "../services/Console.ts"
import { Guests } from "../services/Guests.ts"
import { Membership } from "../services/Membership.ts"
import { MessageLog } from "../services/MessageLog.ts"
import { Sessions } from "../services/Sessions.ts"
import { Transport } from "../services/Transport.ts"
import type { HostElsewhere, PortTaken } from "../src/domain/Errors.ts"
import { type Keep, nowhere, saveChanges } from "../src/domain/Keep.ts"
import { type Address, formatAddress, type Named, PeerId } from "../src/domain/Peer.ts"
import { Recent } from "../src/domain/Recent.ts"
import { notice } from "../src/domain/ScreenLine.ts"
import { whileOpen } from "../src/domain/Signal.ts"
import type { Objection } from "../src/protocol/irc/Registration.ts"
import { makeChannels } from "./irc/Channels.ts"
import { serve } from "./irc/Client.ts"
import * as Crowd from "./irc/Crowd.ts"
import { type House, idIn, type Lobby, makeNotices } from "./irc/House.ts"
import { makeMarkers } from "./irc/Markers.ts"
import { makeSeenByClients } from "./irc/Seen.ts"

export interface Settings {
  /** This node: everybody who connects speaks as it. */
  readonly self: Named
  /** Where IRC clients connect. */
  readonly listen: Address
  /** What they must say first; nothing if undefined. */
  readonly password?: string | undefined
  readonly version: string
  /** What the node is called as a server of IRC: by its id by default. */
  readonly name?: string | undefined
  /** Whether each client is a guest, a person of its own under its own nick. Otherwise it speaks as the node. */
  readonly guests?: boolean
  /** What a guest must say to become an operator of this node; none becomes one if undefined. */
  readonly operPassword?: string | undefined
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
    const changed = yield* saveChanges(
      Effect.suspend(() => save(seen.asText())),
      keptAfter
    )
    const seen = makeSeenByClients(yield* load, changed)
    return seen
  })

const isId = Schema.is(PeerId)

/** Why a client can't be called that, where each is a guest. */
const objectionTo =
  (guests: Guests["Type"]) =>
  (nick: string): Objection | undefined => {
    const id = idIn(nick)
    if (id === undefined) {
      return isId(nick)
        ? { is: "ERR_NICKNAMEINUSE", words: "The nick Server is taken by the server" }
        : { is: "ERR_ERRONEUSNICKNAME", words: "A nick has 1 to 32 letters, digits, - and _" }
    }
    const objection = guests.objectionTo(id)
    return objection === undefined ? undefined : { is: "ERR_NICKNAMEINUSE", words: objection.message }
  }

/** So many last words are remembered. They are needed until all guests have seen somebody leave. */
const mostFarewells = 1_024

const lobbyOf = (guests: Guests["Type"], operPassword: string | undefined, now: () => number): Lobby => {
  let most = 0
  return {
    guests,
    people: new Map(),
    connections: new Map(),
    notices: makeNotices(),
    channels: makeChannels(now),
    isOperPassword: operPassword === undefined ? undefined : isEqual(operPassword),
    failures: new WeakMap(),
    unknown: new Set(),
    most: () => {
      most = Math.max(most, guests.here.size)
      return most
    },
    farewells: new Recent(mostFarewells)
  }
}

const make = ({
  guests: isOpen = false,
  keep = nowhere,
  listen,
  name,
  operPassword,
  password,
  self,
  version
}: Settings) =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const { recent, seals, topicOf } = yield* MessageLog
    const { since } = yield* Membership
    const { listen: open } = yield* Transport
    const console = yield* Console
    const runSync = Runtime.runSync(yield* Effect.runtime<never>())
    const clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()
    const lobby: Lobby | undefined = isOpen ? lobbyOf(yield* Guests, operPassword, now) : undefined
    if (lobby !== undefined) {
      const { channels, guests } = lobby
      yield* whileOpen(() => guests.onChange(() => channels.review(guests.here.values())))
    }
    const house: House = {
      self,
      lobby,
      version,
      policy: {
        server: name ?? `${self.id}.outlive`,
        account: self.id,
        isPassword: password === undefined ? undefined : isEqual(password),
        objectionTo: lobby === undefined ? undefined : objectionTo(lobby.guests)
      },
      accounts: seals,
      banned: () => since(0).flatMap(({ id, status }) => (status === "banned" ? [id] : [])),
      sessions,
      posts: () => runSync(recent(Number.POSITIVE_INFINITY)),
      topicOf,
      seen: yield* remember(keep),
      markers: makeMarkers(),
      now
    }
    const crowd = lobby === undefined ? undefined : yield* Crowd.make(house, lobby)
    const clients = yield* FiberSet.make<void>()
    const run = yield* FiberSet.runtime(clients)<never>()
    const address = yield* open(listen, (connection) => {
      run(serve(house, crowd, connection))
    })
    // Clients are told that the node has ended, and only then is the listener closed, which closes their connections.
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        Effect.sync(() => crowd?.end()),
        FiberSet.clear(clients)
      )
    )
    yield* console.show([notice(`IRC clients connect to ${formatAddress(address)}.`)])
  })

/** Serves IRC clients at that address until the scope closes. */
export const layer = (
  settings: Settings
): Layer.Layer<never, PortTaken | HostElsewhere, Sessions | MessageLog | Membership | Guests | Transport | Console> =>
  Layer.scopedDiscard(make(settings))
