/** A node at which nobody offers or fetches files: the disk has none. */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as MeshFiles from "../../layers/MeshFiles.ts"
import type { Files } from "../../services/Files.ts"

export const noFiles: Layer.Layer<Files> = MeshFiles.layer(
  { downloads: "/downloads", share: true, bytesPerSecond: undefined, transfers: 8, transfersPerPeer: 4 },
  Effect.dieMessage("this node has no files")
)
