/** What stories about files have in common. */
import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Files } from "../../services/Files.ts"
import { pieceBytes } from "../../src/domain/Manifest.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import type { Transfer, TransferEvent } from "../../src/domain/Transfer.ts"
import type { Node, World } from "./World.ts"

/** Bytes that are different in each piece. */
export const content = (pieces: number, more = 1_000): Uint8Array => {
  const bytes = new Uint8Array(pieces * pieceBytes + more)
  for (let at = 0; at < bytes.length; at += 97) bytes[at] = at * 7 + Math.floor(at / 251)
  return bytes
}

/** Offers a file of that node. */
export const offers = (world: World, node: Node, name: string, bytes: Uint8Array): Effect.Effect<Offer> =>
  Effect.gen(function* () {
    world.diskOf(node.name).put(`/home/${name}`, bytes)
    const files = yield* node.files
    return (yield* Effect.orDie(files.offer([`/home/${name}`]))).offer
  })

/** Begins to wait for an event. The effect that is returned fails if it does not come. */
export const expects = (
  files: Files["Type"],
  tag: TransferEvent["_tag"]
): Effect.Effect<Effect.Effect<TransferEvent>> =>
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

/** Waits until a transfer is so. */
export const until = (
  files: Files["Type"],
  { digest }: Offer,
  holds: (transfer: Transfer) => boolean
): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const look = (): void => {
      const transfer = files.transfers().get(digest)
      if (transfer === undefined || !holds(transfer)) return
      resume(Effect.void)
    }
    const stop = files.onChange(look)
    look()
    return Effect.sync(stop)
  }).pipe(
    Effect.timeoutFail({ duration: "10 minutes", onTimeout: () => new Error("the transfer never was so") }),
    Effect.orDie
  )

export const isWhole = (world: World, node: Node, offer: Offer, bytes: Uint8Array, name = offer.name): void => {
  const found = world.diskOf(node.name).bytes(`/downloads/${name}`)
  assert.isTrue(found !== undefined && Buffer.from(found).equals(bytes), `${node.name} has not ${name}, byte for byte`)
}

/** Fetches an offer at that node, whole. */
export const fetches = (world: World, node: Node, offer: Offer, bytes: Uint8Array): Effect.Effect<void> =>
  Effect.gen(function* () {
    const files = yield* node.files
    const fetched = yield* expects(files, "Fetched")
    assert.isTrue(yield* files.fetch(offer))
    yield* fetched
    isWhole(world, node, offer, bytes)
    assert.strictEqual(files.transfers().get(offer.digest)?.state, "Done")
  })
