/** The documents are true where a program can tell: what they link and name is there, and all that there is they name. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "vitest"
import { costTable, limitTable } from "../bench/scale.ts"
import { names } from "../src/commands/all.ts"
import { described } from "../src/commands/describe.ts"
import { settings, variableOf } from "../src/domain/Settings.ts"
import { commands } from "../src/programs/commands/all.ts"

const root = Path.resolve(import.meta.dirname, "..")
const textOf = (file: string): string => Fs.readFileSync(Path.join(root, file), "utf8")

const documents = [".", "docs", "docs/design"].flatMap((folder) =>
  Fs.readdirSync(Path.join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => Path.join(folder, name))
)

/** The anchor that a heading has on the page. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")

const anchorsIn = (file: string): ReadonlyArray<string> =>
  Array.from(textOf(file).matchAll(/^#+ (.+)$/gm), ([, heading = ""]) => anchorOf(heading))

/** What is wrong with a link of that document; undefined if nothing is. */
const faultOf = (document: string, link: string): string | undefined => {
  const [path = "", anchor] = link.split("#")
  const target = path === "" ? document : Path.join(Path.dirname(document), path)
  if (!Fs.existsSync(Path.join(root, target))) return `${document}: ${link} is not there`
  if (anchor !== undefined && !anchorsIn(target).includes(anchor)) return `${document}: ${link} has no such heading`
  return undefined
}

describe("the documents", () => {
  it("link files and headings that are there", () => {
    const faults = documents.flatMap((document) =>
      Array.from(textOf(document).matchAll(/\]\((?!https?:)([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)).flatMap(
        ([, link, picture]) => faultOf(document, link ?? picture ?? "") ?? []
      )
    )
    assert.deepStrictEqual(faults, [])
  })

  it("CONTRIBUTING names files and folders that are there", () => {
    const paths = Array.from(
      textOf("CONTRIBUTING.md").matchAll(/`((?:src|services|layers|test|docs|examples|\.ci)\/[^`\s]*)`/g),
      ([, path = ""]) => path
    )
    assert.isAtLeast(paths.length, 30)
    const missing = paths.filter((path) => !path.includes("NAME") && !Fs.existsSync(Path.join(root, path)))
    assert.deepStrictEqual(missing, [])
  })

  it("run scripts that package.json has", () => {
    const { scripts } = JSON.parse(textOf("package.json"))
    for (const document of documents) {
      for (const [, script = ""] of textOf(document).matchAll(/npm run ([a-z:-]+)/g)) {
        assert.property(scripts, script, document)
      }
    }
  })
})

describe("the manual names", () => {
  const manual = textOf("docs/MANUAL.md")

  it("everything that can be typed behind a slash", () => {
    for (const { name } of commands.filter(({ name }) => name !== "help")) {
      assert.match(manual, new RegExp(`^\\| [^|]*\`/${name}\\b`, "m"))
    }
  })

  it("every command, every option and every variable", () => {
    for (const name of names) assert.match(manual, new RegExp(`outlive ${name}\\b|\\./${name}\\b`))
    for (const { name } of names.flatMap((each) => described(each).options)) {
      assert.match(manual, new RegExp(`--${name}\\b`))
    }
    for (const { name } of settings.filter(({ name }) => !name.startsWith("limit-"))) {
      assert.include(manual, variableOf(name))
    }
  })

  it("the version that package.json has", () => {
    const { version } = JSON.parse(textOf("package.json"))
    assert.include(manual, `outlive-${version}.tgz`)
    assert.match(
      textOf("CHANGELOG.md"),
      new RegExp(`^## \\[${version.replaceAll(".", "\\.")}\\] - \\d{4}-\\d\\d-\\d\\d$`, "m")
    )
  })

  it("say what sites cost as it is derived", () => {
    const text = textOf("docs/design/scale.md")
    for (const table of [costTable(), limitTable()]) assert.include(text, table)
  })
})
