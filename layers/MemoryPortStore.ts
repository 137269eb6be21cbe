/** A PortStore that forgets when the process ends: for tests, and for a server that must leave no file. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { PortStore } from "../services/PortStore.ts"
import type { Peer, PeerId } from "../src/domain/Peer.ts"

/** What such a store keeps its records in; one that is handed on outlives the store. */
export const makeRecords = Ref.make<ReadonlyMap<PeerId, Peer>>(new Map())

const make = (peers: Ref.Ref<ReadonlyMap<PeerId, Peer>>) =>
  PortStore.of({
    record: (peer) => Ref.update(peers, (known) => new Map(known).set(peer.id, peer)),
    forget: (id) => Ref.update(peers, (known) => new Map([...known].filter(([each]) => each !== id))),
    all: Effect.map(Ref.get(peers), (known) => [...known.values()])
  })

/** A store over records that are kept elsewhere. */
export const over = (records: Ref.Ref<ReadonlyMap<PeerId, Peer>>): Layer.Layer<PortStore> =>
  Layer.succeed(PortStore, make(records))

export const layer: Layer.Layer<PortStore> = Layer.effect(PortStore, Effect.map(makeRecords, make))
