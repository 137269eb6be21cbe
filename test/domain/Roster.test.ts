import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { beforeAll, describe } from "vitest"
import * as Keys from "../../layers/identity/Keys.ts"
import type { Identity } from "../../services/Identity.ts"
import type { PublicKey } from "../../src/domain/Key.ts"
import { type Peer, serverId } from "../../src/domain/Peer.ts"
import * as Roster from "../../src/domain/Roster.ts"
import * as Trust from "../../src/domain/Trust.ts"
import { id, peer } from "../support/samples.ts"

let owner: Identity["Type"]
let keys: ReadonlyArray<PublicKey>

beforeAll(async () => {
  const identities = await Effect.runPromise(Effect.replicateEffect(Keys.generate, 5))
  owner = identities[0] as Identity["Type"]
  keys = identities.map(({ key }) => key)
})

const keyNo = (at: number): PublicKey => keys[at] as PublicKey

/** The owner says so of somebody. */
const say = (roster: Roster.Roster, { address, id: who }: Peer, key: PublicKey, status: Roster.Status = "member") =>
  Roster.say(roster, { id: who, key, ...address, status }, (text) => owner.sign(Buffer.from(text)), Keys.seals)

const merge = (known: Roster.Roster, news: Roster.Roster) => Roster.merge(owner.key, known, news, Keys.seals)

/** Rosters of versions 0 to 4: 1, 2 and 3 come, 2 is banned. */
const versions = () => {
  const one = say([], peer("1", 6001), keyNo(1))
  const two = say(one, peer("2", 6002), keyNo(2))
  const three = say(two, peer("3", 6003), keyNo(3))
  return [[], one, two, three, say(three, peer("2", 6002), keyNo(2), "banned")]
}

describe("Roster", () => {
  it("whoever has any version comes to the newest by what it lacks, in whatever pieces and order", () => {
    const all = versions()
    const newest = all.at(-1) as Roster.Roster
    for (const known of all) {
      for (const news of all) {
        const merged = merge(known, Roster.since(news, 0))
        assert.deepStrictEqual(merged, Roster.versionOf(known) > Roster.versionOf(news) ? known : news)
      }
      assert.deepStrictEqual(merge(known, Roster.since(newest, Roster.versionOf(known))), newest)
    }
    assert.deepStrictEqual(
      newest.map((member) => [member.id, member.version, member.status]),
      [
        ["1", 1, "member"],
        ["3", 3, "member"],
        ["2", 4, "banned"]
      ]
    )
  })

  it("nobody goes back: an older roster changes nothing, be it whole and genuine", () => {
    const [, , , before, newest] = versions() as [
      Roster.Roster,
      Roster.Roster,
      Roster.Roster,
      Roster.Roster,
      Roster.Roster
    ]
    assert.strictEqual(merge(newest, before), newest)
  })

  it("what is left out, put in or changed is found out", () => {
    const [, one, , three, newest] = versions() as [
      Roster.Roster,
      Roster.Roster,
      Roster.Roster,
      Roster.Roster,
      Roster.Roster
    ]
    // The ban, without somebody whom it does not concern; the newest word alone.
    assert.isUndefined(
      merge(
        one,
        newest.filter(({ id: who }) => who !== "3")
      )
    )
    assert.isUndefined(merge([], newest.slice(-1)))
    // A ban that is hidden behind a later word.
    const later = say(newest, peer("1", 7001), keyNo(1))
    assert.isUndefined(
      merge(
        three,
        later.filter(({ id: who }) => who !== "2")
      )
    )
    for (const change of [
      { host: peer("1", 1, "evil.example").address.host },
      { key: keyNo(4) },
      { status: "member" as const },
      { version: 9 },
      { id: id("4") as Roster.Member["id"] }
    ]) {
      for (const at of newest.keys()) {
        const forged = newest.map((member, index) => (index === at ? { ...member, ...change } : member))
        if (JSON.stringify(forged) === JSON.stringify(newest)) continue
        assert.isUndefined(merge([], forged), JSON.stringify(change))
      }
    }
  })

  it("nobody's word counts but the owner's", () => {
    const newest = versions().at(-1) as Roster.Roster
    assert.isUndefined(Roster.merge(keyNo(1), [], newest, Keys.seals))
    assert.isTrue(newest.every((member) => Roster.isGenuine(owner.key, member, Keys.seals)))
    assert.isFalse(newest.some((member) => Roster.isGenuine(keyNo(1), member, Keys.seals)))
  })
})

describe("Trust", () => {
  const knowing = (roster: Roster.Roster) => Trust.adopt({ ...Trust.nobody, owner: owner.key }, roster)

  it("takes members for whom the owner says, and nobody else", () => {
    const trust = knowing(versions().at(-1) ?? [])
    assert.strictEqual(Trust.judge(trust, id("1"), keyNo(1)), "known")
    assert.strictEqual(Trust.judge(trust, id("1"), keyNo(3)), "changed")
    assert.strictEqual(Trust.judge(trust, id("2"), keyNo(2)), "stranger")
    assert.strictEqual(Trust.judge(trust, id("4"), keyNo(4)), "stranger")
    assert.strictEqual(Trust.judge(trust, serverId, owner.key), "known")
    assert.strictEqual(Trust.judge(trust, serverId, keyNo(1)), "changed")
    assert.isTrue(Trust.isAnyones(trust, keyNo(3)))
    assert.isFalse(Trust.isAnyones(trust, keyNo(2)))
    assert.isFalse(Trust.isAnyones(trust, keyNo(4)))
  })

  it("knows nobody by a name that any object has", () => {
    const trust = knowing(versions().at(-1) ?? [])
    for (const name of ["constructor", "__proto__", "toString"]) {
      assert.strictEqual(Trust.judge(trust, id(name), keyNo(1)), "stranger", name)
      assert.isUndefined(Trust.accept(trust, id(name)))
    }
  })

  it("keeps the key that it saw first until a person accepts another, and that one as it was first refused", () => {
    const before = knowing(versions()[3] ?? [])
    const trust = Trust.adopt(before, say(before.roster, peer("1", 6001), keyNo(4)))
    assert.strictEqual(Trust.judge(trust, id("1"), keyNo(4)), "changed")
    // Nobody on the roster has the first key any more, but it is not the new one either.
    assert.strictEqual(Trust.keyOf(trust, id("1")), keyNo(1))
    assert.strictEqual(Trust.refuse(trust, id("1"), keyNo(3)), trust)
    const accepted = Trust.accept(trust, id("1")) as Trust.Trust
    assert.strictEqual(Trust.judge(accepted, id("1"), keyNo(4)), "known")
    assert.strictEqual(Trust.judge(accepted, id("1"), keyNo(1)), "changed")
    assert.isUndefined(Trust.accept(accepted, id("1")))
  })

  it("with another server's key, what the one before has said of anybody counts no more", () => {
    const trust = Trust.refuse(knowing(versions()[3] ?? []), serverId, keyNo(4))
    const accepted = Trust.accept(trust, serverId) as Trust.Trust
    assert.strictEqual(Trust.judge(accepted, serverId, keyNo(4)), "known")
    assert.strictEqual(Trust.judge(accepted, id("1"), keyNo(1)), "stranger")
  })
})
