import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { serverId } from "../../src/domain/Peer.ts"
import * as PortsFile from "../../src/protocol/PortsFile.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { chatId, peer } from "../support/samples.ts"

describe("PortsFile", () => {
  it("a client is a line, `ID HOST:PORT`", () => {
    assert.strictEqual(PortsFile.format({ peers: [], chat: undefined }), "")
    assert.strictEqual(
      PortsFile.format({ peers: [peer("1", 6001), peer("ann", 6002, "::1")], chat: undefined }),
      "1 localhost:6001\nann [::1]:6002\n"
    )
  })

  it("what is written is read again, in its order", () => {
    const clients = FastCheck.uniqueArray(
      FastCheck.record({
        id: Arbitraries.peerId.filter((id) => id !== serverId),
        role: FastCheck.constant("client" as const),
        address: Arbitraries.address
      }),
      { selector: ({ id }) => id }
    )
    FastCheck.assert(
      FastCheck.property(clients, (peers) => {
        for (const chat of [undefined, chatId(7)]) {
          assert.deepStrictEqual(PortsFile.parse(PortsFile.format({ peers, chat })), { peers, chat, badLines: [] })
        }
      })
    )
  })

  it("blank lines, comments, spaces, tabs and DOS line ends are for people", () => {
    const { badLines, peers } = PortsFile.parse(
      "# my clients\n\n  1\t localhost:6001  \r\n   \n#2 localhost:6002\n3 ::\r\n"
    )
    assert.deepStrictEqual(peers, [peer("1", 6001)])
    assert.deepStrictEqual(badLines, [{ number: 6, text: "3 ::" }])
  })

  it("a line that can't be read is reported with its number, and the others are read", () => {
    const bad = [
      "1",
      "2 localhost",
      "3 localhost:0",
      "4 localhost:70000",
      "a/b localhost:1",
      "5 h:1 h:2",
      "Server h:1",
      "?"
    ]
    const text = bad.flatMap((line, at) => [line, `good${at} localhost:${6_000 + at}`]).join("\n")
    const { badLines, peers } = PortsFile.parse(text)
    assert.deepStrictEqual(
      peers,
      bad.map((_, at) => peer(`good${at}`, 6_000 + at))
    )
    assert.deepStrictEqual(
      badLines,
      bad.map((line, at) => ({ number: 2 * at + 1, text: line }))
    )
  })

  it("the last word on a client wins, and it keeps its place", () => {
    assert.deepStrictEqual(PortsFile.parse("1 h:1\n2 h:2\n1 h:3\n").peers, [peer("1", 3, "h"), peer("2", 2, "h")])
  })

  it("comments, blank lines and lines that can't be read stay where they stood, and so do clients that stay", () => {
    const before = "# ours\n\n 1  localhost:6001\n# the printer\n2 localhost:6002\n3 nonsense\n2 localhost:6003\n4 h:4"
    assert.strictEqual(
      PortsFile.format(PortsFile.parse(before), before),
      before
        .replace("2 localhost:6002", "2 localhost:6003")
        .replace("3 nonsense\n2 localhost:6003", "3 nonsense")
        .concat("\n")
    )
    assert.strictEqual(
      PortsFile.format({ peers: [peer("4", 5, "h"), peer("5", 6005), peer("1", 6001)], chat: undefined }, before),
      "# ours\n\n 1  localhost:6001\n# the printer\n3 nonsense\n4 h:5\n5 localhost:6005\n"
    )
  })

  it("which chat it is stands in a comment, above all else unless it stands elsewhere, and once", () => {
    const [one, other] = [chatId(1), chatId(2)]
    const peers = [peer("1", 6001)]
    const text = PortsFile.format({ peers, chat: one }, "# ours\n1 localhost:6001\n")
    assert.match(text, new RegExp(`^# chat ${one} .*\n# ours\n1 localhost:6001\n$`))
    const moved = `1 localhost:6001\n# chat ${one}\n# chat ${one} by mistake\n`
    assert.strictEqual(PortsFile.format({ peers, chat: one }, moved), `1 localhost:6001\n# chat ${one}\n`)
    assert.match(
      PortsFile.format({ peers, chat: other }, moved),
      new RegExp(`^1 localhost:6001\n# chat ${other} .*\n$`)
    )
    assert.strictEqual(PortsFile.parse(`# chat ${one}\n# chat ${other}\n`).chat, other)
    for (const none of ["# chat", "# chat about it", `# chat ${one}0`, `chat ${one}`, `# chat ${one.toUpperCase()}x`]) {
      assert.isUndefined(PortsFile.parse(none).chat, none)
    }
  })

  it("an id like those that every object has is one like any other", () => {
    assert.deepStrictEqual(PortsFile.parse("__proto__ h:1\nconstructor h:2\n").peers, [
      peer("__proto__", 1, "h"),
      peer("constructor", 2, "h")
    ])
  })

  it("no garbage breaks it, and no line of it is passed over in silence", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(Arbitraries.text.map((text) => text.replaceAll("\n", ""))), (lines) => {
        const { badLines, peers } = PortsFile.parse(lines.join("\n"))
        const meant = lines.filter((line) => line.trim() !== "" && !line.trim().startsWith("#"))
        assert.isAtLeast(peers.length + badLines.length, new Set(meant).size > 0 ? 1 : 0)
        for (const { number, text } of badLines) assert.strictEqual(lines[number - 1]?.trim(), text)
        assert.isAtMost(peers.length + badLines.length, meant.length)
      })
    )
  })
})
