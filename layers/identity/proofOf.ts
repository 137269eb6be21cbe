/** What the seal of a block proves. */
import type { Membership } from "../../services/Membership.ts"
import { lastIn } from "../../src/domain/EncodedPost.ts"
import { authorOf } from "../../src/domain/Post.ts"
import { claimOn, type Proof } from "../../src/domain/Seal.ts"
import { contentsOf, type SealedBlock } from "../../src/protocol/Blocks.ts"
import { digestOf } from "./Keys.ts"

/** Whether the author of a block has said it, as far as this node can tell. */
export const proofOf = (membership: Pick<Membership["Type"], "judge">, block: SealedBlock): Proof => {
  const { post, seal } = block
  const claim = claimOn(post.stream, seal.from, lastIn(block), digestOf(contentsOf(block)))
  return membership.judge(authorOf(post.stream), claim, seal.sig)
}
