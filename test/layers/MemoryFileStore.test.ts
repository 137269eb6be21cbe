import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer, MemoryDisk } from "../../layers/MemoryFileStore.ts"
import { type Ground, holdsFor } from "./FileStoreContract.ts"

const ground = Effect.sync((): Ground => {
  const disk = new MemoryDisk()
  const path = (name: string): string => `/home/${name}`
  return {
    layer: layer(disk),
    path,
    put: (name, bytes) => disk.put(path(name), bytes),
    link: (name, to) => disk.link(path(name), to),
    bytes: (name) => disk.bytes(path(name)),
    all: (name) =>
      disk
        .all()
        .filter((each) => each.startsWith(`${path(name)}/`))
        .map((each) => each.slice(path(name).length + 1)),
    remove: (name) => disk.remove(path(name))
  }
})

describe("MemoryFileStore", () => holdsFor(ground))
