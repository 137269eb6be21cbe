import { assert, describe, it } from "@effect/vitest"
import { promptOf, shortened } from "../../src/terminal/Prompt.ts"

describe("the prompt", () => {
  it("names the room, but for main, and a conversation", () => {
    assert.strictEqual(promptOf("main"), "> ")
    assert.strictEqual(promptOf("main", true), "… ")
    assert.strictEqual(promptOf("ops"), "#ops> ")
    assert.strictEqual(promptOf("@bo"), "@bo> ")
    assert.strictEqual(promptOf("ops", true), "#ops… ")
  })

  it("takes a third of a row at most; the beginning and the end of a long name are left", () => {
    const room = "incident-2026-11-28-frontend"
    assert.strictEqual(promptOf(room, false, 120), `#${room}> `)
    assert.strictEqual(promptOf(room, false, 80), "#incident-20…28-frontend> ")
    assert.strictEqual(promptOf(room, false, 40), "#incid…tend> ")
    assert.strictEqual(promptOf(room, false, 20), "#i…d> ")
    assert.strictEqual(promptOf(room, false, 12), "#…> ")
    assert.strictEqual(promptOf(room, false, 11), "> ")
    for (let columns = 1; columns < 60; columns += 1) {
      assert.isAtMost(promptOf(room, false, columns).length, Math.max(2, Math.floor(columns / 3)))
      assert.isAtMost(shortened(room, columns).length, columns)
    }
  })
})
