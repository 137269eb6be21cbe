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
      { room: "main", text: "one", marked: false },
      { room: "main", text: "two", marked: true },
      { room: "main", text: "two", marked: false }
    ])
    assert.deepStrictEqual(pending.remove([two, one, line("two")]), [two, one])
    assert.deepStrictEqual(pending.remove([two]), [])
    assert.deepStrictEqual(pending.last, [{ room: "main", text: "two", marked: false }])
    assert.strictEqual(pending.undelivered, 0)
  })

  it("say something else once they are reworded, also after they are removed", () => {
    const pending = new PendingList()
    const typed = line("/me waves")
    pending.add(typed)
    assert.deepStrictEqual(pending.last, [{ room: "main", text: "/me waves", marked: false }])
    pending.reword(typed, "waves")
    assert.deepStrictEqual(pending.last, [{ room: "main", text: "waves", marked: false }])
    pending.remove([typed])
    assert.strictEqual(pending.drawn(typed).text, "waves")
  })

  it("stay in the room in which they were typed, also after they are removed", () => {
    const pending = new PendingList()
    const [one, two] = [line("one"), line("two")]
    const elsewhere = { text: "/said in another session", room: "dev" }
    pending.type(one)
    pending.speakIn("ops")
    pending.type(two)
    pending.add(elsewhere)
    pending.speakIn("dev")
    assert.deepStrictEqual(
      pending.last.map(({ room }) => room),
      ["main", "ops", "dev"]
    )
    pending.remove([two])
    assert.strictEqual(pending.drawn(two).room, "ops")
    assert.strictEqual(pending.room, "dev")
  })

  it("that follow a command are said where the program says", () => {
    const pending = new PendingList()
    const [join, hello] = [line("/join ops"), line("hello")]
    for (const each of [join, hello]) {
      pending.type(each)
      assert.isTrue(pending.hasCommand)
      assert.isUndefined(pending.room)
    }
    pending.speakIn("ops")
    pending.remove([join])
    assert.strictEqual(pending.room, "ops")
    pending.place([hello], "ops")
    pending.speakIn("main")
    assert.deepStrictEqual(pending.last, [{ room: "ops", text: "hello", marked: false }])
  })

  it("a command that says something is done when its line has its text", () => {
    const pending = new PendingList()
    const waves = line("/me waves")
    pending.type(waves)
    pending.reword(waves, "waves")
    assert.isFalse(pending.hasCommand)
    for (const said of [line("//etc"), { text: "/etc", verbatim: true }]) pending.type(said)
    assert.isFalse(pending.hasCommand)
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
