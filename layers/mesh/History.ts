/** What was said before a newcomer came: what it is shown of that, and from whom it takes it. */
import * as Effect from "effect/Effect"
import { PeerLost } from "../../src/domain/Errors.ts"
import { Happening } from "../../src/domain/Happening.ts"
import { authorOf, mostHistory } from "../../src/domain/Post.ts"
import { mostSealed } from "../../src/domain/Seal.ts"
import { Blocks, type SealedBlock } from "../../src/protocol/Blocks.ts"
import { type Earlier, encode, type PostFrame } from "../../src/protocol/Frame.ts"
import type { Allowance } from "./Allowance.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"
import type { Proofs } from "./Proofs.ts"

interface Needs {
  readonly allowance: Allowance
  readonly proofs: Proofs
}

const malformed = new PeerLost({ reason: "malformed" })

export const make = ({ log, membership }: Node, { allowance, proofs }: Needs) => {
  const isSigned = membership.sign !== undefined

  /** Tells that so many posts of history come, and sends them. In a secure chat they are what the receiver can check. */
  const tell = (link: Link, count: number): Effect.Effect<void> =>
    Effect.flatMap(log.past(Math.min(count, mostHistory)), (kept) => {
      const blocks = isSigned ? kept.filter(({ bytes }) => proofs.areProven(bytes)) : kept
      const posts = blocks.reduce((sum, block) => sum + block.posts, 0)
      return link.sendLines([encode({ type: "earlier", posts }), ...blocks.map(({ bytes }) => bytes)])
    })

  /** Shows the last of these posts, as many as were asked for. */
  const recall = (posts: ReadonlyArray<PostFrame>, most: number): Effect.Effect<void> =>
    Effect.forEach(posts.slice(-most), ({ line, post }) => log.recall(post, line), { discard: true })

  /** The same of sealed blocks, each post with the whole block that it stands in. What nobody can vouch for is not shown. */
  const recallSealed = (link: Link, posts: ReadonlyArray<PostFrame>, most: number): Effect.Effect<void, PeerLost> => {
    const blocks = blocksOf(posts)
    if (blocks === undefined) return malformed
    const judged = blocks.map((block) => ({ block, proof: proofs.judgeFrom(link, block) }))
    const forged = judged.find(({ proof }) => proof === "forged")
    if (forged !== undefined) {
      const id = authorOf(forged.block.post.stream)
      return Effect.zipRight(log.note(Happening.Forged({ id, by: link.peer })), allowance.drop(link, "seals"))
    }
    const vouched = judged.filter(({ proof }) => proof !== "unsure")
    const lines = vouched.flatMap(({ block }) => {
      const all = [block, ...(block.rest ?? [])]
      const whole = Buffer.concat(all.map(({ line }) => line))
      return all.map(({ post }) => ({ type: "post" as const, post, line: whole }))
    })
    return recall(lines, most)
  }

  return {
    /** Shows a newcomer what was said last before it came, if it would like to see it. */
    tellTo: (link: Link): Effect.Effect<void> => (link.history === 0 ? Effect.void : tell(link, link.history)),
    /** A peer begins with history: that it was asked for, and not more of it. A plain function, for what comes next is that. */
    begins: (link: Link, { posts }: Earlier): Effect.Effect<void, PeerLost> => {
      const asked = link.owed
      link.owed = 0
      if (asked === 0 || link.recalled !== undefined) return malformed
      if (posts > asked + (isSigned ? mostSealed - 1 : 0)) return malformed
      if (posts > 0) link.recalled = { posts: [], most: asked, left: posts }
      return Effect.void
    },
    /** The next post of a peer that has begun with history: all of it, once it is there. A plain function. */
    take: (link: Link, frame: PostFrame): Effect.Effect<void, PeerLost> => {
      const { recalled } = link
      if (recalled === undefined) return Effect.void
      recalled.posts.push(frame)
      recalled.left -= 1
      link.askedFrames += 1
      link.askedBytes += frame.line.length
      if (recalled.left > 0) return Effect.void
      link.recalled = undefined
      return isSigned ? recallSealed(link, recalled.posts, recalled.most) : recall(recalled.posts, recalled.most)
    },
    /** This node is in: whoever let it in has shown what it was asked for. A plain function. */
    isOver: (link: Link): boolean => {
      link.owed = 0
      return link.recalled === undefined
    }
  }
}

/** The whole blocks that these posts make; undefined if they are no such. */
const blocksOf = (posts: ReadonlyArray<PostFrame>): ReadonlyArray<SealedBlock> | undefined => {
  const blocks = new Blocks()
  const made: Array<SealedBlock> = []
  for (const frame of posts) {
    const block = blocks.take(frame)
    if (block === "broken") return undefined
    if (block !== undefined) made.push(block)
  }
  return blocks.isOpen ? undefined : made
}

export type History = ReturnType<typeof make>
