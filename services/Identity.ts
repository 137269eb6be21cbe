/** The identity of this node: its key. */
import * as Context from "effect/Context"
import type { PublicKey, Signature } from "../src/domain/Key.ts"

export class Identity extends Context.Tag("outlive/Identity")<
  Identity,
  {
    /** The public key, by which the others know this node. */
    readonly key: PublicKey
    /** Signs with this node's key. A plain function: it runs for every group of lines that is said. */
    readonly sign: (bytes: Uint8Array) => Signature
    /** The private key and a self-signed certificate, as PEM, for secure connections. */
    readonly credentials: { readonly privateKey: string; readonly certificate: string }
  }
>() {}
