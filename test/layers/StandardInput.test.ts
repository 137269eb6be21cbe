/** What a command gets that takes all of a pipe as one text. */
import { Readable } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { textOf } from "../../layers/console/StandardInput.ts"

const read = (...pieces: ReadonlyArray<Buffer>) => textOf(Readable.from(pieces))

describe("all of a pipe", () => {
  it.effect("is one text, without a byte order mark, carriage returns and the last newline", () =>
    Effect.gen(function* () {
      const text = yield* read(Buffer.from("\ufeffone\r\ntw"), Buffer.from("ö\n\n"))
      assert.deepStrictEqual(text, { text: "one\ntwö\n", notUtf8: undefined })
    })
  )

  it.effect("names the first line that is not UTF-8; a � that was written as such is none", () =>
    Effect.gen(function* () {
      const text = yield* read(Buffer.from("\ufffd\n"), Buffer.from("gr\u00fcn\nbl\u00f6d", "latin1"))
      assert.deepStrictEqual(text, { text: "\ufffd\ngr\ufffdn\nbl\ufffdd", notUtf8: 2 })
    })
  )

  it.effect("is refused as soon as it is too long", () =>
    Effect.gen(function* () {
      const endless = Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(65_536, "y")
        })()
      )
      assert.strictEqual((yield* Effect.flip(textOf(endless))).limit, 1024 * 1024)
    })
  )
})
