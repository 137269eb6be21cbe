import { assert, describe, it } from "@effect/vitest"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { roleOf, serverId } from "../../src/domain/Peer.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import { afterwards, nobody, statusOf } from "../../src/domain/Status.ts"
import { statusForms } from "../../src/terminal/StatusForms.ts"
import { id, peer } from "../support/samples.ts"

const server = peer("Server", 4000)
const linked = (who: string) => MeshEvent.Linked({ peer: peer(who, 6000), newcomer: false, known: false })
const lost = (who: string) => MeshEvent.Lost({ peer: peer(who, 6000), reason: "closed" })
const left = (who: string) => MeshEvent.Left({ peer: peer(who, 6000) })
const gone = (who: string) => MeshEvent.GivenUp({ peer: peer(who, 6000), ghost: false })

/** What is told to client 1 after these, one a second. */
const told = (
  events: ReadonlyArray<MeshEvent>,
  { answers = false, undelivered = 0, self = id("1"), form = 0 } = {}
) => {
  const presence = events.reduce((before, each, index) => afterwards(before, each, (index + 1) * 1_000), nobody)
  return statusForms(
    statusOf({ id: self, role: roleOf(self) }, presence, answers, { room: mainRoom, rooms: [] }),
    undelivered,
    (at) => `${at / 1_000} s`
  )[form]
}

const joined = MeshEvent.Admitted({ by: server })

describe("what is told at a glance", () => {
  it("the server is not there yet, up, down since it was lost or left, and up again", () => {
    for (const [events, expected] of [
      [[], "── 1 · no server yet · 0 of 0 peers"],
      [[joined], "── 1 · server up · 1 of 1 peer"],
      [[joined, lost("Server"), lost("Server")], "── 1 · server down since 2 s · 0 of 1 peer"],
      [[joined, left("Server")], "── 1 · server down since 2 s · 0 of 0 peers"],
      [[joined, lost("Server"), gone("Server")], "── 1 · server down since 2 s · 0 of 0 peers"],
      [[joined, lost("Server"), linked("Server")], "── 1 · server up · 1 of 1 peer"]
    ] as const) {
      assert.strictEqual(told(events), expected)
    }
    assert.strictEqual(
      told([joined, lost("Server")], { answers: true }),
      "── 1 · server returning, down since 2 s · 0 of 1 peer"
    )
    assert.strictEqual(told([linked("2")], { answers: true }), "── 1 · no server yet · 1 of 1 peer")
  })

  it("of several servers one is enough, and is down since the last was lost", () => {
    const east = { ...peer("east", 4001), role: "server" } as const
    const met = [joined, MeshEvent.Linked({ peer: east, newcomer: false, known: false })]
    assert.strictEqual(told([...met, lost("Server")]), "── 1 · server up · 1 of 2 peers")
    assert.strictEqual(
      told([...met, lost("Server"), MeshEvent.Lost({ peer: east, reason: "closed" })]),
      "── 1 · server down since 4 s · 0 of 2 peers"
    )
  })

  it("who is lost is a peer still, who left or was given up is none; the server has no server", () => {
    assert.strictEqual(told([joined, linked("2"), linked("3"), lost("3")]), "── 1 · server up · 2 of 3 peers")
    assert.strictEqual(
      told([joined, linked("2"), linked("3"), left("2"), lost("3"), gone("3")]),
      "── 1 · server up · 1 of 1 peer"
    )
    assert.strictEqual(told([linked("2")], { self: serverId }), "── Server · 1 of 1 peer")
    const kept = MeshEvent.Unkept({ detail: "the disk is full" })
    assert.strictEqual(told([joined, kept]), told([joined]))
  })

  it("lines that nobody has yet are counted", () => {
    assert.strictEqual(told([joined], { undelivered: 1 }), "── 1 · server up · 1 of 1 peer · 1 line not yet delivered")
    assert.match(told([joined], { undelivered: 2 }) ?? "", /2 lines not yet delivered$/)
  })

  it("a narrow terminal is told the same in fewer words", () => {
    assert.strictEqual(
      told([joined, lost("Server")], { undelivered: 2, form: 1 }),
      "── 1 · server down since 2 s · 0 of 1 peer · 2 undelivered"
    )
    const few = { form: 2 }
    assert.strictEqual(told([], few), "── 1 · no server · 0/0")
    assert.strictEqual(told([joined], { ...few, undelivered: 1 }), "── 1 · server up · 1/1 · 1 undelivered")
    assert.strictEqual(told([joined, lost("Server")], few), "── 1 · down 2 s · 0/1")
    assert.strictEqual(told([joined, lost("Server")], { ...few, answers: true }), "── 1 · returning · 0/1")
    assert.strictEqual(told([linked("2")], { ...few, self: serverId }), "── Server · 1/1")
  })
})
