import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { frameOn } from "../../layers/files/Intake.ts"
import { keyOf, proofOf } from "../../layers/files/Keys.ts"
import type { Digest } from "../../src/domain/Offer.ts"
import { encode, type Fetch, protocolVersion } from "../../src/protocol/Frame.ts"
import { encodeHead } from "../../src/protocol/TransferStream.ts"
import { bytesOf } from "../support/bytes.ts"
import { among, content, liars, type Manner, saying, serving } from "../support/holders.ts"
import { chatId, epoch, peer } from "../support/samples.ts"

const flipped = (bytes: Uint8Array): Uint8Array => {
  const other = bytes.slice()
  other[7] = (other[7] ?? 0) ^ 1
  return other
}

const honest = serving()
const liar = serving((shared) => ({ ...shared, read: (piece) => Effect.map(shared.read(piece), flipped) }))
const liarAboutAll = serving((shared) => ({ ...shared, manifest: flipped(shared.manifest) }))

const silent = saying(() => encodeHead({ type: "has", pieces: "all" }))
/** Has everything, and sends the first piece of it, a byte a second. */
const dripping = saying(
  () => Buffer.concat([encodeHead({ type: "has", pieces: "all" }), bytesOf(`{"manifest":262144,"from":0}\n`)]),
  0x20
)
const garbage = saying(() => bytesOf("HTTP/1.1 200 OK\r\n\r\n"))
const tooMuch = saying(() =>
  Buffer.concat([encodeHead({ type: "has", pieces: "all" }), bytesOf(`{"piece":0,"bytes":1e12}\n`)])
)
const unasked = saying(() =>
  Buffer.concat([encodeHead({ type: "has", pieces: "all" }), bytesOf(`{"piece":0,"bytes":2}\nab`)])
)

/** The file is whole in the end, and just these peers were exposed. */
const comesWhole = (manners: Readonly<Record<string, Manner>>, exposed: ReadonlyArray<string>): void =>
  among(manners, ({ disk, events, shared, transfers, until }) =>
    Effect.gen(function* () {
      assert.isTrue(yield* transfers.files.fetch(shared.offer))
      yield* until("Fetched")
      assert.isTrue(Buffer.from(disk.bytes("/downloads/a") ?? []).equals(content()))
      assert.deepStrictEqual(liars(events), exposed)
    })
  )

describe("Transfers", () => {
  it("a peer that sends wrong pieces is exposed, and the others make up for it", () =>
    comesWhole({ liar, honest }, ["liar"]))

  it("a peer that sends a wrong manifest is exposed", () => comesWhole({ liarAboutAll, honest }, ["liarAboutAll"]))

  it("peers that say nothing, or other things than was asked for, are let go", () =>
    comesWhole({ silent, garbage, tooMuch, unasked, honest }, []))

  it("a peer that sends a byte a second is let go", () => comesWhole({ dripping, honest }, []))

  it("with liars alone it waits, and writes nothing under its name", () =>
    among({ liar, another: liar }, ({ disk, events, shared, transfers, until }) =>
      Effect.gen(function* () {
        yield* transfers.files.fetch(shared.offer)
        yield* until("Waiting")
        yield* Effect.sleep("2 minutes")
        assert.sameMembers([...liars(events)], ["liar", "another"])
        assert.isUndefined(disk.bytes("/downloads/a"))
        assert.strictEqual(transfers.files.transfers().get(shared.offer.digest)?.state, "Waiting")
      })
    ))

  it("an offer that can't be true fails at once, and nothing is allocated for it", () =>
    among({ honest }, ({ events, shared, transfers, until }) =>
      Effect.gen(function* () {
        const size = Number.MAX_SAFE_INTEGER
        yield* transfers.files.fetch({ ...shared.offer, size })
        yield* until("Failed")
        assert.strictEqual(events.length, 1)
      })
    ))

  it("only who knows the offer may fetch, and only so many at once", () =>
    among({ honest, other: honest, third: honest }, ({ disk, network, transfers }) =>
      Effect.gen(function* () {
        disk.put("/home/mine", content())
        const { offer } = yield* transfers.files.offer(["/home/mine"])
        const visit = (id: string, digest: Digest): Fetch => {
          const from = peer(id, 1)
          const me = peer("me", 6_000)
          return {
            type: "fetch",
            protocol: protocolVersion,
            id: from.id,
            role: "client",
            epoch: epoch(2),
            chat: chatId(1),
            to: me.id,
            key: keyOf(offer.digest),
            proof: proofOf(digest, from.id, epoch(2), me.id)
          }
        }
        const asks = (id: string, digest = offer.digest) =>
          Effect.gen(function* () {
            const connection = yield* network.transport(id).dial(peer("me", 6_000).address)
            const said = [encode(visit(id, digest))]
            connection.drain(() => said.shift())
            connection.wake()
            const { frame } = yield* frameOn(connection)
            return frame.type === "refused" ? frame.detail : frame.type
          })
        assert.strictEqual(yield* asks("honest", "A".repeat(43) as Digest), "it is not shared here")
        assert.strictEqual(yield* asks("nobody"), "only peers with a link may fetch here")
        assert.strictEqual(yield* asks("honest"), "serving")
        assert.strictEqual(yield* asks("honest"), "too many transfers are being served", "one for each peer")
        assert.strictEqual(yield* asks("other"), "serving")
        assert.strictEqual(yield* asks("third"), "too many transfers are being served", "two in all")
        yield* Effect.sleep("61 seconds")
        assert.strictEqual(yield* asks("third"), "serving", "who asks for nothing is let go")
      })
    ))
})
