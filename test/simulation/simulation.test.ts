/** The promises of delivery, over many schedules of trouble. Without any one rule, the simulation must fail. */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { build } from "esbuild"
import { firstOfRooms, type Mutant, mutants } from "./mutants.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Bundles the simulation into one file, with the changes of a mutant. Fails if a change matches nothing. */
const bundle = async (name: string, changes: Mutant["changes"]): Promise<string> => {
  const outfile = `${root}/dist/simulation/${name.replaceAll(/[^a-z]+/gi, "-")}.mjs`
  const open = new Set(changes)
  await build({
    absWorkingDir: root,
    entryPoints: ["test/simulation/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "error",
    banner: { js: `import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)` },
    plugins: [
      {
        name: "mutant",
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            let contents = readFileSync(path, "utf8")
            for (const change of changes) {
              if (!path.endsWith(`/${change.file}`)) continue
              assert.strictEqual(contents.split(change.from).length, 2, `${change.from} stands once in ${change.file}`)
              contents = contents.replace(change.from, () => change.to)
              open.delete(change)
            }
            return { contents, loader: "ts" }
          })
      }
    ]
  })
  assert.strictEqual(open.size, 0, "each change was made")
  return outfile
}

/** Runs a simulation to its end. Returns its status and its output. */
const simulate = (program: string, ...args: ReadonlyArray<string>) =>
  new Promise<{ readonly status: number | null; readonly output: string }>((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] })
    let output = ""
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text
    })
    child.on("close", (status) => resolve({ status, output }))
  })

/** A limit for a simulation that hangs, in ms: machines can be busy. */
const limit = 600_000

describe.concurrent("the simulation", () => {
  const whole = bundle("whole", [])

  // The same seeds each time, because a check before landing must not depend on luck. `npm run simulate` goes further.
  it(
    "keeps every promise, over 60 seeds",
    async () => {
      const { output, status } = await simulate(await whole, "--seeds", "60")
      assert.strictEqual(status, 0, output)
    },
    limit
  )

  it(
    "keeps every promise with three rooms, of which nodes take part in some, over 20 seeds",
    async () => {
      const { output, status } = await simulate(await whole, "--seeds", "20", "--from", `${firstOfRooms}`)
      assert.strictEqual(status, 0, output)
    },
    limit
  )

  it.each([228, 1389, 3205, 3255])(
    "keeps every promise with seed %i, which once broke one",
    async (seed) => {
      const { output, status } = await simulate(await whole, "--seeds", "1", "--from", `${seed}`)
      assert.strictEqual(status, 0, output)
    },
    limit
  )

  it(
    "shows the same whatever ran before, and however many workers there are",
    async () => {
      const program = await whole
      const runs = await Promise.all(
        ["1", "3"].map((workers) => simulate(program, "--seeds", "6", "--from", "2000", "--workers", workers))
      )
      const [one, three] = runs.map(({ output }) => /\d+ lines shown.*/.exec(output)?.[0])
      assert.isDefined(one)
      assert.strictEqual(one, three)
    },
    limit
  )

  // The unchanged simulation passes with these seeds, above. A failure here is due to the change.
  it.each(mutants)(
    "is caught within 60 seeds: $name",
    async ({ changes, from = 0, name, notices = /\b(I\d|Rule \d):? / }) => {
      const program = await bundle(name, changes)
      const { output, status } = await simulate(
        program,
        ...["--seeds", `${from < 60 ? 60 - from : 20}`, "--from", `${from}`, "--first", "--workers", "1"]
      )
      assert.strictEqual(status, 1, output)
      assert.match(output, new RegExp(`^seed \\d+: .*${notices.source}`, "m"), "a seed says which promise was broken")
    },
    limit
  )
})
