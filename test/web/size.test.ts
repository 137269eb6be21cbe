/** What a browser loads. `npm run build` has made it. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "vitest"

const folder = Path.resolve(import.meta.dirname, "../../dist/web")
const files = Fs.readdirSync(folder, { recursive: true, encoding: "utf8" })

describe("the page", () => {
  it("and all that it loads have at most 30 KB, gzipped", () => {
    const bytes = files.reduce((sum, file) => sum + gzipSync(Fs.readFileSync(Path.join(folder, file))).length, 0)
    assert.sameMembers([...files], ["icon.svg", "index.html", "page.js", "style.css"])
    assert.isAtMost(bytes, 30 * 1024)
  })

  it("loads nothing from elsewhere, and has no script and no style of its own in it", () => {
    const text = files.map((file) => Fs.readFileSync(Path.join(folder, file), "utf8")).join("\n")
    const addresses = new Set(text.match(/https?:\/\/[\w.-]+/g))
    // Names of XML, which nobody loads, and how a link begins.
    assert.deepStrictEqual(
      [...addresses].filter((each) => each !== "http://www.w3.org"),
      []
    )
    const html = Fs.readFileSync(Path.join(folder, "index.html"), "utf8")
    assert.notMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc="\/)/)
    assert.notMatch(text, /insertAdjacentHTML|document\.write|\beval\(|new Function/)
  })
})
