import { assert, it } from "@effect/vitest"
import { describe } from "vitest"
import { Host } from "../../src/domain/Peer.ts"
import { modeFor, reachableAt, warning } from "../../src/domain/Security.ts"
import { peer } from "../support/samples.ts"

const wish = (hosts: ReadonlyArray<string>, given: "secure" | "insecure" | "nothing" = "nothing") => ({
  hosts: hosts.map((host) => Host.make(host)),
  secure: given === "secure",
  insecure: given === "insecure"
})

describe("Security", () => {
  it("within one machine connections are plain, beyond it they are secure", () => {
    for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.3.2.1", "::1"]) {
      assert.strictEqual(modeFor(wish(["localhost", host])), "plain", host)
    }
    for (const host of [
      "0.0.0.0",
      "::",
      "192.168.1.5",
      "fe80::1%eth0",
      "host.example",
      "localhost.example",
      "1270.0.0.1"
    ]) {
      assert.strictEqual(modeFor(wish(["localhost", host])), "secure", host)
      assert.strictEqual(modeFor(wish([host, "localhost"])), "secure", host)
    }
  })

  it("--secure and --insecure decide it; what is plain for that alone is announced", () => {
    assert.strictEqual(modeFor(wish(["localhost"], "secure")), "secure")
    assert.strictEqual(modeFor(wish(["192.168.1.5"], "insecure")), "plain")
    assert.include(warning(wish(["localhost", "192.168.1.5"], "insecure")), "Nothing is encrypted")
    assert.isUndefined(warning(wish(["localhost"], "insecure")))
    assert.isUndefined(warning(wish(["192.168.1.5"])))
  })

  it("a node is reached where it says, unless that says nothing to others: then at the host it comes from", () => {
    const from = Host.make("10.0.0.7")
    const at = (host: string, seen = from) => reachableAt(peer("1", 6001, host).address, seen)
    assert.deepStrictEqual(at("0.0.0.0"), { host: from, port: 6001 })
    assert.deepStrictEqual(at("::"), { host: from, port: 6001 })
    assert.deepStrictEqual(at("localhost"), { host: from, port: 6001 })
    assert.strictEqual(at("anna.example").host, "anna.example")
    assert.strictEqual(at("10.0.0.8").host, "10.0.0.8")
    assert.strictEqual(at("localhost", Host.make("127.0.0.1")).host, "localhost")
    assert.strictEqual(at("127.0.0.3", Host.make("::1")).host, "127.0.0.3")
  })
})
