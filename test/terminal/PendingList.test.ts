import { assert, describe, it } from "@effect/vitest"
import { PendingList } from "../../src/terminal/PendingList.ts"

const line = (text: string) => ({ text })

describe("pending lines", () => {
  it("stand in the order of typing until they are removed, marked or not", () => {
    const pending = new PendingList()
    const [one, two, same] = [line("one"), line("two"), line("two")]
    for (const each of [one, two, same]) pending.add(each)
    assert.isTrue(pending.mark([two]))
    assert.isFalse(pending.mark([two, line("one")]))
    assert.strictEqual(pending.undelivered, 1)
    assert.deepStrictEqual(pending.last, [
      { text: "one", marked: false },
      { text: "two", marked: true },
      { text: "two", marked: false }
    ])
    assert.deepStrictEqual(pending.remove([two, one, line("two")]), [two, one])
    assert.deepStrictEqual(pending.remove([two]), [])
    assert.deepStrictEqual(pending.last, [{ text: "two", marked: false }])
    assert.strictEqual(pending.undelivered, 0)
  })

  it("say something else once they are reworded, also after they are removed", () => {
    const pending = new PendingList()
    const typed = line("/me waves")
    pending.add(typed)
    assert.deepStrictEqual(pending.last, [{ text: "/me waves", marked: false }])
    pending.reword(typed, "waves")
    assert.deepStrictEqual(pending.last, [{ text: "waves", marked: false }])
    pending.remove([typed])
    assert.strictEqual(pending.textOf(typed), "waves")
  })

  it("are drawn five at a time", () => {
    const pending = new PendingList()
    for (let index = 0; index < 7; index += 1) pending.add(line(`${index}`))
    assert.deepStrictEqual(
      pending.last.map(({ text }) => text),
      ["2", "3", "4", "5", "6"]
    )
    assert.lengthOf(pending.all, 7)
    assert.strictEqual(pending.size, 7)
  })
})
