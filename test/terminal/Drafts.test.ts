import { assert, describe, it } from "@effect/vitest"
import { nothing } from "../../src/terminal/Completion.ts"
import { Drafts } from "../../src/terminal/Drafts.ts"
import { press } from "../../src/terminal/Editor.ts"

/** Presses keys, named in angle brackets, or types letters. */
const type = (to: Drafts, script: string) => {
  for (const [, name, text = ""] of script.matchAll(/<([^<>]+)>|([^<]+)/g)) {
    to.editor = press(to.editor, name === undefined ? { _tag: "Text", text } : { _tag: "Press", name }, nothing).editor
  }
}

const shown = ({ editor: { cursor, text } }: Drafts) => `${text.slice(0, cursor)}|${text.slice(cursor)}`

const begun = (script = "") => {
  const drafts = new Drafts()
  type(drafts, script)
  return drafts
}

describe("drafts", () => {
  it("each room has its own, with its cursor and what undo takes back, and its own lines that were sent", () => {
    const drafts = begun("sent<enter>half<left>")
    drafts.move("ops", false)
    assert.strictEqual(shown(drafts), "|")
    type(drafts, "<up>")
    assert.strictEqual(shown(drafts), "|")
    type(drafts, "elsewhere")
    drafts.move("main", false)
    assert.strictEqual(shown(drafts), "hal|f")
    type(drafts, "<ctrl-_>")
    assert.strictEqual(shown(drafts), "|")
    type(drafts, "<up>")
    assert.strictEqual(shown(drafts), "sent|")
    drafts.move("ops", false)
    assert.strictEqual(shown(drafts), "elsewhere|")
  })

  it("what was cut in one room is pasted in another", () => {
    const drafts = begun("said here<ctrl-u>")
    drafts.move("ops", false)
    type(drafts, "<ctrl-y>")
    assert.strictEqual(shown(drafts), "said here|")
  })

  it("what comes along goes where the cursor is there, and is no draft here any more", () => {
    const drafts = begun("ab<left>")
    drafts.move("ops", false)
    type(drafts, "more")
    drafts.move("main", true)
    assert.strictEqual(shown(drafts), "amore|b")
    drafts.move("ops", false)
    assert.strictEqual(shown(drafts), "|")
  })

  it("a search ends, and leaves what was typed before it", () => {
    const drafts = begun("tea<enter>half<ctrl-r>te")
    assert.strictEqual(shown(drafts), "|tea")
    drafts.move("ops", false)
    assert.isUndefined(drafts.editor.search)
    drafts.move("main", false)
    assert.strictEqual(shown(drafts), "half|")
  })

  it("a line is given back to its room, unless a draft is there", () => {
    const drafts = begun("half")
    drafts.giveBack("not said", "main")
    drafts.giveBack("not said in ops", "ops")
    drafts.giveBack("another", "ops")
    assert.strictEqual(shown(drafts), "half|")
    drafts.move("ops", false)
    assert.strictEqual(shown(drafts), "not said in ops|")
  })
})
