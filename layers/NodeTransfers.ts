/** What a node loads with its first transfer: the transfers, and its disk in a thread of its own. */
import { make } from "./files/Transfers.ts"
import type { Parts } from "./MeshFiles.ts"
import * as NodeFileStore from "./NodeFileStore.ts"

/** `program`: that of the thread, see `NodeFileStore`. */
export const parts = (program: string): Parts => ({ make, store: NodeFileStore.layer(program) })
