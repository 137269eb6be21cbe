/** Files that a node fetches unasked. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Digest, textOf } from "../../src/domain/Offer.ts"
import { PeerId } from "../../src/domain/Peer.ts"
import { gather, story } from "./World.ts"

/** The text of an offer that nobody has. */
const emptyPromise = (number: number): string =>
  textOf({
    name: `promise-${number}.txt`,
    size: 10,
    type: "text/plain",
    digest: Buffer.alloc(32, `${number} `).toString("base64url") as Digest,
    manifest: 200
  })

describe("offers that are fetched unasked", () => {
  story(
    "are those up to a size, from now on, of those who are named; the others are not touched",
    (world) =>
      Effect.gen(function* () {
        const { one, server, two } = yield* gather(world)
        const put = (id: string, name: string, size: number) =>
          world.diskOf(id).put(`/home/${name}`, new Uint8Array(size).fill(size % 251))
        put("1", "before.txt", 10)
        yield* one.type("/send /home/before.txt")
        yield* server.sees("* Client 1 offers before.txt (10 bytes)")
        const bot = yield* world.client("3", { history: 20 })
        yield* bot.sees("* (earlier) Client 1 offers before.txt (10 bytes)")
        yield* one.sees("Client 3: initiated")
        yield* two.sees("Client 3: initiated")
        put("1", "large.bin", 300_001)
        put("1", "fits.bin", 300_000)
        put("2", "other.bin", 10)
        put("1", "secret.bin", 20)
        yield* two.type("/send /home/other.bin")
        yield* one.type("/send /home/large.bin")
        yield* one.type("/send /home/fits.bin")
        yield* bot.sees("* fits.bin (300 kB) of Client 1 is fetched unasked. /cancel fits.bin stops it.")
        yield* bot.sees("* fits.bin is here: /downloads/fits.bin")
        yield* one.type("/send /home/secret.bin 3")
        yield* bot.sees("* secret.bin is here: /downloads/secret.bin")
        assert.deepStrictEqual(
          [...world.diskOf("3").all()].filter((path) => path.startsWith("/downloads/") && !path.includes("/.")),
          ["/downloads/fits.bin", "/downloads/secret.bin"]
        )
        yield* one.type("/send /home/fits.bin")
        yield* one.type("done")
        yield* bot.sees("Client 1: done")
        const notices = (yield* bot.screen).filter((line) => line.includes("unasked"))
        assert.lengthOf(notices, 2, "what is here already is not fetched again")
      }),
    { accepting: { 3: { most: 300_000, from: new Set([PeerId.make("1")]) } } }
  )

  story(
    "are few at a time and an hour, however many are offered; one that nobody has is given up",
    (world) =>
      Effect.gen(function* () {
        const { one, two } = yield* gather(world)
        yield* Effect.forEach(
          Array.from({ length: 150 }, (_, at) => emptyPromise(at)),
          one.type
        )
        yield* two.sees("* Client 1 offers promise-149.txt (10 bytes)")
        const files = yield* two.files
        let most = 0
        files.onChange(() => {
          most = Math.max(most, files.transfers().size)
        })
        yield* two.sees(
          "* promise-0.txt is fetched no further: nobody who is here has the rest. /get promise-0.txt goes on where it stopped."
        )
        // The others are cancelled, so that this takes no longer.
        const enough = "* 100 files were fetched unasked within an hour. /get fetches more of what /files lists."
        yield* Effect.repeat(
          Effect.suspend(() => Effect.forEach([...files.transfers().keys()], files.cancel)).pipe(
            Effect.zipRight(Effect.sleep("10 millis"))
          ),
          { until: () => Effect.map(two.screen, (shown) => shown.includes(enough)) }
        )
        world.diskOf("1").put("/home/a.txt", new Uint8Array(10))
        yield* one.type("/send /home/a.txt")
        yield* two.sees("* Client 1 offers a.txt (10 bytes)")
        yield* Effect.sleep("1 second")
        assert.strictEqual(files.transfers().size, 0)
        assert.strictEqual(most, 4)
        const shown = yield* two.screen
        assert.lengthOf(
          shown.filter((line) => line.includes("is fetched unasked")),
          100
        )
        assert.lengthOf(
          shown.filter((line) => line === enough),
          1
        )
      }),
    { accepting: { 2: { most: 1_000, from: undefined } } }
  )
})
