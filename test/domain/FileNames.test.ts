import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { distinctPaths, numbered, safeName, safePath } from "../../src/domain/FileNames.ts"

const bytes = (text: string): number => new TextEncoder().encode(text).length

/** Texts that are often nearly a name of a kind that is not safe. */
const name = FastCheck.array(
  FastCheck.oneof(
    FastCheck.string({ unit: "binary" }),
    FastCheck.constantFrom(
      "..",
      ".",
      "/",
      "\\",
      " ",
      "con",
      "COM1",
      "a",
      ".tar.gz",
      ".b",
      "\u0000",
      "\u202e",
      "\u0301",
      "\ud800",
      "a".repeat(130),
      "é".repeat(130)
    )
  ),
  { maxLength: 6 }
).map((parts) => parts.join(""))

const mustBeSafe = (safe: string): void => {
  assert.isNotEmpty(safe)
  assert.isAtMost(bytes(safe), 255)
  assert.strictEqual(safe.normalize("NFC"), safe)
  assert.notMatch(safe, /[/\\<>:"|?*\p{Cc}\p{Cs}\u2028\u2029]|(?![\u200c\u200d])\p{Cf}/u)
  assert.notMatch(safe, /^[. ]|[. ]$/)
  assert.notMatch(safe, /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i)
}

describe("names of files", () => {
  it("an ordinary name stays as it is, in any script", () => {
    for (const each of [
      "a.txt",
      "Makefile",
      "my file (2).tar.gz",
      "日本語.txt",
      "نمی‌خواهم.pdf",
      "👨‍👩‍👧.png",
      "❤️.svg",
      "a..b",
      "console.log",
      "com10"
    ])
      assert.strictEqual(safeName(each), each)
  })

  it("any name is made safe, and a safe name stays as it is, with a number too", () => {
    FastCheck.assert(
      FastCheck.property(name, FastCheck.integer({ min: 2, max: 1e9 }), (each, n) => {
        const safe = safeName(each)
        mustBeSafe(safe)
        assert.strictEqual(safeName(safe), safe)
        mustBeSafe(numbered(safe, n))
        assert.strictEqual(safeName(numbered(safe, n)), numbered(safe, n))
      }),
      { numRuns: 200 }
    )
  })

  it("what each kind of name becomes", () => {
    const names: ReadonlyArray<readonly [string, string]> = [
      ["", "unnamed"],
      ["...", "unnamed"],
      ["..", "unnamed"],
      ["/", "unnamed"],
      ["../../etc/passwd", "passwd"],
      ["C:\\Windows\\system32\\x.dll", "x.dll"],
      ["C:x", "C_x"],
      [".bashrc", "_bashrc"],
      ["..bashrc", "_.bashrc"],
      ["NUL", "_NUL"],
      ["con.txt", "_con.txt"],
      ["Lpt1 .log", "_Lpt1 .log"],
      ["COM¹", "_COM¹"],
      ["photo\u202egpj.exe", "photo_gpj.exe"],
      ["a\nb\u001b[31m", "a_b_[31m"],
      ["a\u00a0\u2003b", "a  b"],
      ["  a.txt. . ", "a.txt"],
      ["e\u0301.txt", "\u00e9.txt"],
      ["\u115fa\u2800", "_a_"],
      [`${"é".repeat(200)}.txt`, `${"é".repeat(125)}.txt`],
      [`${"a".repeat(300)}.tar.gz`, `${"a".repeat(248)}.tar.gz`],
      [`a.${"b".repeat(300)}`, `a.${"b".repeat(253)}`]
    ]
    for (const [given, safe] of names) assert.strictEqual(safeName(given), safe, JSON.stringify(given))
  })

  it("a number stands before the extension, and there is room for it", () => {
    assert.strictEqual(numbered("a.txt", 2), "a (2).txt")
    assert.strictEqual(numbered("a", 3), "a (3)")
    assert.strictEqual(numbered("a.tar.gz", 2), "a (2).tar.gz")
    assert.strictEqual(numbered("a.b c", 2), "a.b c (2)")
    assert.strictEqual(numbered("_bashrc", 2), "_bashrc (2)")
    assert.strictEqual(numbered(`${"a".repeat(251)}.txt`, 10), `${"a".repeat(246)} (10).txt`)
  })
})

describe("paths of files", () => {
  it("no path leads out of its folder", () => {
    assert.strictEqual(safePath("a/b.txt"), "a/b.txt")
    assert.strictEqual(safePath("/../../a/./.b//c"), "a/_b/c")
    assert.strictEqual(safePath("..\\..\\x"), "x")
    assert.strictEqual(safePath(" .. / . "), "unnamed")
  })

  it("distinct ones stay as they are; others get numbers, files as folders", () => {
    const distinct = ["a/b.txt", "a/c.txt", "b/a/b.txt", "c"]
    assert.deepStrictEqual(distinctPaths(distinct), distinct)
    assert.deepStrictEqual(distinctPaths(["a", "a", "A", "a/b", "a/b", "A/c"]), [
      "a",
      "a (2)",
      "A (3)",
      "a (4)/b",
      "a (4)/b (2)",
      "A (5)/c"
    ])
    assert.deepStrictEqual(distinctPaths(["x (2)", "x", "x"]), ["x (2)", "x", "x (3)"])
    assert.deepStrictEqual(distinctPaths(["../a", ".a", "_a", "", ".."]), [
      "a",
      "_a",
      "_a (2)",
      "unnamed",
      "unnamed (2)"
    ])
  })

  it("any paths become safe ones, none of them twice, none the folder of another, and stay so", () => {
    const path = FastCheck.array(FastCheck.oneof(name, FastCheck.constantFrom("a", "A", "b", "a (2)")), {
      maxLength: 3
    }).map((names) => names.join("/"))
    FastCheck.assert(
      FastCheck.property(FastCheck.array(path, { maxLength: 12 }), (paths) => {
        const safe = distinctPaths(paths)
        assert.lengthOf(safe, paths.length)
        for (const each of safe) {
          each.split("/").forEach(mustBeSafe)
          assert.isFalse(safe.some((other) => other.toLowerCase().startsWith(`${each.toLowerCase()}/`)))
        }
        assert.strictEqual(new Set(safe.map((each) => each.toLowerCase())).size, safe.length)
        assert.deepStrictEqual(distinctPaths(safe), safe)
      }),
      { numRuns: 150 }
    )
  })

  it("many files of one name are soon numbered", () => {
    // Were the numbers tried from 2 on each time, this would take minutes.
    const paths = distinctPaths(Array.from({ length: 20_000 }, () => "a/b.txt"))
    assert.strictEqual(paths.at(-1), "a/b (20000).txt")
  })
})
