import { assert, describe, it } from "vitest"
import * as Tunnel from "../../src/protocol/TunnelMessage.ts"
import { bytesOf } from "../support/bytes.ts"

describe("TunnelMessage", () => {
  it("a message comes back as it was, also out of the middle of other bytes", () => {
    const message = { kind: "data", to: 2 ** 32 - 1, from: 7, number: 2 ** 31, body: bytesOf("hello") } as const
    const bytes = Tunnel.encode(message)
    assert.deepStrictEqual(Tunnel.decode(Uint8Array.of(9, ...bytes).subarray(1)), message)
  })

  it("what is too short, of another version or of another kind is none", () => {
    const bytes = Tunnel.encode({ kind: "end", to: 1, from: 2, number: 3, body: Tunnel.noBody })
    assert.isUndefined(Tunnel.decode(bytes.subarray(0, -1)))
    for (const first of [0x00, 0x20, 0x19, 0x1f])
      assert.isUndefined(Tunnel.decode(Uint8Array.of(first, ...bytes.subarray(1))))
  })

  it("a count is a whole number", () => {
    assert.strictEqual(Tunnel.decodeCount(Tunnel.encodeCount(2 ** 40)), 2 ** 40)
    for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.isUndefined(Tunnel.decodeCount(Tunnel.encodeCount(wrong)))
    }
    assert.isUndefined(Tunnel.decodeCount(Tunnel.noBody))
  })
})
