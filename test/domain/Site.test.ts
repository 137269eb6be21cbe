import { assert, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe } from "vitest"
import { ClientId, formatAddress, isDialable, PeerId, roleOf, serverId, title } from "../../src/domain/Peer.ts"
import { farAddress, isFar, Site, serverOf, siteOf } from "../../src/domain/Site.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { id, peer } from "../support/samples.ts"

const east = Site.make("east")

describe("Site", () => {
  it("a name has 1 to 24 letters, digits, - and _", () => {
    const accepts = (name: string) => Either.isRight(Schema.decodeUnknownEither(Site)(name))
    for (const good of ["east", "E-2", "_", "x".repeat(24)]) assert.isTrue(accepts(good), good)
    for (const bad of ["", "x".repeat(25), "a.b", "a b", "ä", "a>", "*"]) assert.isFalse(accepts(bad), bad)
  })

  it("each site has a server with an id of its own", () => {
    assert.strictEqual(serverOf(east), "Server-east")
    assert.strictEqual(title(serverOf(east)), "Server east")
    assert.strictEqual(roleOf(serverOf(east)), "server")
    assert.strictEqual(siteOf(serverOf(east)), east)
  })

  it("the longest name makes an id", () => {
    const longest = Site.make("x".repeat(24))
    assert.isTrue(Schema.is(PeerId)(serverOf(longest)))
    assert.strictEqual(siteOf(serverOf(longest)), longest)
  })

  it("no other node has a site", () => {
    for (const none of [serverId, id("east"), id("Server-"), id(`Server-${"x".repeat(25)}`), id("Server_east")]) {
      assert.strictEqual(siteOf(none), undefined, none)
    }
  })

  it("a far address is no place that others may name", () => {
    const address = farAddress(east)
    assert.isTrue(isFar(address))
    assert.strictEqual(formatAddress(address), "nats:east")
    assert.isFalse(isDialable(address, peer("1", 5001, "10.0.0.1").address))
    for (const near of ["localhost", "::1", "nats", "nats.example.org"]) {
      assert.isFalse(isFar(peer("1", 5001, near).address), near)
    }
  })

  it("whatever a client is called, it is no server", () => {
    const names = FastCheck.oneof(Arbitraries.peerId, FastCheck.stringMatching(/^Server[-_A-z0-9]{0,9}$/))
    FastCheck.assert(
      FastCheck.property(names, (any) => {
        if (Schema.is(ClientId)(any)) assert.strictEqual(roleOf(any), "client")
      })
    )
  })
})
