import * as Fs from "node:fs"
import * as Path from "node:path"
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "../../layers/NodeFileStore.ts"
import { filesProgram } from "../support/filesProgram.ts"
import { temporaryFolder } from "../support/folder.ts"
import { type Ground, holdsFor } from "./FileStoreContract.ts"

/** All that is in a folder and is no folder, by relative paths. Links are not followed: some versions of Node would. */
const filesIn = (folder: string): Array<string> =>
  Fs.existsSync(folder)
    ? Fs.readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
        each.isDirectory()
          ? filesIn(Path.join(folder, each.name)).map((name) => Path.join(each.name, name))
          : [each.name]
      )
    : []

const ground = Effect.map(temporaryFolder, (folder): Ground => {
  const path = (name: string): string => Path.join(folder, name)
  return {
    layer: layer(filesProgram()),
    path,
    put: (name, bytes) => {
      Fs.mkdirSync(Path.dirname(path(name)), { recursive: true })
      Fs.writeFileSync(path(name), bytes)
    },
    link: (name, to) => {
      Fs.mkdirSync(Path.dirname(path(name)), { recursive: true })
      Fs.symlinkSync(to, path(name))
    },
    bytes: (name) => (Fs.existsSync(path(name)) ? Fs.readFileSync(path(name)) : undefined),
    all: (name) => filesIn(path(name)).sort(),
    remove: (name) => Fs.rmSync(path(name))
  }
})

describe("NodeFileStore", () => holdsFor(ground))
