import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { isCurrent, LinkTable, mostMet, type Row } from "../../src/domain/LinkTable.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"
import { serverId } from "../../src/domain/Peer.ts"
import { runOf } from "../../src/domain/Post.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { epoch, id, peer } from "../support/samples.ts"

interface Link extends Row {
  readonly name: string
}

const link = (name: string, byUs: boolean, run = 1, who = "2"): Link => ({
  name,
  peer: peer(who, 6002),
  epoch: epoch(run),
  byUs,
  phase: "introduced"
})

const two = id("2")

/** The table of the node that is called 1. */
const tableOfOne = () => new LinkTable<Link>(id("1"))

describe("LinkTable", () => {
  it("a link's phase says whether it is the one that its peer has", () => {
    const table = tableOfOne()
    const [first, second] = [link("first", true), link("second", true)]
    assert.strictEqual(first.phase, "introduced")
    assert.isFalse(isCurrent(first))
    table.connect(first)
    assert.strictEqual(first.phase, "placed")
    assert.isTrue(isCurrent(first))
    table.up(first)
    assert.strictEqual(first.phase, "up")
    table.connect(second)
    table.up(first)
    assert.deepStrictEqual([first.phase, second.phase], ["replaced", "placed"])
    assert.isFalse(isCurrent(first))
    table.disconnect(first, "closed")
    table.disconnect(second)
    assert.deepStrictEqual([first.phase, second.phase], ["ended", "ended"])
    assert.isFalse(isCurrent(second))
  })

  it("a link that is not wanted has no place", () => {
    const table = tableOfOne()
    table.connect(link("of run 1", true))
    const other = link("of run 2", true, 2)
    assert.strictEqual(table.connect(other)._tag, "Taken")
    table.up(other)
    assert.strictEqual(other.phase, "introduced")
  })

  it("a peer's first link is linked, and a later one to the same run is known", () => {
    const table = tableOfOne()
    const first = link("first", true)
    assert.deepStrictEqual(table.connect(first), { _tag: "Linked", known: false })
    assert.strictEqual(table.links.get(two), first)
    assert.isTrue(table.disconnect(first, "closed"))
    assert.strictEqual(table.links.size, 0)
    assert.deepStrictEqual(table.connect(link("again", false)), { _tag: "Linked", known: true })
  })

  it("remembers who was met last, and nothing of the others: neither of those long gone, nor of who never came in", () => {
    const table = tableOfOne()
    const here = link("here", true, 1, "here")
    table.connect(here)
    for (let n = 0; n <= mostMet; n += 1) {
      const visitor = link(`${n}`, false, 1, `visitor-${n}`)
      table.begin(visitor.peer.id)
      table.reserve(visitor.peer.id, visitor.epoch)
      table.connect(visitor)
      table.end(visitor.peer.id, visitor.epoch)
      table.disconnect(visitor, "closed")
      const stranger = id(`stranger-${n}`)
      table.begin(stranger)
      table.end(stranger)
      assert.isFalse(table.isKnown(stranger))
    }
    assert.isFalse(table.isKnown(id("visitor-0")))
    assert.isTrue(table.isKnown(id("visitor-1")))
    assert.isTrue(table.hasMet(id(`visitor-${mostMet}`), runOf(epoch(1))))
    assert.deepStrictEqual(table.connect(link("again", true, 1, "visitor-1")), { _tag: "Linked", known: true })
    assert.isTrue(table.isKnown(here.peer.id))
    for (const each of [here.peer.id, id("visitor-1")]) assert.isTrue(table.isPresent(each))
    assert.isFalse(table.isPresent(id("visitor-2")))
  })

  it("a peer whose id people can't tell from another is found as long as it is present", () => {
    const table = new LinkTable<Link>(id("1"))
    const bill = link("bill", false, 1, "bill")
    assert.isUndefined(table.lookalike(id("biII")))
    table.reserve(bill.peer.id, bill.epoch)
    assert.strictEqual(table.lookalike(id("biII")), bill.peer.id)
    assert.isUndefined(table.lookalike(bill.peer.id), "it is itself")
    assert.isUndefined(table.lookalike(id("blll")), "l does not look like i")
    table.begin(bill.peer.id)
    table.connect(bill)
    table.end(bill.peer.id, bill.epoch)
    assert.strictEqual(table.lookalike(id("BILL")), bill.peer.id)
    table.disconnect(bill, "closed")
    assert.isUndefined(table.lookalike(id("biII")))
  })

  it("a new run of a peer that is gone is not known", () => {
    const table = tableOfOne()
    const first = link("first", true)
    table.connect(first)
    table.disconnect(first)
    assert.deepStrictEqual(table.connect(link("restarted", true, 2)), { _tag: "Linked", known: false })
  })

  it("of a crossed pair stays the one that the smaller id has dialled, whichever comes up first", () => {
    for (const ours of [true, false]) {
      const table = tableOfOne()
      const [first, second] = [link("first", ours), link("second", !ours)]
      table.connect(first)
      const outcome = table.connect(second)
      assert.deepStrictEqual(outcome, ours ? { _tag: "Redundant" } : { _tag: "Superseded", other: first })
      assert.strictEqual(table.links.get(two), ours ? first : second)
    }
  })

  it("of two that the same side has dialled stays the later", () => {
    for (const byUs of [true, false]) {
      const table = tableOfOne()
      const [first, second] = [link("first", byUs), link("second", byUs)]
      table.connect(first)
      assert.deepStrictEqual(table.connect(second), { _tag: "Superseded", other: first })
      assert.strictEqual(table.links.get(two), second)
      assert.isFalse(table.disconnect(first, "closed"), "the end of the earlier one is no loss")
      assert.strictEqual(table.links.get(two), second)
    }
  })

  it("a link that was replaced never comes up again, be its successor there or not", () => {
    for (const byUs of [true, false]) {
      const table = tableOfOne()
      const [first, second] = [link("first", byUs), link("second", byUs)]
      table.connect(first)
      table.connect(second)
      assert.deepStrictEqual(table.connect(first), { _tag: "Redundant" })
      assert.deepStrictEqual([first.phase, second.phase], ["replaced", "placed"])
      assert.strictEqual(table.links.get(two), second)
      assert.isTrue(table.disconnect(second, "closed"))
      assert.deepStrictEqual(table.connect(first), { _tag: "Redundant" })
      assert.strictEqual(table.links.size, 0)
    }
  })

  it("remembers nothing of a link that ends after its successor but who was met last", () => {
    const table = tableOfOne()
    for (let n = 0; n <= mostMet; n += 1) {
      const [first, second] = [link("first", true, 1, `peer-${n}`), link("second", true, 1, `peer-${n}`)]
      table.connect(first)
      table.connect(second)
      table.disconnect(second, "closed")
      table.disconnect(first, "closed")
    }
    assert.isFalse(table.isKnown(id("peer-0")))
    assert.isTrue(table.isKnown(id("peer-1")))
  })

  it("a link that turned out redundant ends without a word", () => {
    const table = tableOfOne()
    const [kept, redundant] = [link("kept", true), link("redundant", false)]
    table.connect(kept)
    table.connect(redundant)
    assert.isFalse(table.disconnect(redundant, "closed"))
    assert.strictEqual(table.links.get(two), kept)
  })

  it("an id that a linked run has is taken for any other run, and its holder is not disturbed", () => {
    const table = tableOfOne()
    const holder = link("holder", false, 1)
    table.connect(holder)
    assert.strictEqual(table.holder(two, epoch(2)), epoch(1))
    assert.isUndefined(table.holder(two, epoch(1)))
    assert.isUndefined(table.holder(id("3"), epoch(2)))
    assert.deepStrictEqual(table.connect(link("thief", false, 2)), { _tag: "Taken", holder: epoch(1) })
    assert.strictEqual(table.links.get(two), holder)
  })

  it("an id is free again as soon as its link has ended", () => {
    const table = tableOfOne()
    const holder = link("holder", false, 1)
    table.connect(holder)
    table.disconnect(holder, "closed")
    assert.isUndefined(table.holder(two, epoch(2)))
  })

  it("an id is kept for a visitor that is being admitted, and let go if it is not", () => {
    const table = tableOfOne()
    table.reserve(two, epoch(1))
    table.begin(two)
    assert.isTrue(table.isAdmitting(two, epoch(2)))
    assert.isFalse(table.isAdmitting(two, epoch(1)))
    assert.isUndefined(table.end(two, epoch(1)))
    assert.isFalse(table.isAdmitting(two, epoch(2)))
  })

  it("the end of our own call to a peer does not let go what is kept for its visit", () => {
    const table = tableOfOne()
    table.begin(two)
    table.reserve(two, epoch(1))
    table.begin(two)
    table.end(two)
    assert.isTrue(table.isAdmitting(two, epoch(2)))
  })

  it("a link that breaks during another handshake is handed over: nobody hears of it", () => {
    const table = tableOfOne()
    const first = link("first", true)
    table.connect(first)
    table.begin(two)
    assert.isFalse(table.disconnect(first, "closed"))
    assert.strictEqual(table.links.size, 0)
    assert.deepStrictEqual(table.connect(link("second", false)), { _tag: "Resumed" })
    assert.isUndefined(table.end(two))
  })

  it("a link that breaks during handshakes that all fail is lost with the last of them, for its own reason", () => {
    const table = tableOfOne()
    const first = link("first", true)
    table.connect(first)
    table.begin(two)
    table.begin(two)
    assert.isFalse(table.disconnect(first, "silent"))
    assert.isUndefined(table.end(two), "another handshake is under way")
    assert.deepStrictEqual(table.end(two), { link: first, reason: "silent" })
    table.begin(two)
    assert.isUndefined(table.end(two), "it is told once")
  })

  it("no handover to another run: that one is linked, and new", () => {
    const table = tableOfOne()
    const first = link("first", true)
    table.connect(first)
    table.begin(two)
    table.disconnect(first, "closed")
    assert.deepStrictEqual(table.connect(link("restarted", false, 2)), { _tag: "Linked", known: false })
    assert.isUndefined(table.end(two), "what broke before is not told after that")
  })

  it("a goodbye is final, even while another handshake is under way", () => {
    const table = tableOfOne()
    const first = link("first", true)
    table.connect(first)
    table.begin(two)
    assert.isTrue(table.disconnect(first))
    assert.strictEqual(table.links.size, 0)
    assert.isUndefined(table.end(two))
  })

  it("peers do not meddle with each other", () => {
    const table = tableOfOne()
    const [second, third] = [link("second", true), link("third", true, 1, "3")]
    table.connect(second)
    table.connect(third)
    table.begin(id("3"))
    assert.isTrue(table.disconnect(second, "closed"))
    assert.deepStrictEqual([...table.links.values()], [third])
  })
})

// ---- Crossed dials, as a model: two nodes, two connections, and every order in which things can happen

/** What one node still has to hear on one connection. */
type Step = "introduced" | "up" | "broken"

interface Side {
  readonly table: LinkTable<Link>
  readonly peerId: Row["peer"]["id"]
  readonly links: readonly [Link, Link]
  readonly pending: [Array<Step>, Array<Step>]
  readonly handshakes: [boolean, boolean]
  readonly losses: Array<LossReason>
  news: number
}

type Connection = 0 | 1

/** Both nodes have dialled each other; connection 0 is dialled by the first, connection 1 by the second. */
const crossed = (ids: readonly [string, string]): readonly [Side, Side] => {
  const side = (self: 0 | 1): Side => {
    const other = ids[self === 0 ? 1 : 0]
    const made: Side = {
      table: new LinkTable<Link>(id(ids[self])),
      peerId: id(other),
      links: [link("0", self === 0, 1, other), link("1", self === 1, 1, other)],
      // Whoever has dialled waits for an answer; the other one has yet to hear of it.
      pending: [self === 0 ? [] : ["introduced"], self === 1 ? [] : ["introduced"]],
      handshakes: [false, false],
      losses: [],
      news: 0
    }
    made.table.begin(made.peerId)
    made.handshakes[self] = true
    return made
  }
  return [side(0), side(1)]
}

const settle = (side: Side, at: Connection): void => {
  if (!side.handshakes[at]) return
  side.handshakes[at] = false
  const broken = side.table.end(side.peerId, epoch(1))
  if (broken !== undefined) side.losses.push(broken.reason)
}

/** One node aborts a connection: it hears of its end itself, and so does the other, who may miss what was on the way. */
const abort = (by: Side, other: Side, at: Connection, reset: boolean): void => {
  by.pending[at] = ["broken"]
  other.pending[at] = [...(reset ? [] : other.pending[at]), "broken"]
}

const take = (by: Side, other: Side, at: Connection, reset: boolean): void => {
  switch (by.pending[at].shift()) {
    case "introduced":
      by.table.reserve(by.peerId, epoch(1))
      by.table.begin(by.peerId)
      by.handshakes[at] = true
      by.pending[at].push("up")
      other.pending[at].push("up")
      return
    case "up": {
      const outcome = by.table.connect(by.links[at])
      if (outcome._tag === "Redundant" || outcome._tag === "Taken") return abort(by, other, at, reset)
      if (outcome._tag === "Superseded") abort(by, other, outcome.other === by.links[0] ? 0 : 1, reset)
      if (outcome._tag === "Linked") by.news += 1
      return settle(by, at)
    }
    case "broken":
      by.pending[at] = []
      if (by.table.disconnect(by.links[at], "closed")) by.losses.push("closed")
      return settle(by, at)
  }
}

/** All that can happen next. */
const enabled = (sides: readonly [Side, Side]): ReadonlyArray<readonly [Side, Side, Connection]> =>
  ([0, 1] as const).flatMap((self) =>
    ([0, 1] as const).flatMap((at) =>
      sides[self].pending[at].length > 0 ? [[sides[self], sides[self === 0 ? 1 : 0], at] as const] : []
    )
  )

/** Lets it happen in the order that the choices say; returns how many ways there were at each step. */
const play = (sides: readonly [Side, Side], choices: ReadonlyArray<number>, reset: boolean): ReadonlyArray<number> => {
  const ways: Array<number> = []
  for (let next = enabled(sides); next.length > 0; next = enabled(sides)) {
    const step = next[(choices[ways.length] ?? 0) % next.length]
    ways.push(next.length)
    if (step !== undefined) take(...step, reset)
  }
  return ways
}

const settledWell = (sides: readonly [Side, Side], ids: readonly [string, string]): void => {
  const kept = sides.map((side) => [...side.table.links.values()].map(({ name }) => name))
  const best = [ids[0] < ids[1] ? "0" : "1"]
  assert.deepStrictEqual(kept, [best, best], "both have the same link")
  for (const side of sides) {
    assert.deepStrictEqual(side.losses, [], "nobody is told of a loss")
    assert.strictEqual(side.news, 1, "each is told once that the other is there")
    assert.deepStrictEqual(side.handshakes, [false, false])
    assert.isUndefined(side.table.holder(side.peerId, epoch(1)))
  }
}

describe("crossed dials", () => {
  for (const reset of [false, true]) {
    it(`settle the same on both sides in every order ${reset ? "that resets allow" : "there is"}`, () => {
      let orders = 0
      for (const ids of [
        ["1", "2"],
        ["2", "1"],
        ["1", serverId],
        ["a", "B"]
      ] as const) {
        let choices: ReadonlyArray<number> | undefined = []
        while (choices !== undefined) {
          const sides = crossed(ids)
          const ways = play(sides, choices, reset)
          settledWell(sides, ids)
          orders += 1
          // The next order: the last choice that has another way takes it.
          const taken = ways.map((_, at) => choices?.[at] ?? 0)
          const last = taken.findLastIndex((choice, at) => choice + 1 < (ways[at] ?? 0))
          choices = last < 0 ? undefined : [...taken.slice(0, last), (taken[last] ?? 0) + 1]
        }
      }
      assert.isAbove(orders, 200)
    })
  }

  it("settle the same on both sides whatever the two are called", () => {
    const ids = FastCheck.uniqueArray(Arbitraries.peerId, { minLength: 2, maxLength: 2 })
    FastCheck.assert(
      FastCheck.property(
        ids,
        FastCheck.array(FastCheck.nat(7)),
        FastCheck.boolean(),
        ([one, other], choices, reset) => {
          if (one === undefined || other === undefined) return
          const sides = crossed([one, other])
          play(sides, choices, reset)
          settledWell(sides, [one, other])
        }
      ),
      { numRuns: 500 }
    )
  })
})
