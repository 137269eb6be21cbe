import { assert, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe } from "vitest"
import {
  AddressFromString,
  ClientId,
  formatAddress,
  Host,
  hasRole,
  isServerId,
  likenessOf,
  looksLike,
  PeerId,
  Port,
  parseAddress,
  serverId,
  serverLike,
  title
} from "../../src/domain/Peer.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { id, peer } from "../support/samples.ts"

const accepts = (schema: Schema.Schema.AnyNoContext, value: unknown): boolean =>
  Either.isRight(Schema.decodeUnknownEither(schema)(value))

describe("Peer", () => {
  it("the server is called so, and clients are not, whatever anybody says", () => {
    assert.isTrue(hasRole({ id: serverId, role: "server" }))
    assert.isTrue(hasRole({ id: id("1"), role: "client" }))
    assert.isFalse(hasRole({ id: serverId, role: "client" }))
    assert.isFalse(hasRole({ id: id("1"), role: "server" }))
  })

  it("an id is 1 to 32 letters, digits, - and _", () => {
    for (const good of ["1", "ann", "A-b_9", "_", "-", "__proto__", "x".repeat(32)]) {
      assert.isTrue(accepts(PeerId, good), good)
    }
    for (const bad of ["", "x".repeat(33), "a b", "a\n", "\na", "ä", "a/b", "a.b", "1\u0000", 1, null, undefined]) {
      assert.isFalse(accepts(PeerId, bad), JSON.stringify(bad))
    }
  })

  it("no client is called Server, in whatever case", () => {
    for (const bad of ["Server", "server", "SERVER", "sErVeR"]) {
      assert.isTrue(accepts(PeerId, bad))
      assert.isFalse(accepts(ClientId, bad), bad)
    }
    for (const good of ["Server1", "servers", "Serve", "S3rver"]) assert.isTrue(accepts(ClientId, good), good)
  })

  it("no client is called as the server of a site, nor so that people can't tell", () => {
    for (const bad of ["Server-east", "server-east", "Server_east", "SERVER-1", "Server-", "server_"]) {
      assert.isFalse(accepts(ClientId, bad), bad)
    }
    assert.isTrue(isServerId(id("Server-east")))
    for (const none of ["Server-", "Server_east", "server-east", "Servers", "3"]) assert.isFalse(isServerId(id(none)))
    assert.strictEqual(serverLike(id("SERVER_east")), id("Server-east"))
    assert.strictEqual(serverLike(id("server")), serverId)
    for (const none of ["Server", "Server-east", "servers", "3"]) assert.strictEqual(serverLike(id(none)), undefined)
  })

  it("ids look alike that differ in case alone, or in characters that are drawn alike", () => {
    const alike = [
      ["anna", "Anna"],
      ["anna", "ANNA"],
      ["l", "I"],
      ["l", "1"],
      ["I", "1"],
      ["l", "L"],
      ["i", "I"],
      ["bill", "biII"],
      ["bill", "bi11"],
      ["bob", "b0b"],
      ["BOB", "b0b"],
      ["a-b", "a_b"],
      ["1O", "10"]
    ]
    for (const [one = "", other = ""] of alike) {
      assert.isTrue(looksLike(id(one), id(other)), `${one} ${other}`)
      assert.isTrue(looksLike(id(other), id(one)), `${other} ${one}`)
    }
  })

  it("ids that look alike have the same likeness", () => {
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"]
    for (const one of letters) {
      for (const other of letters) {
        if (looksLike(id(one), id(other))) assert.strictEqual(likenessOf(id(one)), likenessOf(id(other)))
      }
    }
    assert.notStrictEqual(likenessOf(id("10")), likenessOf(id("11")))
  })

  it("other ids are told apart, numbers above all", () => {
    const apart = [
      ["1", "1"],
      ["anna", "anna"],
      ["1", "01"],
      ["1", "11"],
      ["10", "11"],
      ["1", "2"],
      ["a", "b"],
      ["anna", "anne"],
      ["a1", "a2"],
      ["rn", "m"],
      ["i", "1"],
      ["i", "l"],
      ["L", "1"],
      ["x-1", "x1"]
    ]
    for (const [one = "", other = ""] of apart) assert.isFalse(looksLike(id(one), id(other)), `${one} ${other}`)
    for (let one = 0; one < 120; one += 1) {
      for (let other = 0; other < 120; other += 1) assert.isFalse(looksLike(id(`${one}`), id(`${other}`)))
    }
  })

  it("what is wrong with an id or a port is said in plain words", () => {
    const complaint = (schema: Schema.Schema.AnyNoContext, value: unknown) =>
      Either.match(Schema.decodeUnknownEither(schema)(value), { onLeft: ({ message }) => message, onRight: () => "" })
    assert.strictEqual(complaint(ClientId, "a b"), "an id has 1 to 32 letters, digits, - and _")
    assert.strictEqual(complaint(ClientId, "Server"), "the id Server is taken by the server")
    assert.strictEqual(complaint(ClientId, "server-east"), "ids that begin with Server- are the servers'")
    assert.include(complaint(Port, 65_536), "a port is a whole number from 0 to 65535")
    assert.include(complaint(AddressFromString, "localhost"), "an address is HOST:PORT, as in localhost:4000")
  })

  it("a port is a whole number from 0 to 65535", () => {
    for (const good of [0, 1, 4000, 65_535]) assert.isTrue(accepts(Port, good), String(good))
    for (const bad of [-1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "4000"]) {
      assert.isFalse(accepts(Port, bad), String(bad))
    }
  })

  it("a host is a name or an address, with nothing in it that could hide or break a line", () => {
    for (const good of ["localhost", "a.b-c.example", "127.0.0.1", "::1", "fe80::1%eth0"]) {
      assert.isTrue(accepts(Host, good), good)
    }
    for (const bad of ["", "a b", "[::1]", "a\n", "ho\u001bst", "x".repeat(254)]) {
      assert.isFalse(accepts(Host, bad), JSON.stringify(bad))
    }
  })

  it("an address is written HOST:PORT, and an IPv6 host stands in brackets", () => {
    assert.strictEqual(formatAddress(peer("1", 6001).address), "localhost:6001")
    assert.strictEqual(formatAddress(peer("1", 6001, "::1").address), "[::1]:6001")
  })

  it("an address is read as it is written", () => {
    FastCheck.assert(
      FastCheck.property(Arbitraries.address, (address) => {
        assert.deepStrictEqual(parseAddress(formatAddress(address)), Option.some(address))
        const schema = Schema.decodeSync(AddressFromString)(Schema.encodeSync(AddressFromString)(address))
        assert.deepStrictEqual(schema, address)
      })
    )
  })

  it("what names no address that can be dialled is none", () => {
    for (const bad of [
      "",
      "localhost",
      "localhost:",
      ":4000",
      "localhost:0",
      "localhost:65536",
      "localhost:999999",
      "localhost:40x",
      "localhost:4000 ",
      "localhost:4000\n",
      "::1:4000",
      "[::1]",
      "[::1]4000",
      "[]:4000",
      "[[::1]]:4000",
      "a b:4000",
      "[nats:east]:4000",
      "localhost:-1"
    ]) {
      assert.deepStrictEqual(parseAddress(bad), Option.none(), JSON.stringify(bad))
    }
  })

  it("no text breaks the reading of an address", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(Arbitraries.text, FastCheck.stringMatching(/^[[\]:%a1.]{0,12}$/)), (text) => {
        const address = parseAddress(text)
        if (Option.isSome(address)) assert.isTrue(accepts(AddressFromString, formatAddress(address.value)))
      })
    )
  })

  it("the screen calls the server Server, and everyone else a client", () => {
    assert.strictEqual(title(serverId), "Server")
    assert.strictEqual(title(PeerId.make("3")), "Client 3")
  })
})
