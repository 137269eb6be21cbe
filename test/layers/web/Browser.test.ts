import { assert, it } from "@effect/vitest"
import { describe } from "vitest"
import { programsFor } from "../../../layers/web/Browser.ts"

const link = "http://127.0.0.1:4100/#token"

describe("the browser", () => {
  it("is that of the system, or what BROWSER names, in this order", () => {
    assert.deepStrictEqual(programsFor(link, {}, "linux"), [["xdg-open", link]])
    assert.deepStrictEqual(programsFor(link, { BROWSER: "" }, "darwin"), [["open", link]])
    assert.deepStrictEqual(programsFor(link, { BROWSER: "firefox:w3m -o x=%s" }, "linux"), [
      ["firefox", link],
      ["w3m", "-o", `x=${link}`]
    ])
  })

  it("gets the link as one word, and no shell reads it", () => {
    assert.deepStrictEqual(programsFor(`${link};$(x) y`, { BROWSER: "a  b" }, "linux"), [["a", "b", `${link};$(x) y`]])
  })
})
