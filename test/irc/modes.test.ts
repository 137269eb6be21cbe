/** The modes of a channel: what a MODE asks for, what becomes of it, and what follows from it. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as ChannelModes from "../../src/protocol/irc/ChannelModes.ts"
import { fits, wholeMask } from "../../src/protocol/irc/Mask.ts"

/** The modes after these commands. */
const modesAfter = (...commands: ReadonlyArray<string>) =>
  commands.reduce((modes, command) => {
    const [letters = "", ...words] = command.split(" ")
    return ChannelModes.stepsIn(letters, words).reduce(
      (now, step) => ("on" in step ? ChannelModes.changed(now, step, "op", 1_000) : now),
      modes
    )
  }, ChannelModes.initial)

const shown = (...commands: ReadonlyArray<string>) => ChannelModes.shown(modesAfter(...commands), true).join(" ")

const stranger = { mask: "bo!b@outlive", key: "", isInvited: false }
const member = { mask: "bo!b@outlive", isOperator: false, hasVoice: false }

describe("modes of a channel", () => {
  it("are set and taken away, with their values, and shown", () => {
    assert.strictEqual(shown(), "+n")
    assert.strictEqual(shown("+tik-n beer", "+l 12", "+l 13"), "+itkl beer 13")
    assert.strictEqual(shown("+kl beer 3", "-kl x"), "+n")
    assert.deepStrictEqual(ChannelModes.shown(modesAfter("+k beer"), false), ["+nk", "*"])
    const { lists } = modesAfter("+bbe bo bo!*@* kim@host", "-b BO")
    assert.deepStrictEqual(lists, { b: [], e: [{ mask: "*!kim@host", by: "op", at: 1_000 }], I: [] })
  })

  it("do not change by what is there already, or is not, or is no value", () => {
    for (const command of [
      "+n",
      "-tklb x bo",
      "+l 0",
      "+l -1",
      "+l x",
      "+k",
      "+k a,b",
      `+k ${"x".repeat(24)}`,
      "+z",
      "+o"
    ]) {
      assert.strictEqual(modesAfter(command), ChannelModes.initial, command)
    }
    const some = modesAfter("+b bo")
    assert.strictEqual(
      ChannelModes.changed(some, { _tag: "Mask", on: true, letter: "b", value: "BO!*@*" }, "", 0),
      some
    )
  })

  it("have a limit on masks, and a command on values", () => {
    const full = modesAfter(...Array.from({ length: 70 }, (_, at) => `+b bo${at}`))
    assert.lengthOf(full.lists.b, ChannelModes.mostMasks)
    const steps = ChannelModes.stepsIn(`+${"v".repeat(500)}`, Array(500).fill("bo"))
    assert.lengthOf(steps, ChannelModes.mostChanges)
  })

  it("are told in one line: a sign wherever it changes, then the values", () => {
    const changes = ChannelModes.stepsIn("+ik-t+v-l", ["beer", "bo"]).filter((step) => "on" in step)
    assert.deepStrictEqual(ChannelModes.wordsOf(changes), ["+ik-t+v-l", "beer", "bo"])
  })

  it("decide who may come in", () => {
    const objection = (commands: string, who = {}, inside = 1) =>
      ChannelModes.objectionToEnter(modesAfter(commands), { ...stranger, ...who }, inside)
    assert.isUndefined(objection("+mnst"))
    assert.strictEqual(objection("+k beer"), "ERR_BADCHANNELKEY")
    assert.isUndefined(objection("+k beer", { key: "beer" }))
    assert.strictEqual(objection("+k beer", { isInvited: true }), "ERR_BADCHANNELKEY")
    assert.strictEqual(objection("+b B?!*@*"), "ERR_BANNEDFROMCHAN")
    assert.isUndefined(objection("+be bo *!b@*"))
    assert.strictEqual(objection("+i"), "ERR_INVITEONLYCHAN")
    assert.isUndefined(objection("+iI b*"))
    assert.strictEqual(objection("+l 1"), "ERR_CHANNELISFULL")
    assert.isUndefined(objection("+l 2"))
    assert.isUndefined(objection("+bil bo 1", { isInvited: true }))
  })

  it("decide who may speak, set the topic and invite", () => {
    const may = (commands: string, who = {}, isInside = true) =>
      ChannelModes.objectionToSpeak(modesAfter(commands), { ...member, ...who }, isInside) === undefined
    assert.isTrue(may("+t"))
    assert.isFalse(may("+t", {}, false))
    assert.isFalse(may("+t", { isOperator: true }, false))
    assert.isTrue(may("-n", {}, false))
    assert.isFalse(may("+m"))
    assert.isTrue(may("+m", { hasVoice: true }))
    assert.isFalse(may("+b bo"))
    assert.isTrue(may("+b bo", { isOperator: true }))
    assert.isFalse(ChannelModes.maySetTopic(modesAfter("+t"), member))
    assert.isTrue(ChannelModes.maySetTopic(modesAfter("+n"), member))
    assert.isFalse(ChannelModes.mayInvite(modesAfter("+i"), member))
    assert.isTrue(ChannelModes.mayInvite(modesAfter("+i"), { ...member, isOperator: true }))
  })
})

describe("a mask", () => {
  it("fits as a pattern does, and costs no more for its stars", () => {
    const letter = FastCheck.constantFrom("a", "b", "*", "?", "!")
    const text = FastCheck.array(letter, { maxLength: 8 }).map((letters) => letters.join(""))
    FastCheck.assert(
      FastCheck.property(text, text, (mask, words) => {
        const pattern = Array.from(mask, (each) => ({ "*": "[^]*", "?": "[^]" })[each] ?? each).join("")
        assert.strictEqual(fits(mask, words), new RegExp(`^${pattern}$`).test(words))
      })
    )
    assert.isFalse(fits(`${"*a".repeat(400)}b`, "a".repeat(800)))
  })

  it("is completed", () => {
    const whole = { bo: "bo!*@*", "bo!u": "bo!u@*", "u@h": "*!u@h", "@h": "*!*@h", "a!b@c": "a!b@c", "!": "*!*@*" }
    for (const [text, mask] of Object.entries(whole)) assert.strictEqual(wholeMask(text), mask)
  })
})
