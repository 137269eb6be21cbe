/** A PortStore that forgets when the process ends: for tests, and for a server that must leave no file. */
import * as Effect from "effect/Effect"
import { constFalse } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { PortStore } from "../services/PortStore.ts"
import type { ChatId } from "../src/domain/Chat.ts"
import type { PortStoreUnavailable } from "../src/domain/Errors.ts"
import type { Peer, PeerId } from "../src/domain/Peer.ts"

/** The records of such a store. */
export interface Records {
  readonly peers: ReadonlyMap<PeerId, Peer>
  readonly chat: ChatId | undefined
}

/** No clients, and no chat. */
export const nothing: Records = { peers: new Map(), chat: undefined }

/** Makes the memory of such a store, which may outlive the store. */
export const makeRecords = Ref.make(nothing)

/** Makes the `trouble` of a store that has none. */
export const noTrouble = SubscriptionRef.make(Option.none<PortStoreUnavailable>())

type Trouble = Effect.Effect.Success<typeof noTrouble>

const make = (records: Ref.Ref<Records>, trouble: Trouble) => {
  const update = (next: (known: Records) => Records) =>
    Effect.flatMap(
      SubscriptionRef.get(trouble),
      Option.match({ onNone: () => Ref.update(records, next), onSome: (error) => Effect.fail(error) })
    )
  const change = (next: (peers: ReadonlyMap<PeerId, Peer>) => ReadonlyMap<PeerId, Peer>) =>
    update((known) => ({ ...known, peers: next(known.peers) }))
  return PortStore.of({
    record: (peer) => change((known) => new Map(known).set(peer.id, peer)),
    // There is no other site.
    lost: () => Effect.void,
    forget: (id, isBack = constFalse) =>
      change((known) => (isBack() ? known : new Map([...known].filter(([each]) => each !== id)))),
    all: Effect.map(Ref.get(records), ({ peers }) => [...peers.values()]),
    chat: Effect.map(Ref.get(records), ({ chat }) => chat),
    recordChat: (chat) => update((known) => ({ ...known, chat })),
    trouble
  })
}

/** A store over given records. While `trouble` has an error, nothing is recorded. */
export const over = (records: Ref.Ref<Records>, trouble?: Trouble): Layer.Layer<PortStore> =>
  Layer.effect(
    PortStore,
    Effect.map(trouble === undefined ? noTrouble : Effect.succeed(trouble), (given) => make(records, given))
  )

export const layer: Layer.Layer<PortStore> = Layer.effect(
  PortStore,
  Effect.zipWith(makeRecords, noTrouble, (records, trouble) => make(records, trouble))
)
