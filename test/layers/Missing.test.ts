/** Whom a node looks for, and what it remembers of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Missing from "../../layers/links/Missing.ts"
import type { Node } from "../../layers/links/Node.ts"
import { runOf } from "../../src/domain/Post.ts"
import { epoch, peer } from "../support/samples.ts"

const three = peer("3", 6003)
const run = runOf(epoch(1))

const missing = Effect.flatMap(Effect.clock, (clock) =>
  Missing.make({ clock, events: {}, settings: { role: "client" }, table: { hasServer: false } } as unknown as Node)
)

describe("a run that is looked for", () => {
  it.scoped("is known for as long as that lasts, also when it was given up", () =>
    Effect.gen(function* () {
      const { all, giveUp, seek } = yield* missing
      seek(three, run)
      giveUp(three, { ghost: false, met: true, chance: 0 })
      assert.deepStrictEqual(all(), [{ peer: three, run }])
    })
  )

  it.scoped("is forgotten with its peer: one that has left, or was given up and had never come in", () =>
    Effect.gen(function* () {
      const { all, end, forget, giveUp, reachingServer, seek } = yield* missing
      for (const over of [
        () => {
          forget(three.id)
          end(three.id)
        },
        () => giveUp(three, { ghost: true, met: false, chance: 0 })
      ]) {
        seek(three, run)
        over()
        assert.deepStrictEqual(all(), [])
        yield* Effect.scoped(reachingServer(three))
        assert.deepStrictEqual(all(), [{ peer: three, run: undefined }], "any run is looked for")
      }
    })
  )
})
