/** The list of everybody, in frames. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Listing } from "../../layers/links/Listing.ts"
import { decode, maxListed } from "../../src/protocol/Frame.ts"
import { epoch, id, peer } from "../support/samples.ts"

const link = (name: string, run = 1) => ({ peer: peer(name, 6_000 + run), epoch: epoch(run) })

/** The clients in each frame, each with its port. */
const framesOf = (listing: Listing, without = "nobody") =>
  listing.framesWithout(id(without)).map((line) => {
    const frame = Either.getOrThrow(decode(line))
    return frame.type === "roster" ? frame.peers.map(([id, port]) => `${id} ${port}`) : []
  })

describe("a listing", () => {
  it("has everybody once, in full frames, but for the one that gets it", () => {
    const listing = new Listing()
    assert.deepStrictEqual(framesOf(listing), [[]])
    const all = Array.from({ length: maxListed + 2 }, (_, at) => link(`${at}`))
    for (const each of all) listing.add(each)
    const names = all.map(({ peer }) => `${peer.id} 6001`)
    assert.deepStrictEqual(framesOf(listing), [names.slice(0, maxListed), names.slice(maxListed)])
    assert.deepStrictEqual(framesOf(listing, "1").flat(), names.toSpliced(1, 1))
    assert.deepStrictEqual(framesOf(listing).flat(), names)
    for (const each of all.slice(1)) listing.remove(each)
    assert.deepStrictEqual(framesOf(listing), [["0 6001"]])
  })

  it("has the later link of a client, whichever order the earlier one ends in", () => {
    const listing = new Listing()
    const [earlier, later] = [link("1"), link("1", 2)]
    listing.add(earlier)
    assert.deepStrictEqual(framesOf(listing), [["1 6001"]])
    listing.add(later)
    assert.deepStrictEqual(framesOf(listing), [["1 6002"]])
    listing.remove(earlier)
    assert.deepStrictEqual(framesOf(listing), [["1 6002"]])
    listing.remove(later)
    assert.deepStrictEqual(framesOf(listing), [[]])
  })

  it("fills the places of those that have gone", () => {
    const listing = new Listing()
    const all = Array.from({ length: 2 * maxListed }, (_, at) => link(`${at}`))
    for (const each of all) listing.add(each)
    for (const each of all.slice(0, maxListed - 1)) listing.remove(each)
    for (let at = 0; at < maxListed - 1; at += 1) listing.add(link(`later-${at}`))
    assert.lengthOf(framesOf(listing), 2)
  })
})
