import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { frameOn } from "../../layers/files/Intake.ts"
import { keyOf, proofOf } from "../../layers/files/Keys.ts"
import { say } from "../../layers/files/Saying.ts"
import type { Connection } from "../../services/Transport.ts"
import type { Digest } from "../../src/domain/Offer.ts"
import { OfferKey } from "../../src/domain/Transfer.ts"
import { type Fetch, naming, protocolVersion } from "../../src/protocol/Frame.ts"
import { encodeHead } from "../../src/protocol/TransferStream.ts"
import { bytesOf } from "../support/bytes.ts"
import { among, content, liars, type Manner, saying, serving } from "../support/holders.ts"
import { chatId, epoch, id, peer } from "../support/samples.ts"

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

/** Passes on connections, to somebody who has everything. `asked` is called when that one is asked for it. */
const passing =
  (asked = () => {}): Manner =>
  (connection, shared) =>
    Effect.gen(function* () {
      say(connection, { type: "connected", key: keyOf(shared.offer.digest) })
      const { frame } = yield* frameOn(connection)
      if (frame.type !== "fetch") return
      asked()
      yield* honest(connection, shared)
    })

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
            say(connection, visit(id, digest))
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

  it("a member of another site comes through a server alone, is who it says it is, and knows the offer", () =>
    among(
      { "Server-x": honest, ann: honest },
      ({ network, shared: { offer }, transfers, until }) =>
        Effect.gen(function* () {
          yield* transfers.files.fetch(offer)
          yield* until("Fetched")
          const me = peer("me", 6_000)
          const key = keyOf(offer.digest)
          const comes = (name: string, to = "me", about = key) =>
            Effect.gen(function* () {
              const connection = yield* network.transport(name).dial(me.address)
              const visit = {
                protocol: protocolVersion,
                ...naming(peer(name, 1)),
                epoch: epoch(2),
                chat: chatId(1),
                key: about
              }
              say(connection, { type: "connect", ...visit, to: me.id, with: id(to), for: id("zoe") })
              return { connection, answer: yield* answerOn(connection) }
            })
          const answerOn = (connection: Connection) =>
            Effect.map(frameOn(connection), ({ frame }) => (frame.type === "refused" ? frame.detail : frame.type))
          const answerTo = (name: string, to?: string, about?: OfferKey) =>
            Effect.scoped(Effect.map(comes(name, to, about), ({ answer }) => answer))
          const stranger = "only peers with a link may fetch here"
          assert.strictEqual(yield* answerTo("nobody"), stranger)
          assert.strictEqual(yield* answerTo("ann"), stranger, "somebody who is no server")
          assert.strictEqual(yield* answerTo("Server-x", "ann"), stranger, "somebody else is meant")
          const unknown = "it is not shared here"
          assert.strictEqual(yield* answerTo("Server-x", "me", OfferKey.make("a".repeat(64))), unknown)

          const fetches = (name: string, digest = offer.digest) =>
            Effect.gen(function* () {
              const { answer, connection } = yield* comes("Server-x")
              assert.strictEqual(answer, "connected")
              const proof = proofOf(digest, id(name), epoch(3), me.id)
              const visit = {
                protocol: protocolVersion,
                id: id(name),
                epoch: epoch(3),
                chat: chatId(1),
                to: me.id,
                key
              }
              say(connection, { type: "fetch", ...visit, proof })
              return yield* answerOn(connection)
            })
          assert.strictEqual(yield* Effect.scoped(fetches("eve")), stranger)
          assert.strictEqual(yield* Effect.scoped(fetches("zoe", "A".repeat(43) as Digest)), unknown)
          assert.strictEqual(yield* Effect.scoped(fetches("zoe")), "serving")

          // Who comes and says nothing takes no place for long, and no more than there are.
          for (let n = 0; n < 2; n += 1) assert.strictEqual((yield* comes("Server-x")).answer, "connected")
          assert.strictEqual(yield* answerTo("Server-x"), "too many transfers are being served")
          yield* Effect.sleep("11 seconds")
          assert.strictEqual(yield* answerTo("Server-x"), "connected")
        }),
      { isOfFar: (id) => id === "zoe" }
    ))

  it("who answers through a server under another's name is asked for nothing; only servers speak for others", () =>
    among(
      { "Server-x": passing(), ann: silent },
      ({ links, shared: { offer }, transfers, until }) =>
        Effect.gen(function* () {
          const { files, onLinks } = transfers
          yield* files.fetch(offer)
          const hears = (from: string, by: string) => {
            const link = links.get(id(from))
            if (link === undefined) return assert.fail(`no ${from}`)
            onLinks.heard(link, { type: "holds", key: keyOf(offer.digest), by: id(by), pieces: 12, of: 12 })
          }
          const holders = () => [...files.holders(offer.digest).keys()].filter((id) => !links.has(id))
          hears("ann", "bob")
          hears("Server-x", "me")
          assert.isEmpty(holders())
          hears("Server-x", "wes")
          assert.deepStrictEqual(holders(), [id("wes")])
          yield* Effect.sleep("2 minutes")
          assert.isEmpty(holders(), "it was tried, and is forgotten")
          assert.strictEqual(files.transfers().get(offer.digest)?.bytes, 0)
          hears("Server-x", "will")
          yield* until("Fetched")
        }),
      { isCalled: (id) => id !== "wes" }
    ))

  it("nobody far is asked while somebody near gives everything, and somebody is when nobody near does", () => {
    for (const [near, asked] of [
      [honest, 0],
      [silent, 1],
      [dripping, 1],
      [liar, 1]
    ] as const) {
      let connected = 0
      const counted = passing(() => {
        connected += 1
      })
      among({ "Server-x": counted, near }, ({ links, shared: { offer }, transfers, until }) =>
        Effect.gen(function* () {
          const server = links.get(id("Server-x")) ?? assert.fail("there is no server")
          const holds = { type: "holds", key: keyOf(offer.digest), pieces: 12, of: 12 } as const
          yield* transfers.files.fetch(offer)
          // The server has nothing itself.
          transfers.onLinks.heard(server, { ...holds, pieces: 0 })
          transfers.onLinks.heard(server, { ...holds, by: id("wes") })
          yield* until("Fetched")
          assert.strictEqual(connected, asked)
        })
      )
    }
  })
})
