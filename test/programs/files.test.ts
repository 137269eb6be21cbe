import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import type { Files } from "../../services/Files.ts"
import { pieceBytes } from "../../src/domain/Manifest.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import type { TransferEvent } from "../../src/domain/Transfer.ts"
import { gather, type Node, story, type World } from "./World.ts"

/** Bytes that are different in each piece. */
const content = (pieces: number, more = 1_000): Uint8Array =>
  Uint8Array.from({ length: pieces * pieceBytes + more }, (_, at) => (at * 7 + Math.floor(at / 251)) % 251)

/** Offers a file of that node. */
const offers = (world: World, node: Node, name: string, bytes: Uint8Array): Effect.Effect<Offer> =>
  Effect.gen(function* () {
    world.diskOf(node.name).put(`/home/${name}`, bytes)
    const files = yield* node.files
    return (yield* Effect.orDie(files.offer([`/home/${name}`]))).offer
  })

/** Waits for an event; fails if it does not come within minutes. */
const awaits = (files: Files["Type"], tag: TransferEvent["_tag"]): Effect.Effect<Effect.Effect<TransferEvent>> =>
  Effect.map(Deferred.make<TransferEvent>(), (come) => {
    const stop = files.onEvent((event) => {
      if (event._tag === tag) Deferred.unsafeDone(come, Effect.succeed(event))
    })
    return Deferred.await(come).pipe(
      Effect.timeoutFail({ duration: "10 minutes", onTimeout: () => new Error(`no ${tag}`) }),
      Effect.orDie,
      Effect.ensuring(Effect.sync(stop))
    )
  })

/** Fetches an offer at that node, whole. */
const fetches = (world: World, node: Node, offer: Offer, bytes: Uint8Array): Effect.Effect<void> =>
  Effect.gen(function* () {
    const files = yield* node.files
    const fetched = yield* awaits(files, "Fetched")
    assert.isTrue(yield* files.fetch(offer))
    yield* fetched
    assert.deepStrictEqual(world.diskOf(node.name).bytes(`/downloads/${offer.name}`), bytes)
    assert.strictEqual(files.transfers().get(offer.digest)?.state, "Done")
  })

describe("files in a chat", () => {
  story("a file is fetched from who offers it", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const bytes = content(5)
      const offer = yield* offers(world, one, "a.bin", bytes)
      yield* fetches(world, two, offer, bytes)
    })
  )
})
