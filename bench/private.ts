/**
 * `node scripts/run.mjs bench/private.ts`: what it costs to seal and to open 1,000 private messages to one reader, and
 * to find out that one is for somebody else. CPU time and time by the clock, in µs for each message.
 */

import * as Effect from "effect/Effect"
import { generate } from "../layers/identity/Keys.ts"
import * as PrivateSeal from "../layers/identity/PrivateSeal.ts"
import type { Letter, Place } from "../src/domain/Letter.ts"
import { PeerId } from "../src/domain/Peer.ts"
import { epochOf, PostNumber, type StreamId } from "../src/domain/Post.ts"

const count = 1_000
const [anna, bo, carol] = await Effect.runPromise(Effect.all([generate, generate, generate]))
const [author, reader, third] = [anna, bo, carol].map(({ credentials }) => PrivateSeal.make(credentials.privateKey))
const letter: Letter = {
  to: [PeerId.make("bo")],
  text: "for you alone: a line of sixty-four characters, as in the others"
}

const placeOf = (n: number): Place => ({ stream: `anna/@/${epochOf(1, 1)}` as StreamId, n: PostNumber.make(n + 1) })

const perform = (effect: Effect.Effect<unknown> | undefined) => effect && Effect.runPromise(effect)

const measure = async (name: string, one: (n: number) => Effect.Effect<unknown> | undefined): Promise<void> => {
  for (let n = 0; n < 50; n += 1) await perform(one(n))
  const [cpu, begun] = [process.cpuUsage(), performance.now()]
  for (let n = 0; n < count; n += 1) await perform(one(n))
  const time = ((performance.now() - begun) * 1_000) / count
  const { system, user } = process.cpuUsage(cpu)
  process.stdout.write(`${name}: ${Math.round((user + system) / count)} µs of CPU, ${Math.round(time)} µs\n`)
}

const texts: Array<string> = []
await measure("seal", (n) =>
  author?.seal(placeOf(n), letter, [bo.key]).pipe(
    Effect.tap((text) =>
      Effect.sync(() => {
        texts[n] = text
      })
    )
  )
)
await measure("open", (n) => reader?.open(placeOf(n), texts[n] ?? ""))
await measure("not for this node", (n) => third?.open(placeOf(n), texts[n] ?? ""))
