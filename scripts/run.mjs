/** Bundles a TypeScript program of this project into dist/ and runs it. Usage: `node scripts/run.mjs ENTRY …` */
import { basename } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))
const [entry, ...args] = process.argv.slice(2)
const outfile = `${root}/dist/${basename(entry, ".ts")}.mjs`

await build({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // They read files that stand beside their own.
  external: ["playwright-core", "esbuild"],
  logLevel: "warning",
  banner: {
    js: `import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)`
  }
})
process.argv = [process.execPath, outfile, ...args]
process.chdir(root)
await import(pathToFileURL(outfile).href)
