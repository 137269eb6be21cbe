import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folders } from "../../layers/NodeFolders.ts"
import { temporaryFolder } from "../support/folder.ts"

it.scoped("a folder is listed by the beginning of names; what is hidden only behind a dot, and of many not all", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    Fs.mkdirSync(Path.join(folder, "Logs"))
    for (const name of ["log.txt", "other", ".login", "lo\nne"]) Fs.writeFileSync(Path.join(folder, name), "")
    Fs.symlinkSync(Path.join(folder, "Logs"), Path.join(folder, "longer"))
    Fs.symlinkSync(Path.join(folder, "none"), Path.join(folder, "lost"))
    assert.deepStrictEqual(yield* folders.list(`${folder}/`, "lo"), [
      { name: "Logs", isFolder: true },
      { name: "log.txt", isFolder: false },
      { name: "longer", isFolder: true },
      { name: "lost", isFolder: false }
    ])
    assert.deepStrictEqual(yield* folders.list(`${folder}/`, "."), [{ name: ".login", isFolder: false }])
    for (let at = 0; at < 300; at += 1) Fs.writeFileSync(Path.join(folder, "Logs", `${at}`), "")
    assert.lengthOf(yield* folders.list(`${folder}/Logs/`, ""), 200)
    assert.deepStrictEqual(yield* folders.list(`${folder}/none/`, ""), [])
  })
)
