/** draft/multiline: a pasted message is one message, in both directions. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parse } from "../../src/protocol/irc/Message.ts"
import * as Multiline from "../../src/protocol/irc/Multiline.ts"
import { gather } from "../programs/World.ts"
import { enter, ircStory } from "./Guest.ts"

const capabilities = "draft/multiline batch message-tags echo-message labeled-response"

describe("draft/multiline", () => {
  ircStory("makes one message of several lines; others see it whole, or line by line, once", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities })
      const far = yield* enter(world, two, { capabilities: "draft/multiline batch message-tags draft/chathistory" })
      const plain = yield* enter(world, two)
      const json = yield* two.attach()
      yield* guest.send(
        "@label=x BATCH +1 draft/multiline #main",
        "@batch=1 PRIVMSG #main :def f():",
        "@batch=1 PRIVMSG #main :",
        "@batch=1 PRIVMSG #main :    return ",
        "@batch=1;draft/multiline-concat PRIVMSG #main :1",
        "BATCH -1"
      )
      yield* json.sees("Client 1: def f():\\u{a}\\u{a}    return 1")
      const opening = yield* guest.sees(/ draft\/multiline #main$/)
      assert.match(opening, /^@msgid=1\/main\/\d+-[0-9a-f]+\/1;label=x :1!1@outlive BATCH \+b1 draft\/multiline #main$/)
      for (const [line] of [["def f():"], [""], ["    return 1"]]) {
        assert.strictEqual(yield* guest.sees(/PRIVMSG/), `@batch=b1 :1!1@outlive PRIVMSG #main :${line}`)
      }
      yield* guest.sees(/ BATCH -b1$/)
      const [msgid] = /msgid=[^; ]+/.exec(opening) ?? []
      assert.include(yield* far.sees(/ draft\/multiline #main$/), `@${msgid} :1!1@outlive BATCH +b1 `)
      yield* far.sees(/ BATCH -b1$/)
      assert.strictEqual(yield* plain.sees(/PRIVMSG/), ":1!1@outlive PRIVMSG #main :def f():")
      assert.strictEqual(yield* plain.sees(/PRIVMSG/), ":1!1@outlive PRIVMSG #main :    return 1")
      // In a history the batch is within another one.
      yield* far.send("CHATHISTORY LATEST #main * 10")
      yield* far.sees(/ BATCH \+b3 chathistory /)
      yield* far.sees(/^@batch=b3;msgid=\S+ :1!1@outlive BATCH \+b2 draft\/multiline #main$/)
      yield* far.sees(/^@batch=b2 :1!1@outlive PRIVMSG #main :def f\(\):$/)
      yield* far.sees(/^@batch=b3 :2\.outlive BATCH -b2$/)
      yield* far.sees(/ BATCH -b3$/)
    })
  )

  ircStory("carries a line that is too long for IRC in pieces that go on; a private message too", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities })
      const text = Array.from({ length: 200 }, (_, at) => `wört${at}`).join(" ")
      yield* two.type(`/msg 1 ${text}`)
      yield* guest.sees(/^@msgid=\S+ :2!2@outlive BATCH \+b1 draft\/multiline 1$/)
      yield* guest.sees(/ BATCH -b1$/)
      const pieces = guest.all(/ PRIVMSG 1 /)
      for (const line of pieces) assert.isAtMost(Buffer.byteLength(line.replace(/^@\S+ /, "")) + 2, 512)
      assert.lengthOf(guest.all(/^@batch=b1 :/), 1)
      assert.lengthOf(guest.all(/^@batch=b1;draft\/multiline-concat :/), pieces.length - 1)
      assert.strictEqual(pieces.map((line) => line.replace(/^.* PRIVMSG 1 :/, "")).join(""), text)
    })
  )

  ircStory("says once what is wrong with a batch, and nothing of it", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities })
      const many = Array.from({ length: Multiline.mostLines + 1 }, (_, at) => `@batch=1 PRIVMSG #main :${at}`)
      yield* guest.send("@label=x BATCH +1 draft/multiline #main", ...many, "BATCH -1")
      assert.strictEqual(
        yield* guest.sees(/FAIL/),
        "@label=x :1.outlive FAIL BATCH MULTILINE_MAX_LINES 256 :Too many lines"
      )
      yield* guest.send("PRIVMSG #main :end")
      yield* two.sees("Client 1: end")
      assert.lengthOf(guest.all(/FAIL/), 1)
      assert.isEmpty((yield* two.screen).filter((line) => /^Client 1: 0/.test(line)))
    })
  )

  it("a batch is refused whose pieces do not fit, and the next one is taken", () => {
    const outcome = (...lines: ReadonlyArray<string>) => {
      let draft: Multiline.Draft | undefined
      const all: Array<string> = []
      for (const line of lines) {
        const message = parse(line)
        if (message === undefined || !Multiline.isPart(message)) continue
        const taken = Multiline.take(draft, message)
        draft = taken.draft
        if (taken.whole !== undefined) all.push(taken.whole.params.join(" "))
        if (taken.fault !== undefined) all.push([taken.fault.code, ...taken.fault.context].join(" "))
      }
      return all
    }
    const open = "BATCH +b draft/multiline #a"
    const say = (text: string) => `@batch=b PRIVMSG #a :${text}`
    const long = Array.from({ length: 101 }, () => say("x".repeat(400)))
    for (const [expected, ...lines] of [
      ["#a x", open, say("x"), "BATCH -b"],
      ["MULTILINE_INVALID", open, "BATCH -b"],
      ["MULTILINE_INVALID", open, say(""), say(" "), "BATCH -b"],
      ["MULTILINE_INVALID", open, say("x"), "BATCH +c draft/multiline #a", "BATCH -b"],
      ["MULTILINE_INVALID", "BATCH +b draft/multiline", say("x"), "BATCH -b"],
      ["MULTILINE_INVALID", "BATCH +b netjoin a b", say("x"), "BATCH -b"],
      ["MULTILINE_INVALID", open, "@batch=b TOPIC #a :x", "BATCH -b"],
      ["MULTILINE_INVALID", open, say("x"), "@batch=b NOTICE #a :x", "BATCH -b"],
      ["MULTILINE_INVALID", open, say("x"), "@batch=b;draft/multiline-concat PRIVMSG #a :", "BATCH -b"],
      ["MULTILINE_INVALID", open, "@batch=c PRIVMSG #a :x", "BATCH -b"],
      ["MULTILINE_INVALID_TARGET #a #b", open, "@batch=b PRIVMSG #b :x", "BATCH -b"],
      ["MULTILINE_MAX_BYTES 40000", open, ...long, "BATCH -b"]
    ] as const) {
      assert.deepStrictEqual(
        outcome(...lines, open, say("next"), "BATCH -b"),
        [expected, "#a next"],
        lines.slice(0, 4).join("; ")
      )
    }
    assert.deepStrictEqual(outcome("BATCH -b", say("x")), ["MULTILINE_INVALID", "MULTILINE_INVALID"])
  })
})
