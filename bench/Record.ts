/**
 * The record of all measurements: `docs/benchmarks/results.ndjson`, one work a line. Each run makes the tables and
 * plots from it again.
 */
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Schema from "effect/Schema"

const file = "docs/benchmarks/results.ndjson"

const Figures = Schema.Record({ key: Schema.String, value: Schema.Number })
const Measured = Schema.Struct({
  system: Schema.String,
  at: Schema.String,
  samples: Schema.Array(Figures),
  failures: Schema.Array(Schema.String)
})

/** One run of one work: what was measured, where and when. */
const Run = Schema.Struct({
  work: Schema.String,
  date: Schema.String,
  commit: Schema.String,
  rounds: Schema.Number,
  /** Whether the run was quick: short measurements after a short warm-up. */
  quick: Schema.Boolean,
  /** How busy the machine was just before: the average number of runnable processes. */
  load: Schema.Number,
  machine: Schema.Record({ key: Schema.String, value: Schema.String }),
  cells: Schema.Array(Measured)
})
export type Run = typeof Run.Type

const Line = Schema.parseJson(Run)

/** The last run of each work. */
export const read = (): ReadonlyArray<Run> =>
  Fs.existsSync(file)
    ? Fs.readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => Schema.decodeSync(Line)(line))
    : []

export const write = (runs: ReadonlyArray<Run>): void => {
  Fs.mkdirSync("docs/benchmarks", { recursive: true })
  Fs.writeFileSync(file, runs.map((run) => `${Schema.encodeSync(Line)(run)}\n`).join(""))
}

/** The first line that a command prints; undefined if it is missing or fails. */
const said = (command: string, ...args: ReadonlyArray<string>): string | undefined => {
  try {
    return execFileSync(command, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` }
    })
      .split("\n")[0]
      ?.trim()
  } catch {
    return undefined
  }
}

const packaged = (name: string): string | undefined => {
  try {
    return JSON.parse(Fs.readFileSync(`bench/peers/node_modules/${name}/package.json`, "utf8")).version
  } catch {
    return undefined
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg fills it in.
const debian = (name: string): string | undefined => said("dpkg-query", "-W", "-f", "${Version}", name)

/** The machine and the versions. */
export const machine = (): Readonly<Record<string, string>> => {
  const cpus = Os.cpus()
  const known = {
    processor: `${cpus.length} × ${cpus[0]?.model ?? "unknown"}`,
    memory: `${Math.round(Os.totalmem() / 2 ** 30)} GiB`,
    kernel: `${Os.type()} ${Os.release()}`,
    node: process.version,
    gcc: said("gcc", "-dumpfullversion"),
    ...Object.fromEntries(
      ["nats-server", "redis-server", "mosquitto", "ngircd", "inspircd", "irssi", "weechat-headless"].map((name) => [
        name,
        debian(name)
      ])
    ),
    ws: packaged("ws"),
    aedes: packaged("aedes"),
    gossipsub: packaged("@libp2p/gossipsub")
  }
  return Object.fromEntries(Object.entries(known).map(([name, version]) => [name, version ?? "not here"]))
}

/**
 * The commit that is measured. It ends in `-dirty` if there are uncommitted changes outside of `docs`, which the
 * benchmarks write.
 */
export const commit = (): string => {
  const name = said("git", "rev-parse", "--short", "HEAD")
  if (name === undefined) return "unknown"
  return said("git", "status", "--porcelain", "--", ":!docs") === "" ? name : `${name}-dirty`
}
