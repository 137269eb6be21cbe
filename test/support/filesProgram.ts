/** The program of a file store's thread, for tests. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { buildSync } from "esbuild"

let built: string | undefined

/** Builds the program once a process; the path of it. */
export const filesProgram = (): string => {
  if (built !== undefined) return built
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-test-"))
  process.once("exit", () => Fs.rmSync(folder, { recursive: true, force: true }))
  built = Path.join(folder, "files.cjs")
  buildSync({
    entryPoints: [fileURLToPath(new URL("../../layers/filestore/worker.ts", import.meta.url))],
    outfile: built,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "warning"
  })
  return built
}
