import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"
import * as SiteCipher from "../../../layers/nats/SiteCipher.ts"
import { mainRoom } from "../../../src/domain/Post.ts"
import { Site } from "../../../src/domain/Site.ts"
import { bytesOf, textOf } from "../../support/bytes.ts"
import { stream } from "../../support/samples.ts"

const east = Site.make("east")
const made = (isBlind = false) => Effect.runSync(SiteCipher.make(isBlind))
const open = ({ wrapping }: SiteCipher.Made, bytes: Uint8Array) => {
  const inside = wrapping.unwrap(bytes)
  return inside === undefined ? undefined : textOf(inside)
}

describe("SiteCipher", () => {
  it("who was told the key reads it, nobody else does, not even its own server", () => {
    const [one, other, stranger] = [made(), made(), made()]
    other.keys.learn(one.keys.own)
    stranger.keys.learn(other.keys.own)
    const sealed = one.wrapping.wrap(bytesOf("a line"))
    assert.strictEqual(open(other, sealed), "a line")
    assert.isUndefined(open(stranger, sealed))
    assert.isUndefined(open(one, sealed))
    assert.notInclude(Buffer.from(sealed).toString("latin1"), "a line")
  })

  it("the same line looks different each time, and any bit that is changed is noticed", () => {
    const [one, other] = [made(), made()]
    other.keys.learn(one.keys.own)
    const sealed = one.wrapping.wrap(bytesOf("a line"))
    assert.notDeepEqual(one.wrapping.wrap(bytesOf("a line")), sealed)
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.isUndefined(open(other, changed), `${at}`)
      assert.isUndefined(open(other, sealed.subarray(0, at)), `${at}`)
    }
  })

  it("subjects name sites and rooms, or nothing; ids name nothing", () => {
    const [plain, blind] = [made(), made(true)]
    assert.strictEqual(plain.wrapping.subjectOf(east, mainRoom), "post.east.main")
    const [, site, room] = blind.wrapping.subjectOf(east, mainRoom).split(".")
    assert.match(`${site} ${room}`, /^[\w-]{22} [\w-]{22}$/)
    assert.notStrictEqual(site, room)
    assert.strictEqual(blind.wrapping.subjectOf(east, mainRoom), `post.${site}.${room}`)
    assert.match(plain.wrapping.idOf(`${stream("anna")}/7`), /^[\w-]{22}$/)
    assert.notStrictEqual(plain.wrapping.idOf(`${stream("anna")}/7`), plain.wrapping.idOf(`${stream("anna")}/8`))
  })

  it("the keys of the last 256 runs are known", () => {
    const [first, other] = [made(), made()]
    other.keys.learn(first.keys.own)
    for (let at = 0; at < 255; at++) other.keys.learn(made().keys.own)
    const sealed = first.wrapping.wrap(bytesOf("a line"))
    assert.strictEqual(open(other, sealed), "a line")
    other.keys.learn(made().keys.own)
    assert.isUndefined(open(other, sealed))
  })
})
