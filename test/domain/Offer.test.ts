import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { actionIn } from "../../src/domain/Action.ts"
import { folderType, type Offer, offerIn, textOf } from "../../src/domain/Offer.ts"
import { topicIn } from "../../src/domain/Topic.ts"
import { offer } from "../support/samples.ts"

const texts = (offered: object): string => `\u0001FILE ${JSON.stringify({ ...offer(), ...offered })}\u0001`

describe("offers", () => {
  it("an offer is the text of a post, and neither an action nor a topic", () => {
    for (const each of [offer(), offer({ size: 0 }), offer({ name: "ログ", type: folderType, files: 3 })]) {
      assert.deepStrictEqual(offerIn(textOf(each)), each)
      assert.isUndefined(actionIn(textOf(each)))
      assert.isUndefined(topicIn(textOf(each)))
      assert.isFalse(textOf(each).slice(1, -1).includes("\u0001"))
    }
  })

  it("no ordinary line is an offer", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(FastCheck.string(), FastCheck.json()), (text) => {
        assert.isUndefined(offerIn(text))
        assert.isUndefined(offerIn(`\u0001FILE ${text}\u0001`))
      })
    )
  })

  it("what has a value that no offer can have is no offer, and anything else in it is left out", () => {
    assert.deepStrictEqual(offerIn(texts({ more: 1 })), offer())
    const wrong: ReadonlyArray<Partial<Record<keyof Offer, unknown>>> = [
      { name: 1 },
      { size: -1 },
      { size: 1.5 },
      { size: "1" },
      { size: 2 ** 60 },
      { type: "" },
      { type: "text/plain; charset=utf-8" },
      { type: "a".repeat(64) },
      { files: 0 },
      { files: 200_001 },
      { digest: "" },
      { digest: "../../../../../etc/passwd" },
      { digest: `${offer().digest}A` },
      { digest: offer().digest.replace(/.$/, "B") },
      { manifest: 0 },
      { manifest: 2 ** 26 + 1 },
      { manifest: undefined },
      { name: "a".repeat(2_100) }
    ]
    for (const each of wrong) assert.isUndefined(offerIn(texts(each)), JSON.stringify(each))
  })

  it("its name is safe, whatever somebody has written", () => {
    for (const [name, safe] of [
      ["../../.bashrc", "_bashrc"],
      ["C:\\x", "x"],
      ["name\u202egpj.exe", "name_gpj.exe"],
      ["\u001b[2Ja", "_[2Ja"]
    ]) {
      assert.strictEqual(offerIn(texts({ name }))?.name, safe)
    }
  })
})
