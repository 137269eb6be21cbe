/** What help says of each command: golden files in `help/`, 80 columns wide. `vitest run -u test/commands` writes them anew. */
import { readdirSync } from "node:fs"
import * as Path from "node:path"
import { assert, describe, expect, it } from "vitest"
import { commands, isName, names } from "../../src/commands/all.ts"
import { askedFor, withoutDash } from "../../src/commands/CommandLine.ts"
import { described, usageOf } from "../../src/commands/describe.ts"
import { commandPage, grouped, listPage, otherOptions } from "../../src/commands/page.ts"
import { settings, variableOf } from "../../src/domain/Settings.ts"

const all = names.map(described)
const rowsOf = (page: string) => page.split("\n")
const golden = (name: string) => Path.join(import.meta.dirname, "help", `${name}.txt`)

describe("the list of all commands", () => {
  const page = listPage(all, "VERSION", 80)

  it("is as in its golden file, and fits 30 rows of 80 columns", async () => {
    await expect(`${page}\n`).toMatchFileSnapshot(golden("outlive"))
    assert.isAtMost(rowsOf(page).length, 30)
    for (const row of rowsOf(page)) assert.isAtMost(row.length, 80, row)
  })

  it("has one row for each command of the registry, with its summary", () => {
    for (const { name, summary } of all) {
      assert.lengthOf(
        rowsOf(page).filter((row) => row.trim().startsWith(`${name} `)),
        1,
        name
      )
      assert.include(page, `  ${summary}\n`)
    }
  })
})

describe("the help of", () => {
  for (const command of all) {
    const page = commandPage(command, true, 80)

    it(`${command.name} is as in its golden file, 80 columns wide`, async () => {
      await expect(`${page}\n`).toMatchFileSnapshot(golden(command.name))
      for (const row of rowsOf(page)) assert.isAtMost(row.length, 80, row)
    })

    it(`${command.name} has its usage, every argument, every option with its value, and two examples`, () => {
      assert.include(page, `\nUsage: ${usageOf(command)}\n`)
      for (const { name } of command.arguments) assert.match(page, new RegExp(`^  ${name} `, "m"))
      for (const { name, value } of command.options) {
        assert.match(
          page,
          new RegExp(`(^|[ ,])--${name}${value === undefined ? "" : ` ${value.replaceAll("|", "\\|")}`}(,|  |$)`, "m")
        )
      }
      assert.lengthOf(command.examples, 2)
      for (const [line] of command.examples) assert.include(page, `  ${line}`)
    })

    it(`${command.name} is within any width that has room for it, and has no noise of the library`, () => {
      for (const width of [40, 60, 100, 300]) {
        for (const row of rowsOf(commandPage(command, true, width))) {
          // One word, or one line to be copied, is never broken.
          if (row.length > Math.min(width, 100))
            assert.match(row, /^(Usage: .*| {2}(#.*|outlive .*|git .*)| *\S+)$/, row)
        }
      }
      assert.notMatch(page, /user-defined|is optional|environment variables|Without\./)
      assert.notInclude(page, "\u001b")
    })

    it(`${command.name} shows with -h what most people need, and tells how to see the rest`, () => {
      const short = commandPage(command, false, 80)
      assert.isAtMost(rowsOf(short).length, 40)
      for (const name of command.usual) assert.include(short, `--${name}`)
      if (command.usual.length > 0 && command.options.length > command.usual.length) {
        assert.match(
          short,
          new RegExp(`${command.options.length - command.usual.length} more options: outlive ${command.name} --help`)
        )
      }
    })
  }
})

describe("the registry of commands", () => {
  it("calls each by the name that it has on the command line, and each command names options that it has", () => {
    for (const command of all) {
      const known = command.options.map(({ name }) => name)
      assert.includeMembers(known, [...command.usual], command.name)
      assert.match(usageOf(command), new RegExp(`^outlive ${command.name}\\b`))
      assert.isTrue(isName(command.name))
    }
    assert.isFalse(isName("toString"))
  })

  it("has each file of src/commands that makes a command", async () => {
    const folder = Path.join(import.meta.dirname, "../../src/commands")
    const modules = await Promise.all(readdirSync(folder).map((file) => import(Path.join(folder, file))))
    assert.sameMembers(
      modules.filter((module) => "make" in module).map(({ about }) => about),
      Object.values(commands).map(({ about }) => about)
    )
  })

  it("has every setting as an option of some command, with its variable", () => {
    for (const { name } of settings) {
      const having = all.flatMap((command) =>
        command.name === "config" ? [] : command.options.filter((each) => each.name === name)
      )
      assert.isNotEmpty(having, name)
      assert.include(
        having.map(({ variable }) => variable),
        variableOf(name)
      )
    }
  })
})

describe("the groups of options", () => {
  it("have a place for every setting, not among what is left over", () => {
    const all = settings.map(({ name }) => ({ name, value: undefined, repeatable: false, text: "", usual: undefined }))
    const options = all.map((option) => ({ ...option, variable: variableOf(option.name) }))
    const [, leftOver = []] = grouped({ options, usual: [] }).find(([title]) => title === otherOptions) ?? []
    assert.deepStrictEqual(leftOver, [])
  })
})

describe("what a command line asks for", () => {
  const asks = (line: string) => askedFor(line === "" ? [] : line.split(" "))
  it("is help wherever --help or -h stands, but behind --", () => {
    assert.deepStrictEqual(asks("--help"), { _tag: "Help", of: undefined, whole: true })
    assert.deepStrictEqual(asks("client 1 0 0 -h"), { _tag: "Help", of: "client", whole: false })
    assert.deepStrictEqual(asks("send --help --wait"), { _tag: "Help", of: "send", whole: true })
    assert.deepStrictEqual(asks("nonsense -h"), { _tag: "Help", of: undefined, whole: false })
    assert.deepStrictEqual(asks("send -- -h"), { _tag: "Run" })
  })
  it("is a command, something that there is not, or nothing", () => {
    assert.deepStrictEqual(asks("server --port 1"), { _tag: "Run" })
    assert.deepStrictEqual(asks("--version"), { _tag: "Run" })
    assert.deepStrictEqual(asks("clinet 1"), { _tag: "Unknown", word: "clinet" })
    assert.deepStrictEqual(asks("--port 1"), { _tag: "Unknown", word: "--port" })
    assert.deepStrictEqual(asks("-x"), { _tag: "Unknown", word: "-x" })
    assert.deepStrictEqual(asks(""), { _tag: "Nothing" })
  })
  it("leaves out the dash of send, which stands for stdin", () => {
    assert.deepStrictEqual(withoutDash(["send", "-", "--wait", "2"]), ["send", "--wait", "2"])
    assert.deepStrictEqual(withoutDash(["send", "--", "-"]), ["send", "--", "-"])
    assert.deepStrictEqual(withoutDash(["client", "-"]), ["client", "-"])
  })
})
