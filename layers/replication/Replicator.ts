/** Takes in posts that peers send. */
import * as Effect from "effect/Effect"
import type { Block, Mark } from "../../src/domain/EncodedPost.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, epochIn } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import type { Gap, PostFrame } from "../../src/protocol/Frame.ts"
import type { Asking } from "./Asking.ts"
import type { Delivery } from "./Delivery.ts"
import type { Forks } from "./Forks.ts"
import type { Ground, Link } from "./Ground.ts"
import type { Proofs } from "./Proofs.ts"

/** For how many authors it is remembered through which peer their posts came. */
const mostRelayed = 1_024

interface Needs {
  readonly asking: Asking
  readonly delivery: Delivery
  readonly forks: Forks
  readonly proofs: Proofs
}

export const make = ({ events, links, log, membership }: Ground, { asking, delivery, forks, proofs }: Needs) => {
  const { missing: absent } = links
  /** The peer that last passed on posts of an author without a link to this node. */
  const relays = new Recent<PeerId, PeerId>(mostRelayed)

  /** Posts of others are accepted only from the peer that was asked for them. */
  const isWelcome = (link: Link, block: Block): boolean =>
    block.post.stream.startsWith(link.replica.prefix) || asking.isAsked(link, block)

  const receive = (link: Link, sent: ReadonlyArray<PostFrame>): Effect.Effect<void, PeerLost> => {
    let isOwn = false
    let askedFrames = 0
    let askedBytes = 0
    for (const frame of sent) {
      isOwn ||= log.isOwn(frame.post.stream)
      if (!asking.isAsked(link, frame)) continue
      asking.hasSent(link, frame)
      const author = authorOf(frame.post.stream)
      if (relays.get(author) !== link.peer.id) relays.set(author, link.peer.id)
      absent.isHeard(author)
      askedFrames += 1
      askedBytes += frame.line.length
    }
    if (askedFrames > 0) links.charge(link, "asked", askedFrames, askedBytes)
    const taken =
      membership.sign === undefined
        ? take(
            link,
            sent.filter((frame) => isWelcome(link, frame))
          )
        : receiveSealed(link, sent)
    if (isOwn && membership.sign === undefined) return Effect.zipRight(taken, forks.heard(link, ownIn(sent)))
    const { toAsk } = link.replica
    return toAsk === undefined || toAsk.size === 0 ? taken : Effect.zipRight(taken, asking.pullMore(link))
  }

  const ownIn = <B extends Block>(blocks: ReadonlyArray<B>): ReadonlyArray<B> =>
    blocks.filter(({ post }) => log.isOwn(post.stream))

  /** In a secure chat posts come in blocks, and blocks of others must be verified. */
  const receiveSealed = (link: Link, sent: ReadonlyArray<PostFrame>): Effect.Effect<void, PeerLost> => {
    const blocks = proofs.blocksFrom(link, sent)
    if (blocks === undefined) return new PeerLost({ reason: "malformed" })
    const { believed, unsure, wrongs, isFair } = proofs.sift(
      link,
      blocks.filter((block) => isWelcome(link, block))
    )
    return Effect.gen(function* () {
      yield* forks.heard(link, ownIn(blocks))
      if (believed.length > 0) yield* take(link, believed)
      for (const stream of unsure) asking.doubt(stream)
      for (const wrong of wrongs) events.note(wrong)
      if (!isFair) yield* links.drop(link, "seals")
    })
  }

  const take = (link: Link, blocks: ReadonlyArray<Block>): Effect.Effect<void, PeerLost> => {
    const taken = Effect.flatMap(log.receive(blocks), (missing) => {
      if (missing.length === 0) return asking.pullAgain
      // Whoever hands on a post has all that must come before it; what other posts wait for says nothing of this peer.
      for (const { post } of blocks.flatMap(postsIn)) {
        delivery.hasUpTo(link, [post.stream, post.n - 1])
        const deps = Object.entries(post.deps) as unknown as ReadonlyArray<Mark>
        links.charge(link, "named", deps.length)
        for (const mark of deps) delivery.hasUpTo(link, mark)
      }
      const overstepped = delivery.limitOverstepped(link)
      if (overstepped !== undefined) return links.drop(link, overstepped)
      return Effect.zipRight(asking.pull(link, missing), asking.pullAgain)
    })
    const through = blocks.find(({ post }) => absent.comesThrough(link, post.stream))
    if (through !== undefined) absent.tellThrough(link, authorOf(through.post.stream))
    return taken
  }

  const heardGap = (link: Link, { stream, to }: Gap): Effect.Effect<void, PeerLost> =>
    Effect.suspend(() => {
      if (log.isOwn(stream)) forks.refute(link)
      delivery.lacksUpTo(link, stream, to)
      const overstepped = delivery.limitOverstepped(link)
      if (overstepped !== undefined) return links.drop(link, overstepped)
      asking.keepsNot(link, stream, to)
      return Effect.zipRight(asking.pullFromAll([[stream, to]]), asking.pullMore(link))
    })

  const announce = (link: Link, isNew: boolean): void => {
    let count = 0
    for (const [stream, n] of link.replica.theirs) {
      const isItsOwn = stream.startsWith(link.replica.prefix)
      if (isNew && isItsOwn && epochIn(stream) === link.epoch) continue
      const fromHere = isItsOwn || !asking.comesByItself(stream)
      const have = log.have(stream)
      if (fromHere && !asking.isAwaited(stream, have) && n > have && !log.isOwn(stream)) count += n - have
    }
    if (count > 0) events.note(MeshEvent.CatchingUp({ peer: link.peer, count }))
  }

  return {
    /** Takes in posts that a peer has sent. */
    receive,
    /** The peer does not keep these posts. Another one may. */
    heardGap,
    /** Keys have changed: some doubted posts can perhaps be verified now. */
    reconsider: Effect.suspend(() => {
      proofs.reconsider()
      return asking.reconsider
    }),
    /**
     * Reports how many missed posts this peer will send. `isNew`: posts of its own present run do not count as missed.
     */
    announce,
    /** The peer that last passed on posts of that author, if the author has no link to this node. */
    relayOf: (id: PeerId): PeerId | undefined => relays.get(id)
  }
}

const postsIn = (block: Block) => (block.rest === undefined ? [block] : [block, ...block.rest])

export type Replicator = ReturnType<typeof make>
