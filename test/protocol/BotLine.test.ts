import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { actionOf } from "../../src/domain/Action.ts"
import { Entry } from "../../src/domain/Entry.ts"
import { Fact } from "../../src/domain/Fact.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import { topicOf } from "../../src/domain/Topic.ts"
import { decodeInput, Event, encodeEvent, eventOf } from "../../src/protocol/BotLine.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { peer, post, stream } from "../support/samples.ts"

const three = peer("3", 6003)
const happened = (event: MeshEvent) => Fact.Witnessed({ entry: Entry.Happened({ event }) })

const facts: ReadonlyArray<readonly [Fact, string | undefined]> = [
  [Fact.Witnessed({ entry: Entry.Said({ post: post(stream("3"), 1), own: false }) }), "said"],
  [Fact.Witnessed({ entry: Entry.Earlier({ post: post(stream("3"), 1) }) }), "earlier"],
  [Fact.Witnessed({ entry: Entry.Earlier({ post: post(stream("3"), 1, topicOf("tea")) }) }), "topic"],
  [
    Fact.InRoom({ room: mainRoom, here: true, joined: true, peers: [], lines: 0, mentions: 0, topic: undefined }),
    "room"
  ],
  [Fact.Witnessed({ entry: Entry.Missed({ stream: stream("3"), count: 2 }) }), "missed"],
  [Fact.Witnessed({ entry: Entry.Outlived({ count: 2 }) }), "missed"],
  [Fact.Witnessed({ entry: Entry.Skipped({ count: 2 }) }), "skipped"],
  [happened(MeshEvent.Admitted({ by: three })), "admitted"],
  [happened(MeshEvent.Linked({ peer: three, newcomer: true, known: false })), "linked"],
  [happened(MeshEvent.CatchingUp({ peer: three, count: 2 })), "catching-up"],
  [happened(MeshEvent.Unkept({ detail: "the disk is full" })), "unkept"],
  [happened(MeshEvent.Lost({ peer: three, reason: "silent" })), "lost"],
  [happened(MeshEvent.Left({ peer: three })), "left"],
  [happened(MeshEvent.GivenUp({ peer: three, ghost: false })), "given-up"],
  [happened(MeshEvent.GivenUp({ peer: three, ghost: true })), undefined],
  [Fact.Self({ peer: three, since: 5 }), "self"],
  [Fact.Present({ peerStatus: { peer: three, link: undefined, through: undefined, givenUp: false } }), "present"],
  [
    Fact.Present({
      peerStatus: {
        peer: three,
        link: { since: 5, roundTrip: Duration.millis(0.25), behind: 1 },
        through: undefined,
        givenUp: false
      }
    }),
    "present"
  ]
]

const isEvent = Schema.is(Event)

describe("events", () => {
  it("each fact has one, which its Schema knows", () => {
    for (const [fact, type] of facts) {
      const event = eventOf(fact)
      assert.strictEqual(event?.type, type)
      if (event !== undefined) assert.isTrue(isEvent(JSON.parse(encodeEvent(event))), type)
    }
  })

  it("say what was said, and what was done, in the author's words", () => {
    const eventFor = (text: string) =>
      eventOf(Fact.Witnessed({ entry: Entry.Said({ post: post(stream("3"), 7, text), own: true }) }))
    const common = { type: "said", from: "3", at: 0, room: "main", stream: stream("3"), n: 7, own: true }
    assert.deepStrictEqual(eventFor("hello") as unknown, { ...common, text: "hello", action: false })
    assert.deepStrictEqual(eventFor(actionOf("waves")) as unknown, { ...common, text: "waves", action: true })
    const topic = { ...common, type: "topic", text: "tea", earlier: false }
    assert.deepStrictEqual(eventFor(topicOf("tea")) as unknown, topic)
  })

  it("are one line of what is safe on a terminal, whatever was said", () => {
    FastCheck.assert(
      FastCheck.property(Arbitraries.text, (text) => {
        const line = encodeEvent({ type: "notice", text })
        assert.deepStrictEqual(JSON.parse(line), { type: "notice", text })
        assert.match(line, /^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]*\n$/u)
      })
    )
    assert.include(encodeEvent({ type: "notice", text: "\u{e0001}\u009b\u202e" }), "\\udb40\\udc01\\u009b\\u202e")
  })
})

describe("what can be asked", () => {
  it("is understood, or answered with how it is asked", () => {
    const inputs = [
      { type: "say", text: "/hello" },
      { type: "say", text: "", ref: "a" },
      { type: "say", text: "only you", to: ["bo", "kim"] },
      { type: "run", command: "history", arguments: "5", ref: "b" },
      { type: "run", command: "who" },
      { type: "exit" }
    ]
    for (const input of inputs) {
      assert.deepStrictEqual(Either.getOrThrow(decodeInput(JSON.stringify(input))) as unknown, input)
    }
    const inOps = decodeInput('{"type":"say","text":"hello","room":"#ops"}')
    assert.deepStrictEqual(Either.getOrThrow(inOps) as unknown, { type: "say", text: "hello", room: "ops" })
    for (const line of [
      "",
      "hello",
      "{}",
      '{"type":"say"}',
      '{"type":"say","text":"hello","room":"no/room"}',
      '{"type":"say","text":"hello","to":[]}',
      '{"type":"say","text":"hello","to":["no/id"]}',
      '{"type":"say","text":"hello","to":"bo"}',
      `{"type":"say","text":"hello","to":[${Array.from({ length: 16 }, (_, n) => `"a${n}"`)}]}`,
      '{"type":"say","text":"hello","to":["bo"],"room":"ops"}',
      '{"type":"dance"}',
      '{"type":"run","command":5}',
      "[]"
    ]) {
      assert.match(Either.getOrElse(decodeInput(line), String) as string, /^That is no command: \{"type":"say"/, line)
    }
  })
})
