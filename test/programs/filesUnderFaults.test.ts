import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { describe } from "vitest"
import { pieceBytes } from "../../src/domain/Manifest.ts"
import { makeChance } from "../support/chance.ts"
import { type Node, story } from "./World.ts"

/** `FILE_SEEDS=0-200 node_modules/.bin/vitest run test/programs/filesUnderFaults.test.ts` tries others than usual. */
const [first = 0, last = first] = (process.env["FILE_SEEDS"] ?? "4-5").split("-").map(Number)

const pieces = 24
const content = (): Uint8Array => {
  const bytes = new Uint8Array(pieces * pieceBytes + 77)
  for (let at = 0; at < bytes.length; at += 101) bytes[at] = at * 5 + Math.floor(at / 239)
  return bytes
}

const names = ["2", "3", "4"]

describe("files under faults", () => {
  for (let seed = first; seed <= last; seed += 1) {
    story(
      `whoever fetches has the file whole in the end, whatever dies and is cut meanwhile, seed ${seed}`,
      (world) =>
        Effect.gen(function* () {
          const chance = makeChance(seed)
          const below = (n: number) => Math.floor(chance() * n)
          const bytes = content()
          yield* world.network.delay(() => below(40))
          yield* world.server
          const nodes = new Map<string, Node>()
          const join = (name: string) =>
            Effect.map(world.client(name), (node) => {
              nodes.set(name, node)
              return node
            })
          const offered = Effect.gen(function* () {
            const author = yield* join("1")
            world.diskOf("1").put("/home/a", bytes)
            return (yield* Effect.orDie((yield* author.files).offer(["/home/a"]))).offer
          })
          const offer = yield* offered
          const fetch = (node: Node) => Effect.flatMap(node.files, (files) => files.fetch(offer))
          for (const name of names) yield* Effect.flatMap(join(name), fetch)

          const steps = 6 + below(6)
          for (let step = 0; step < steps; step += 1) {
            yield* Effect.sleep(below(3_000))
            const name = names[below(names.length)] ?? "2"
            switch (below(4)) {
              case 0:
                yield* nodes.get(name)?.kill ?? Effect.void
                yield* Effect.sleep(below(2_000))
                yield* Effect.flatMap(join(name), fetch)
                break
              case 1:
                yield* nodes.get("1")?.kill ?? Effect.void
                yield* Effect.sleep(below(8_000))
                yield* offered
                break
              case 2: {
                const apart = names[below(names.length)]
                yield* world.network.cut((from, to) => (from === apart) !== (to === apart))
                yield* Effect.sleep(below(10_000))
                yield* world.network.heal
                break
              }
              default:
                yield* Effect.flatMap((nodes.get(name) as Node).files, (files) => files.cancel(offer.digest))
                yield* fetch(nodes.get(name) as Node)
            }
          }
          for (const name of names) {
            const files = yield* (nodes.get(name) as Node).files
            const done = yield* Deferred.make<void>()
            const look = () => {
              if (files.transfers().get(offer.digest)?.state === "Done") Deferred.unsafeDone(done, Exit.void)
            }
            const stop = files.onChange(look)
            look()
            yield* Effect.orDie(Effect.timeout(Deferred.await(done), "20 minutes"))
            stop()
            const whole = world
              .diskOf(name)
              .all()
              .filter((path) => path.startsWith("/downloads/"))
              .map((path) => world.diskOf(name).bytes(path))
            assert.isTrue(
              whole.some((found) => found !== undefined && Buffer.from(found).equals(bytes)),
              `${name} has it whole`
            )
          }
        }),
      { seed, transfers: { bytesPerSecond: 6 * pieceBytes } }
    )
  }
})
