import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { actionIn, actionOf } from "../../src/domain/Action.ts"
import { isLaterTopic, timeOfTopic, topicIn, topicOf } from "../../src/domain/Topic.ts"
import { post, stream } from "../support/samples.ts"

describe("topics", () => {
  it("any text can be a topic, and is no action; an ordinary line or an action is no topic", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), (text) => {
        assert.strictEqual(topicIn(topicOf(text)), text)
        assert.isUndefined(actionIn(topicOf(text)))
        assert.isUndefined(topicIn(actionOf(text)))
        assert.isUndefined(topicIn(text))
      })
    )
    for (const text of ["", "\u0001", "\u0001TOPIC ", "TOPIC a", "\u0001TOPIC a", " \u0001TOPIC a\u0001"])
      assert.isUndefined(topicIn(text))
  })

  it("who replaces a topic stands above it, whatever its clock says", () => {
    assert.strictEqual(timeOfTopic(7, undefined), 7)
    assert.strictEqual(timeOfTopic(7, { at: 3 }), 7)
    for (const at of [7, 1e13]) {
      const before = { ...post(stream("9"), 9), at }
      assert.isTrue(isLaterTopic({ ...post(stream("1"), 1), at: timeOfTopic(7, before) }, before))
    }
    assert.strictEqual(timeOfTopic(7, { at: Number.MAX_SAFE_INTEGER }), Number.MAX_SAFE_INTEGER)
  })

  it("of two topics one is the later, whoever asks: by time, then by stream, then by number", () => {
    const ranked = [
      { ...post(stream("9"), 9), at: 1 },
      { ...post(stream("1"), 1), at: 2 },
      { ...post(stream("1"), 2), at: 2 },
      { ...post(stream("2"), 1), at: 2 }
    ]
    for (const [at, one] of ranked.entries()) {
      for (const [before, other] of ranked.entries()) assert.strictEqual(isLaterTopic(one, other), at > before)
    }
  })
})
