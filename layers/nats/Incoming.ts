/** What other sites publish: which of it is taken in. */
import * as Either from "effect/Either"
import type { Membership } from "../../services/Membership.ts"
import type { ReplicaLog } from "../../services/ReplicaLog.ts"
import { isPrivateStream, sealedRoom } from "../../src/domain/Conversation.ts"
import { type Block, countOf, lastIn } from "../../src/domain/EncodedPost.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, roomIn, type StreamId } from "../../src/domain/Post.ts"
import type { Site } from "../../src/domain/Site.ts"
import { Blocks, type SealedBlock } from "../../src/protocol/Blocks.ts"
import { decodeChunk } from "../../src/protocol/ChunkDecoder.ts"
import type { Frame, PostFrame } from "../../src/protocol/Frame.ts"
import { decode } from "../../src/protocol/Relayed.ts"
import { proofOf } from "../identity/proofOf.ts"

/** What came in one message. */
export interface Arrival {
  readonly site: Site
  readonly blocks: ReadonlyArray<Block>
  /** How many posts are here already, and how many are not believed. */
  readonly doubles: number
  readonly refused: number
}

interface Needs {
  readonly site: Site
  readonly log: Pick<ReplicaLog["Type"], "have" | "rooms">
  readonly membership: Pick<Membership["Type"], "judge" | "sign">
  /** Whether this node itself hears what that author says. */
  readonly isNear: (author: PeerId) => boolean
}

/**
 * A function that reads a message; undefined if it is this site's own, or none at all. Anybody at the message system can
 * write anything. So posts are taken in only of authors that are elsewhere, nothing private in a plain chat, and in a
 * secure chat only what its author has signed.
 */
export const make = ({ isNear, log, membership, site: own }: Needs) => {
  const isSecure = membership.sign !== undefined

  const isOpen = (stream: StreamId): boolean => !isPrivateStream(stream) || (isSecure && roomIn(stream) === sealedRoom)

  const isWelcome = (stream: StreamId): boolean => isOpen(stream) && !isNear(authorOf(stream))

  const isSigned = (block: SealedBlock): boolean => {
    const proof = proofOf(membership, block)
    return proof === "proven" || proof === "accepted"
  }

  const isNew = (block: Block): boolean => lastIn(block) > log.have(block.post.stream)

  /** The blocks in these posts that their authors have signed, as far as they are new. */
  const signedOf = (posts: ReadonlyArray<PostFrame>): ReadonlyArray<Block> => {
    const blocks = new Blocks()
    return posts.flatMap((post) => {
      const block = blocks.take(post)
      return block === undefined || block === "broken" || !isNew(block) || !isSigned(block) ? [] : [block]
    })
  }

  return (bytes: Uint8Array): Arrival | undefined => {
    const relayed = decode(bytes)
    if (relayed === undefined || relayed.site === own) return undefined
    const frames = Either.getOrElse(decodeChunk(relayed.lines), (): ReadonlyArray<Frame> => [])
    const posts = frames.filter((frame): frame is PostFrame => frame.type === "post")
    // What is said in a room in which this node takes no part does not concern it.
    const heard = posts.filter(({ post }) => log.rooms.has(roomIn(post.stream)) || !isOpen(post.stream))
    const welcome = heard.filter(({ post }) => isWelcome(post.stream))
    const fresh = welcome.filter(isNew)
    const blocks: ReadonlyArray<Block> = isSecure ? signedOf(welcome) : fresh
    const taken = countOf(blocks)
    return {
      site: relayed.site,
      blocks,
      doubles: welcome.length - fresh.length,
      refused: heard.length - welcome.length + Math.max(0, fresh.length - taken)
    }
  }
}
