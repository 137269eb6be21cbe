/** Signers for tests, with the same keys each time. */
import * as Crypto from "node:crypto"
import * as Keys from "../../layers/identity/Keys.ts"
import { encodeBlock } from "../../layers/log/Sealing.ts"
import type { PublicKey, Signature } from "../../src/domain/Key.ts"
import type { Post } from "../../src/domain/Post.ts"
import { Blocks, type SealedBlock } from "../../src/protocol/Blocks.ts"
import { decode, type PostFrame } from "../../src/protocol/Frame.ts"
import { linesIn } from "./bytes.ts"

export interface Signer {
  readonly key: PublicKey
  /** The private key as PEM. */
  readonly privateKey: string
  readonly sign: (claim: string) => Signature
}

/** The signer whose secret key (RFC 8032) is these 32 bytes, in hexadecimal. */
export const signerOf = (seed: string): Signer => {
  const secret = Crypto.createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${seed}`, "hex"),
    format: "der",
    type: "pkcs8"
  })
  const sign = Keys.signWith(secret)
  return {
    key: Keys.publicKeyOf(Crypto.createPublicKey(secret)) as PublicKey,
    privateKey: secret.export({ format: "pem", type: "pkcs8" }).toString(),
    sign: (claim) => sign(Buffer.from(claim))
  }
}

/** A signer by a number below 256. */
export const signer = (which: number): Signer => signerOf(which.toString(16).padStart(2, "0").repeat(32))

/** The post frames in these lines. */
export const framesOf = (lines: Iterable<Uint8Array>): ReadonlyArray<PostFrame> =>
  [...lines].map((line) => {
    const frame = decode(line)
    if (frame._tag === "Left" || frame.right.type !== "post") throw new Error("no post")
    return frame.right
  })

/** The blocks in these lines. Throws if there is anything else. */
export const blocksIn = (lines: Iterable<Uint8Array>): ReadonlyArray<SealedBlock> => {
  const blocks = new Blocks()
  return framesOf(lines).flatMap((frame) => {
    const block = blocks.take(frame)
    if (block === "broken") throw new Error("no block")
    return block ?? []
  })
}

/** Posts as one block, signed by their author. */
export const blockOf = (posts: ReadonlyArray<Post>, { sign }: Signer): SealedBlock => {
  const [block] = blocksIn(linesIn(encodeBlock(posts, sign)))
  if (block === undefined) throw new Error("no block")
  return block
}
