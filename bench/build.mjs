/**
 * Builds the programs of the benchmarks besides outlive: the load generators and the author in C, and the layers as a
 * program.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))
const out = `${root}/dist/bench`
mkdirSync(out, { recursive: true })

const compile = (name, files) => {
  const { error, status, stderr } = spawnSync(
    "gcc",
    ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-o", `${out}/${name}`, ...files],
    { encoding: "utf8" }
  )
  if (error !== undefined) throw new Error(`gcc is needed for the benchmarks: ${error.message}`)
  if (status !== 0) throw new Error(stderr)
}

const load = `${root}/bench/load`
compile(
  "load",
  readdirSync(load)
    .filter((name) => name.endsWith(".c"))
    .map((name) => `${load}/${name}`)
)
compile("epoll", [`${root}/bench/authors/epoll.c`])
const settings = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  platform: "node",
  target: "node20",
  logLevel: "warning"
}
await build({
  ...settings,
  entryPoints: ["bench/authors/layers.ts"],
  format: "cjs",
  outExtension: { ".js": ".cjs" }
})
await build({
  ...settings,
  entryPoints: ["bench/readers.ts"],
  format: "esm",
  outExtension: { ".js": ".mjs" },
  // Some bundled modules are CommonJS and load Node's modules with `require`.
  banner: {
    js: `import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)`
  }
})
