/** The file in a user's own folder that has settings for every start: TOML, a line each. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type { TomlError } from "smol-toml"
import { SettingsUnusable } from "../src/domain/Errors.ts"
import { unknownSettings } from "../src/domain/Settings.ts"

/** Where it is: `OUTLIVE_CONFIG`, or in the folder for settings (XDG Base Directory Specification 0.8). */
export const path = (): string => {
  const home = process.env["XDG_CONFIG_HOME"]
  const folder = home !== undefined && Path.isAbsolute(home) ? home : Path.join(Os.homedir(), ".config")
  return process.env["OUTLIVE_CONFIG"] || Path.join(folder, "outlive", "config.toml")
}

/** A list stands for its words with commas between them. */
const isSettable = (value: unknown): boolean =>
  typeof value !== "object" || (Array.isArray(value) && value.every((word) => typeof word === "string"))

/** Its first line says what is wrong; the others show it. */
const complaintOf = (error: unknown): string => {
  const { line, message } = error as TomlError
  return `line ${line}: ${message.split("\n", 1)[0]?.replace("Invalid TOML document: ", "")}`
}

const textOf = (file: string): string => {
  try {
    return Fs.readFileSync(file, "utf8")
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return ""
    throw error
  }
}

/** What it says, by the settings' names; nothing if there is none. */
export const read = (file: string): Effect.Effect<ReadonlyMap<string, string>, SettingsUnusable> =>
  Effect.gen(function* () {
    const unusable = (detail: string) => new SettingsUnusable({ path: file, detail })
    const text = yield* Effect.try({
      try: () => textOf(file),
      catch: (error) => unusable((error as Error).message)
    })
    if (text.trim() === "") return new Map()
    // Most have no such file, and none has to load what reads it.
    const { parse } = yield* Effect.promise(() => import("smol-toml"))
    const table = yield* Effect.try({
      try: () => parse(text),
      catch: (error) => unusable(complaintOf(error))
    })
    const [unknown] = unknownSettings(Object.keys(table))
    if (unknown !== undefined) return yield* unusable(unknown)
    const values = new Map<string, string>()
    for (const [name, value] of Object.entries(table)) {
      if (!isSettable(value)) return yield* unusable(`${name} is a text, a number, true or false, or a list of words`)
      values.set(name, String(value))
    }
    return values
  })
