/** Who this node is to the others: its key. */
import * as Context from "effect/Context"
import type { PublicKey, Signature } from "../src/domain/Key.ts"

export class Identity extends Context.Tag("outlive/Identity")<
  Identity,
  {
    /** What the others know this node by. */
    readonly key: PublicKey
    /** Signs with this node's key. A plain function: it runs for every group of lines that is said. */
    readonly sign: (bytes: Uint8Array) => Signature
    /** What this node shows on a secure connection, as PEM: the private key, and a certificate that it has signed itself. */
    readonly credentials: { readonly privateKey: string; readonly certificate: string }
  }
>() {}
