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
    assert.strictEqual(pending.roomFor(one), "dev")
  })

  it("that follow a command are said where the program says", () => {
    const pending = new PendingList()
    const [join, hello] = [line("/join ops"), line("hello")]
    for (const each of [join, hello]) {
      assert.strictEqual(pending.roomFor(each), undefined)
      pending.type(each)
      assert.isTrue(pending.isLeaving)
    }
    pending.speakIn("ops")
    pending.remove([join])
    assert.strictEqual(pending.roomFor(hello), "ops")
    pending.place([hello], "ops")
    pending.speakIn("main")
    assert.deepStrictEqual(pending.last, [{ room: "ops", text: "hello", marked: false }])
  })

  it("are said in the room of the prompt while the command that went there goes on", () => {
    const pending = new PendingList()
    const [join, go, hello] = [line("/join ops"), line("/go dev"), line("hello")]
    pending.type(join)
    pending.speakIn("ops")
    assert.strictEqual(pending.roomFor(hello), "ops")
    assert.isFalse(pending.isLeaving)
    pending.type(go)
    assert.isTrue(pending.isLeaving)
    pending.speakIn("ops")
    assert.isTrue(pending.isLeaving)
    pending.remove([join])
    pending.speakIn("dev")
    assert.strictEqual(pending.roomFor(hello), "dev")
    assert.strictEqual(pending.drawn(go).room, "ops")
  })

  it("a command keeps the prompt of the room to which the one before has led", () => {
    const pending = new PendingList()
    const [join, go] = [line("/join ops"), line("/go dev")]
    for (const each of [join, go]) pending.type(each)
    pending.speakIn("ops")
    pending.remove([join])
    pending.speakIn("dev")
    assert.strictEqual(pending.drawn(go).room, "ops")
  })

  it("are said where a key goes, whatever commands were typed before", () => {
    const pending = new PendingList()
    for (const each of ["/join ops", "/go dev"]) pending.type(line(each))
    pending.speakIn("main", true)
    assert.strictEqual(pending.roomFor(line("hello")), "main")
  })

  it("a command has no room; when it says something, it is done", () => {
    const pending = new PendingList()
    const waves = line("/me waves")
    assert.isUndefined(pending.roomFor(waves))
    pending.type(waves)
    assert.isTrue(pending.isLeaving)
    pending.reword(waves, "waves")
    assert.isFalse(pending.isLeaving)
    for (const said of [line("//etc"), { text: "/etc", verbatim: true }]) {
      assert.strictEqual(pending.roomFor(said), "main")
      pending.type(said)
    }
    assert.isFalse(pending.isLeaving)
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
