import { assert, it } from "@effect/vitest"
import { describe } from "vitest"
import {
  hostInHeader,
  isLoopbackName,
  isOrigin,
  parseAuthority,
  parseOrigin,
  type Scheme
} from "../../src/protocol/Authority.ts"

/** Whether a site on loopback at port 4100 is meant. */
const isOurs = (text: string, scheme: Scheme = "http"): boolean => {
  const authority = parseAuthority(text, scheme)
  return authority !== undefined && isLoopbackName(authority.host) && authority.port === 4100
}

describe("Host", () => {
  const ours = ["127.0.0.1:4100", "localhost:4100", "LocalHost:4100", "[::1]:4100", "127.0.0.2:4100"]
  const foreign = [
    "",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.1:4100.evil.example",
    "127.0.0.1.evil.example:4100",
    "localhost.evil.example:4100",
    "localhost:4100.evil",
    "evil.example:4100",
    "evil.localhost:4100",
    "localhost.:4100",
    "127.0.0.1.:4100",
    "notlocalhost:4100",
    "127.0.0.1:4100:4100",
    "127.0.0.1:04100x",
    "127.0.0.1:",
    ":4100",
    "127.0.0.1:69636",
    "127.0.0.1:-4100",
    "127.1:4100",
    "0x7f000001:4100",
    "2130706433:4100",
    "127.0.0.1@evil.example:4100",
    "evil.example@127.0.0.1:4100",
    "user:secret@127.0.0.1:4100",
    "http://127.0.0.1:4100",
    "127.0.0.1:4100/",
    "127.0.0.1:4100#",
    " 127.0.0.1:4100",
    "127.0.0.1:4100 ",
    "127.0.0.1:4100, evil.example",
    "127.0.0.1:4100\u0000",
    "::1:4100",
    "[::1]4100",
    "[::1%25lo]:4100",
    "[::ffff:127.0.0.1]:4100",
    "[::1].evil.example:4100",
    "[evil.example]:4100",
    "ⓛocalhost:4100"
  ]
  for (const text of ours) it(`${text} is served`, () => assert.isTrue(isOurs(text)))
  for (const text of foreign) it(`${JSON.stringify(text)} is not`, () => assert.isFalse(isOurs(text)))

  it("without a port, it has that of its scheme", () => {
    assert.deepStrictEqual(parseAuthority("localhost", "http"), { host: "localhost", port: 80 })
    assert.deepStrictEqual(parseAuthority("LOCALHOST", "https"), { host: "localhost", port: 443 })
  })

  it("an address is written as browsers write it", () => {
    assert.strictEqual(hostInHeader("2001:DB8:0::0:1"), "[2001:db8::1]")
    assert.strictEqual(hostInHeader("Chat.Example.Org"), "chat.example.org")
    assert.strictEqual(hostInHeader("fe80::1%eth0"), "fe80::1%eth0")
  })
})

describe("Origin", () => {
  const isSame = (text: string, scheme: Scheme = "http", authority = { host: "127.0.0.1", port: 4100 }): boolean =>
    isOrigin(parseOrigin(text), scheme, authority)

  it("http://127.0.0.1:4100 is the site's own", () => assert.isTrue(isSame("http://127.0.0.1:4100")))
  it("the port of the scheme is left out by browsers", () => {
    assert.isTrue(isSame("https://chat.example.org", "https", { host: "chat.example.org", port: 443 }))
    assert.isTrue(isSame("http://localhost", "http", { host: "localhost", port: 80 }))
    assert.isFalse(isSame("http://chat.example.org", "https", { host: "chat.example.org", port: 443 }))
  })
  for (const text of [
    "",
    "null",
    "http://127.0.0.1",
    "http://127.0.0.1:4101",
    "https://127.0.0.1:4100",
    "http://localhost:4100",
    "http://127.0.0.1:4100.evil.example",
    "http://127.0.0.1.evil.example:4100",
    "http://127.0.0.1:4100@evil.example",
    "http://evil.example#127.0.0.1:4100",
    "http://evil.example/127.0.0.1:4100",
    "http://127.0.0.1:4100/",
    "http://127.0.0.1:4100\n",
    "HTTP://127.0.0.1:4100",
    "file://",
    "ws://127.0.0.1:4100",
    "http://127.0.0.1:4100, http://127.0.0.1:4100",
    "chrome-extension://abcdef"
  ]) {
    it(`${JSON.stringify(text)} is foreign`, () => assert.isFalse(isSame(text)))
  }
})
