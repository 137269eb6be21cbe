/** Bundles the simulation into one file, as it is or with the changes of a mutant. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { context } from "esbuild"
import type { Mutant } from "./mutants.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Bundler {
  /** Bundles with these changes. Returns the file. Fails if the text of a change is not in its file exactly once. */
  readonly bundle: (name: string, changes: Mutant["changes"]) => Promise<string>
  readonly dispose: () => Promise<void>
}

/**
 * Makes bundles of a program one after the other. Packages stay outside of them, so that a worker that runs several
 * bundles loads and compiles packages once.
 */
export const makeBundler = async (entry: "main.ts" | "run.ts"): Promise<Bundler> => {
  let open: ReadonlyArray<Mutant["changes"][number]> = []

  const contentsOf = (path: string): string => {
    const here = open.filter(({ file }) => path.endsWith(`/${file}`))
    open = open.filter((change) => !here.includes(change))
    return here.reduce(
      (contents, { file, from, to }) => {
        if (contents.split(from).length !== 2) throw new Error(`not exactly once in ${file}: ${from}`)
        return contents.replace(from, () => to)
      },
      readFileSync(path, "utf8")
    )
  }

  const { dispose, rebuild } = await context({
    absWorkingDir: root,
    entryPoints: [`test/simulation/${entry}`],
    write: false,
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "error",
    plugins: [
      {
        name: "mutant",
        setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, ({ path }) => ({ contents: contentsOf(path), loader: "ts" }))
      }
    ]
  })

  return {
    bundle: async (name, changes) => {
      open = changes
      const { outputFiles } = await rebuild()
      if (open.length > 0) throw new Error(`no such file: ${open.map(({ file }) => file).join(", ")}`)
      const file = `${root}/dist/simulation/${name.replaceAll(/[^a-z]+/gi, "-")}.mjs`
      mkdirSync(`${root}/dist/simulation`, { recursive: true })
      for (const { contents } of outputFiles ?? []) writeFileSync(file, contents)
      return file
    },
    dispose
  }
}
