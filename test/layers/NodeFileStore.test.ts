import * as Fs from "node:fs"
import * as Path from "node:path"
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "../../layers/NodeFileStore.ts"
import { filesProgram } from "../support/filesProgram.ts"
import { temporaryFolder } from "../support/folder.ts"
import { type Ground, holdsFor } from "./FileStoreContract.ts"

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
    all: (name) =>
      Fs.existsSync(path(name))
        ? Fs.readdirSync(path(name), { recursive: true, withFileTypes: true })
            .filter((each) => !each.isDirectory())
            .map((each) => Path.relative(path(name), Path.join(each.path, each.name)))
            .sort()
        : [],
    remove: (name) => Fs.rmSync(path(name))
  }
})

describe("NodeFileStore", () => holdsFor(ground))
