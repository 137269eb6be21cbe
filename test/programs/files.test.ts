import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import type { MemoryDisk } from "../../layers/MemoryFileStore.ts"
import { pieceBytes } from "../../src/domain/Manifest.ts"
import { type Digest, textOf } from "../../src/domain/Offer.ts"
import { content, expects, fetches, isWhole, offers, until } from "./Fetched.ts"
import { gather, secureStory, story } from "./World.ts"

/** Whether each piece is in a part on one of these disks. */
const isCovered = (bytes: Uint8Array, disks: ReadonlyArray<MemoryDisk>): boolean => {
  const parts = disks.flatMap((disk) =>
    disk.all().flatMap((path) => (path.startsWith("/downloads/") ? [Buffer.from(disk.bytes(path) ?? [])] : []))
  )
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes)
    if (!parts.some((part) => part.subarray(at, at + piece.length).equals(piece))) return false
  }
  return true
}

/** Each node serves so much a second. Then a transfer takes a while, in which things can happen. */
const slowly = { transfers: { bytesPerSecond: 4 * pieceBytes } }

describe("files in a chat", () => {
  story("a file is fetched from who offers it, an empty one too, and nobody fetches what is here", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const bytes = content(5)
      const offer = yield* offers(world, one, "a.bin", bytes)
      yield* fetches(world, two, offer, bytes)
      const files = yield* two.files
      assert.isFalse(yield* files.fetch(offer), "it is here already")
      assert.deepStrictEqual([...files.holders(offer.digest).keys()], [one.name])
      const empty = yield* offers(world, one, "empty", new Uint8Array(0))
      yield* fetches(world, two, empty, new Uint8Array(0))
      assert.isTrue(yield* files.drop(offer.digest))
      assert.isFalse(files.transfers().has(offer.digest))
      isWhole(world, two, offer, bytes)
    })
  )

  story("what was fetched is shared: the server and the author are gone, and a third has it from the second", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const bytes = content(4)
      const offer = yield* offers(world, one, "a.bin", bytes)
      yield* fetches(world, two, offer, bytes)
      const three = yield* world.client("3")
      yield* two.sees("Client 3: initiated")
      yield* server.kill
      yield* one.interrupt
      yield* fetches(world, three, offer, bytes)
    })
  )

  story(
    "the author leaves at half: two who have a part each make each other's whole",
    (world) =>
      Effect.gen(function* () {
        const { one, server, two } = yield* gather(world)
        const three = yield* world.client("3")
        yield* two.sees("Client 3: initiated")
        const bytes = content(40)
        const offer = yield* offers(world, one, "a.bin", bytes)
        const all = yield* Effect.all([two.files, three.files])
        const fetched = yield* Effect.all(all.map((files) => expects(files, "Fetched")))
        for (const files of all) assert.isTrue(yield* files.fetch(offer))
        const parts = [two, three].map(({ name }) => world.diskOf(name))
        yield* Effect.raceAll(all.map((files) => until(files, offer, () => isCovered(bytes, parts))))
        assert.isTrue(all.some((files) => files.transfers().get(offer.digest)?.state === "Fetching"))
        yield* one.kill
        yield* server.kill
        yield* Effect.all(fetched, { concurrency: "unbounded" })
        for (const node of [two, three]) isWhole(world, node, offer, bytes)
      }),
    slowly
  )

  story(
    "a node that dies goes on where it was, and so does one whose peer died",
    (world) =>
      Effect.gen(function* () {
        const { one, two } = yield* gather(world)
        const bytes = content(30)
        const offer = yield* offers(world, one, "a.bin", bytes)
        const files = yield* two.files
        assert.isTrue(yield* files.fetch(offer))
        yield* until(files, offer, ({ bytes }) => bytes >= 10 * pieceBytes)
        const had = files.transfers().get(offer.digest)?.bytes ?? 0
        yield* two.kill
        const again = yield* world.client("2")
        yield* again.sees("Client 1: initiated")
        const here = yield* again.files
        const fetched = yield* expects(here, "Fetched")
        assert.isTrue(yield* here.fetch(offer))
        yield* until(here, offer, ({ bytes }) => bytes >= had)
        assert.isAtLeast(here.transfers().get(offer.digest)?.bytes ?? 0, had)
        yield* until(here, offer, ({ bytes }) => bytes >= 20 * pieceBytes)
        // Now the one who offers it dies, and comes back and offers the same file: it is the same offer.
        yield* one.kill
        yield* until(here, offer, ({ state }) => state === "Waiting")
        const back = yield* world.client("1")
        yield* again.sees("Client 1: initiated", "Client 1: initiated")
        assert.strictEqual((yield* offers(world, back, "a.bin", bytes)).digest, offer.digest)
        yield* fetched
        isWhole(world, again, offer, bytes)
      }),
    slowly
  )

  story("nobody has it: that is said once, and it comes at once by itself when somebody has", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const offering = yield* one.files
      const files = yield* two.files
      // The server has had nothing to do with files before.
      for (const [name, later] of [
        ["a.bin", one],
        ["b.bin", server]
      ] as const) {
        const bytes = content(2, name.charCodeAt(0))
        const offer = yield* offers(world, one, name, bytes)
        assert.isTrue(yield* offering.drop(offer.digest))
        const [fetched, waiting] = yield* Effect.all([expects(files, "Fetched"), expects(files, "Waiting")])
        assert.isTrue(yield* files.fetch(offer))
        yield* waiting
        assert.strictEqual(files.transfers().get(offer.digest)?.state, "Waiting")
        assert.strictEqual((yield* offers(world, later, name, bytes)).digest, offer.digest)
        yield* Effect.orDie(Effect.timeout(fetched, "3 seconds"))
        isWhole(world, two, offer, bytes)
      }
    })
  )

  story(
    "a fetch that was given up goes on later; one without a disk says why, and goes on when there is one",
    (world) =>
      Effect.gen(function* () {
        const { one, two } = yield* gather(world)
        const bytes = content(20)
        const offer = yield* offers(world, one, "a.bin", bytes)
        const files = yield* two.files
        assert.isTrue(yield* files.fetch(offer))
        yield* until(files, offer, ({ bytes }) => bytes >= 5 * pieceBytes)
        assert.isTrue(yield* files.cancel(offer.digest))
        assert.isFalse(yield* files.cancel(offer.digest))
        assert.isFalse(files.transfers().has(offer.digest))
        const failed = yield* expects(files, "Failed")
        const disk = world.diskOf("2")
        disk.onChange = (step) => {
          if (step === "write") throw Object.assign(new Error("full"), { code: "ENOSPC" })
        }
        assert.isTrue(yield* files.fetch(offer))
        yield* failed
        assert.include(files.transfers().get(offer.digest)?.why ?? "", "no room")
        disk.onChange = () => {}
        yield* fetches(world, two, offer, bytes)
      }),
    slowly
  )

  story(
    "a file that changes is served as far as it is what was offered; that is said once, until it is offered again",
    (world) =>
      Effect.gen(function* () {
        const { one, two } = yield* gather(world)
        const bytes = content(6)
        const offer = yield* offers(world, one, "a.bin", bytes)
        const changed = bytes.slice()
        changed.fill(1, 3 * pieceBytes, 5 * pieceBytes)
        world.diskOf("1").put("/home/a.bin", changed)
        const offering = yield* one.files
        const said: Array<string> = []
        offering.onEvent((event) => said.push(event._tag))
        const files = yield* two.files
        const [fetched, waiting] = yield* Effect.all([expects(files, "Fetched"), expects(files, "Waiting")])
        assert.isTrue(yield* files.fetch(offer))
        yield* waiting
        assert.strictEqual(files.transfers().get(offer.digest)?.bytes, bytes.length - 2 * pieceBytes)
        assert.deepStrictEqual(said, ["Withdrawn"])
        yield* one.sees(
          "* a.bin can't be fetched from here as a whole any more: /home/a.bin has changed since it was offered: offer it again."
        )
        const { state, why } = offering.transfers().get(offer.digest) ?? {}
        assert.deepStrictEqual([state, why], ["Done", "/home/a.bin has changed since it was offered: offer it again."])
        assert.strictEqual((yield* offers(world, one, "a.bin", bytes)).digest, offer.digest)
        yield* fetched
        isWhole(world, two, offer, bytes)
      })
  )

  story(
    "all together get no more in a second than the limit, and who does not share gives nothing that it has fetched",
    (world) =>
      Effect.gen(function* () {
        const { one, server, two } = yield* gather(world)
        const bytes = content(16, 0)
        const offer = yield* offers(world, one, "a.bin", bytes)
        const all = yield* Effect.all([two.files, server.files])
        const fetched = yield* Effect.all(all.map((files) => expects(files, "Fetched")))
        for (const files of all) assert.isTrue(yield* files.fetch(offer))
        const took = (yield* Effect.all(fetched)).map((event) => (event._tag === "Fetched" ? event.took : 0))
        // 32 pieces, of which those of the first second may come at once.
        assert.isAtLeast(Math.max(...took), 7_000)
        assert.isAtMost(Math.max(...took), 8_500)
        for (const files of all) assert.deepStrictEqual([...files.holders(offer.digest).keys()], [one.name])
        yield* one.kill
        const three = yield* world.client("3")
        const files = yield* three.files
        const waiting = yield* expects(files, "Waiting")
        assert.isTrue(yield* files.fetch(offer))
        yield* waiting
        assert.strictEqual(files.holders(offer.digest).size, 0)
      }),
    { transfers: { bytesPerSecond: 4 * pieceBytes, share: false } }
  )

  story(
    "a flood of offers is a flood of lines: nothing is fetched, the last are listed, and the chat goes on",
    (world) =>
      Effect.gen(function* () {
        const { one, two } = yield* gather(world)
        const flood = 500
        for (let n = 0; n < flood; n += 1) {
          const digest = `${String(n).padStart(42, "0")}A` as Digest
          yield* one.type(textOf({ name: `of ${n}`, size: 2 ** 40, type: "a/b", digest, manifest: 2 ** 26 }))
        }
        yield* one.type("then")
        yield* two.sees("Client 1: then")
        yield* two.type("/files")
        yield* two.sees(
          `* ${flood - 20} older offers are not listed.`,
          `* ${flood}. of ${flood - 1} (1.1 TB) of Client 1: nobody who is here has it`
        )
        yield* two.type(`/get ${flood}`)
        yield* two.sees(
          "* of 499 is not fetched any further: The list of the offered files can't be used: what the offer says of it can't be true. /get of 499 goes on where it stopped."
        )
        const files = yield* two.files
        assert.isEmpty(world.diskOf("2").all())
        assert.strictEqual(files.transfers().get(`${String(flood - 1).padStart(42, "0")}A` as Digest)?.state, "Failed")
      })
  )

  story("a peer that can't be dialled comes itself", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const bytes = content(3)
      const offer = yield* offers(world, one, "a.bin", bytes)
      yield* world.network.block((from, to) => from === "2" && to === "1")
      yield* fetches(world, two, offer, bytes)
    })
  )

  secureStory("in a secure chat too, and each way", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1", { link: yield* world.safe.invite })
      const two = yield* world.client("2", { link: yield* world.safe.invite })
      yield* one.sees("Client 2: initiated")
      const bytes = content(3)
      yield* fetches(world, two, yield* offers(world, one, "a.bin", bytes), bytes)
      world.diskOf("1").put("/home/secret", bytes.subarray(9))
      yield* one.type("/send /home/secret 2")
      yield* two.sees("* Client 1 offers secret (787 kB) in private")
      yield* two.type("/get secret")
      yield* two.sees("* secret is here: /downloads/secret")
      assert.notInclude((yield* server.screen).join(), "secret")
      yield* world.network.block((from, to) => from === "1" && to === "2")
      const more = content(4)
      yield* fetches(world, one, yield* offers(world, two, "b.bin", more), more)
    })
  )
})
