/** What becomes of what is written where nobody reads any more. */
import { Writable } from "node:stream"
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as Output from "../../layers/console/Output.ts"

describe("an output", () => {
  it.scoped("knows whether somebody has taken what was written; whoever writes goes on in any case", () =>
    Effect.gen(function* () {
      const written: Array<string> = []
      let broken = false
      const pipe = new Writable({
        decodeStrings: false,
        write: (text: string, _encoding, done) => {
          if (!broken) written.push(text)
          done(broken ? new Error("write EPIPE") : undefined)
        }
      })
      const gone = yield* Deferred.make<void>()
      const output = yield* Output.make(pipe, gone)
      const write = (text: string) => Effect.async<void>((resume) => output.write(text, () => resume(Effect.void)))
      yield* write("one")
      assert.isFalse(output.isGone())
      broken = true
      yield* write("two")
      assert.isTrue(output.isGone(), "as soon as the write that failed returns")
      yield* Deferred.await(gone)
      yield* write("three")
      assert.deepStrictEqual([written, output.isGone()], [["one"], true])
    })
  )
})
