/**
 * Builds dist/: each program as one file, and a code cache. With the cache, the program starts in a quarter of the time
 * that its modules would take.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"))

const settings = {
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  define: { "process.env.OUTLIVE_VERSION": JSON.stringify(version) },
  logLevel: "warning"
}

/** Libraries that are loaded only when they are needed. Each has a bundle of its own. */
const rarelyNeeded = {
  x509: "layers/identity/x509.ts",
  hpke: "layers/identity/hpke.ts",
  ws: "layers/web/ws.ts",
  nats: "layers/nats/nats.ts"
}

/** Keeps rarely needed code out of the program's bundle, which is read whole at each start. */
const apart = {
  name: "apart",
  setup: ({ onResolve }) =>
    onResolve({ filter: new RegExp(`/(${Object.keys(rarelyNeeded).join("|")})\\.ts$`) }, ({ path }) => ({
      path: `./outlive.${basename(path, ".ts")}.cjs`,
      external: true
    }))
}

await Promise.all([
  build({
    ...settings,
    entryPoints: { "outlive.bundle": "src/main.ts" },
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    plugins: [apart],
    // Code that is compiled from the cache has only `require`.
    supported: { "dynamic-import": false },
    // White space is read at each start too: 0.5 MB of 1.6. `npm run profile` needs it.
    minifyWhitespace: !process.argv.includes("--legible"),
    // Wraps the bundle in the function that Node would wrap a module in. The launcher need not copy the text to do so.
    banner: { js: "(function (exports, require, module, __filename, __dirname) {" },
    footer: { js: "})" }
  }),
  build({
    ...settings,
    entryPoints: { outlive: "scripts/launcher.cjs" },
    bundle: false,
    outExtension: { ".js": ".cjs" }
  }),
  build({
    ...settings,
    entryPoints: Object.fromEntries(
      Object.entries(rarelyNeeded).map(([library, path]) => [`outlive.${library}`, path])
    ),
    format: "cjs",
    outExtension: { ".js": ".cjs" }
  }),
  build({
    ...settings,
    // The thread of a file store: a program of its own.
    entryPoints: { "outlive.files": "layers/filestore/worker.ts" },
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    minifyWhitespace: true
  }),
  build({
    ...settings,
    entryPoints: { demo: "demo/main.ts" },
    format: "esm",
    outExtension: { ".js": ".mjs" },
    // Some bundled modules are CommonJS and load Node's modules with `require`.
    banner: {
      js: `import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)`
    }
  })
])

/** What a program of `scripts/` prints. */
const printed = (...program) => {
  const ran = spawnSync(process.execPath, ["scripts/run.mjs", ...program], { cwd: root, encoding: "utf8" })
  if (ran.status !== 0) throw new Error(`${program[0]} fails:\n${ran.stderr}`)
  return ran.stdout
}

// The man page, made from the descriptions of the commands.
writeFileSync(`${root}/dist/outlive.1`, printed("scripts/man.ts", version))

/**
 * Names of the page's own data, which are in nothing that it sends, keeps or gives to the browser. Short ones in their
 * place make the page smaller.
 */
const ownNames = [
  ...["_tag", "asked", "askToNotify", "attempts", "below", "candidates", "chosen", "connection", "deed", "facts"],
  ...["firstNew", "happened", "hasDraft", "held", "how", "isAtEnd", "isConnected", "isDropping", "isFirst", "isFolder"],
  ...["isFollowing", "isHere", "isListOpen", "isLoading", "isLong", "isOpen", "isOver", "isSought", "isTold"],
  ...["isVisible", "lookUp", "menu", "names", "notifying", "onlyUnread", "opened", "outgoing", "panel", "redial"],
  ...["scrollLog", "sought", "stopAll", "uploads", "windows"]
]

// The page of a browser. It knows the commands that can be typed.
await build({
  absWorkingDir: root,
  outdir: "dist/web",
  entryPoints: ["web/page.tsx", "web/style.css"],
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: "es2023",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { COMMANDS: printed("scripts/vocabulary.ts") },
  mangleProps: new RegExp(`^(${ownNames.join("|")})$`),
  logLevel: "warning"
})
for (const file of ["index.html", "icon.svg"]) copyFileSync(`${root}/web/${file}`, `${root}/dist/web/${file}`)

// Runs a server once, from its start to its `Exit`, so that the cache holds the code that a start compiles.
const folder = mkdtempSync(`${tmpdir()}/outlive-`)
const warmUp = `
  process.argv = [process.argv[0], "outlive", "server", "--host", "127.0.0.1", "--port", "0", "--ports", ${JSON.stringify(`${folder}/ports.txt`)}]
  const cache = require("./dist/outlive.cjs")
  process.on("exit", () => require("node:fs").writeFileSync("dist/outlive.cache", cache()))`
const { status, stderr } = spawnSync(process.execPath, ["-e", warmUp], {
  cwd: root,
  encoding: "utf8",
  input: "Exit\n",
  env: { PATH: process.env.PATH, OUTLIVE_CONFIG: `${folder}/none.toml` }
})
rmSync(folder, { recursive: true })
if (status !== 0) throw new Error(`The program does not start:\n${stderr}`)
