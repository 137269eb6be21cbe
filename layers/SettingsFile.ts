/** The user's config file, with settings for every start: TOML, one setting a line. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type { TomlError } from "smol-toml"
import { SettingsUnusable } from "../src/domain/Errors.ts"
import { unknownSettings } from "../src/domain/Settings.ts"

/** The path of the file: `OUTLIVE_CONFIG`, or in the config folder (XDG Base Directory Specification 0.8). */
export const path = (): string => {
  const home = process.env["XDG_CONFIG_HOME"]
  const folder = home !== undefined && Path.isAbsolute(home) ? home : Path.join(Os.homedir(), ".config")
  return process.env["OUTLIVE_CONFIG"] || Path.join(folder, "outlive", "config.toml")
}

/** Whether a value can be a setting. A list of words becomes one text, with commas between them. */
const isSettable = (value: unknown): boolean =>
  typeof value !== "object" || (Array.isArray(value) && value.every((word) => typeof word === "string"))

/** Describes a TOML error. The first line of its message says what is wrong; the others quote the file. */
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

/** Reads the settings, by their names; empty if there is no file. */
export const read = (file: string): Effect.Effect<ReadonlyMap<string, string>, SettingsUnusable> =>
  Effect.gen(function* () {
    const unusable = (detail: string) => new SettingsUnusable({ path: file, detail })
    const text = yield* Effect.try({
      try: () => textOf(file),
      catch: (error) => unusable((error as Error).message)
    })
    if (text.trim() === "") return new Map()
    // Loaded on demand: most users have no such file.
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
