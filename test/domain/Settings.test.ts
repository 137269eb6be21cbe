import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { resolve, settings, unknownSettings, variableOf } from "../../src/domain/Settings.ts"

const folder = Path.resolve(import.meta.dirname, "../../src/commands")

describe("settings", () => {
  it("are all that a command takes from a variable", () => {
    const taken = Fs.readdirSync(folder).flatMap((name) => {
      const text = Fs.readFileSync(Path.join(folder, name), "utf8")
      return [
        ...Array.from(text.matchAll(/"(OUTLIVE_[A-Z_]+)"/g), ([, variable]) => variable),
        ...Array.from(text.matchAll(/\blimit(?:InSeconds)?\(\s*"([a-z]+)"/g), ([, limit = ""]) =>
          variableOf(`limit-${limit}`)
        )
      ]
    })
    assert.deepStrictEqual([...new Set(taken)].sort(), settings.map(({ name }) => variableOf(name)).sort())
  })

  it("come from the first source that has one, or from nobody", () => {
    const source = (from: string, values: Readonly<Record<string, string>>) => ({
      from: (name: string) => `${from} of ${name}`,
      values: new Map(Object.entries(values))
    })
    const found = resolve([source("option", { host: "a" }), source("file", { host: "b", ports: "" })])
    assert.deepStrictEqual(
      found.filter(({ name }) => ["host", "port", "ports"].includes(name)),
      [
        { name: "host", value: "a", from: "option of host" },
        { name: "port", value: "4000", from: "by default" },
        { name: "ports", value: "", from: "file of ports" }
      ]
    )
  })

  it("that are none are told, with the nearest", () => {
    assert.deepStrictEqual(unknownSettings(["host", "hots", "xyzzy"]), [
      "hots is not a setting; did you mean host?",
      "xyzzy is not a setting"
    ])
  })
})
