/** Takes in posts that peers send. */
import * as Effect from "effect/Effect"
import { isPrivateStream } from "../../src/domain/Conversation.ts"
import type { Block, Mark } from "../../src/domain/EncodedPost.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, epochIn, type StreamId } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import { after, type Rest } from "../../src/domain/Rest.ts"
import { lengthOf } from "../../src/protocol/ChunkDecoder.ts"
import type { Gap, PostFrame } from "../../src/protocol/Frame.ts"
import type { Asking } from "./Asking.ts"
import type { Delivery } from "./Delivery.ts"
import type { Forks } from "./Forks.ts"
import { type Ground, isForeign, type Link } from "./Ground.ts"
import type { GuestList } from "./GuestList.ts"
import type { Proofs } from "./Proofs.ts"
import type { SiteList } from "./SiteList.ts"

/** For how many authors it is remembered through which peer their posts came. */
const mostRelayed = 1_024

interface Needs {
  readonly asking: Asking
  readonly delivery: Delivery
  readonly forks: Forks
  readonly guestList: GuestList
  readonly proofs: Proofs
  readonly siteList: SiteList
}

export const make = (
  { events, guests, links, log, membership }: Ground,
  { asking, delivery, forks, guestList, proofs, siteList }: Needs
) => {
  const { missing: absent } = links
  /** The peer that last passed on posts of an author without a link to this node. */
  const relays = new Recent<PeerId, PeerId>(mostRelayed)

  /** Posts of others are accepted only from the peer that was asked for them, private posts only from one of the two. */
  const isWelcome = (link: Link, block: Block): boolean =>
    !isForeign(link, block.post.stream) &&
    (block.post.stream.startsWith(link.replica.prefix) ||
      ((asking.isAsked(link, block) || isGuestsAt(link, block.post.stream)) && !isHeardHere(block.post.stream)))

  /** Whether a stream is that of somebody who takes part through that peer. */
  const isGuestsAt = (link: Link, stream: StreamId): boolean =>
    guestList.isOf(link, stream) || siteList.isOf(link, stream)

  /** Whether a guest of this node speaks in that stream: nobody else knows more of it. */
  const isHeardHere = (stream: StreamId): boolean => guests.here.get(authorOf(stream))?.streams.has(stream) === true

  const receive = (link: Link, sent: ReadonlyArray<PostFrame>): Rest<PeerLost> => {
    noteAsked(
      link,
      ofStreams(sent, (frame) => asking.isAsked(link, frame))
    )
    if (membership.sign !== undefined) return after(receiveSealed(link, sent), () => askMore(link))
    const taken = take(
      link,
      ofStreams(sent, (frame) => isWelcome(link, frame))
    )
    const own = ownIn(sent)
    return after(taken, () => (own.length > 0 ? forks.heard(link, own) : askMore(link)))
  }

  const askMore = (link: Link): undefined => {
    asking.pullMore(link)
  }

  /** A peer has sent posts of others that it was asked for. */
  const noteAsked = (link: Link, sent: ReadonlyArray<PostFrame>): void => {
    if (sent.length === 0) return
    let bytes = 0
    let stream: StreamId | undefined
    for (const frame of sent) {
      asking.hasSent(link, frame)
      bytes += lengthOf(frame)
      if (frame.post.stream === stream) continue
      stream = frame.post.stream
      const author = authorOf(stream)
      if (relays.get(author) !== link.peer.id) relays.set(author, link.peer.id)
      absent.isHeard(author)
    }
    links.charge(link, "asked", sent.length, bytes)
  }

  const ownIn = <B extends Block>(blocks: ReadonlyArray<B>): ReadonlyArray<B> =>
    ofStreams(blocks, ({ post }) => log.isOwn(post.stream))

  /** In a secure chat posts come in blocks, and blocks of others must be verified. */
  const receiveSealed = (link: Link, sent: ReadonlyArray<PostFrame>): Rest<PeerLost> => {
    const blocks = proofs.blocksFrom(link, sent)
    if (blocks === undefined) return new PeerLost({ reason: "malformed" })
    // Whether it is for this node takes a computation for each, as a seal does.
    const sealed = blocks.filter(({ post }) => isPrivateStream(post.stream))
    if (sealed.length > 0) links.charge(link, "checked", sealed.length)
    const { believed, unsure, wrongs, isFair } = proofs.sift(
      link,
      ofStreams(blocks, (block) => isWelcome(link, block))
    )
    const own = ownIn(blocks)
    return after(own.length > 0 ? forks.heard(link, own) : undefined, () =>
      after(believed.length > 0 ? take(link, believed) : undefined, () => {
        for (const stream of unsure) asking.doubt(stream)
        for (const wrong of wrongs) events.note(wrong)
        return isFair ? undefined : links.drop(link, "seals")
      })
    )
  }

  /** Takes in posts: at once if it is the log's turn, or else when it is. */
  const take = (link: Link, blocks: ReadonlyArray<Block>): Rest<PeerLost> => {
    const [through] = ofStreams(blocks, ({ post }) => absent.comesThrough(link, post.stream))
    if (through !== undefined) absent.tellThrough(link, authorOf(through.post.stream))
    const missing = log.receiveNow(blocks)
    return missing === undefined
      ? Effect.flatMap(log.receive(blocks), (later) => hasTaken(link, blocks, later) ?? Effect.void)
      : hasTaken(link, blocks, missing)
  }

  /** The log has taken in posts. Asks for what must come before those that are held. */
  const hasTaken = (link: Link, blocks: ReadonlyArray<Block>, missing: ReadonlyArray<Mark>): Rest<PeerLost> => {
    if (missing.length > 0) {
      // Whoever hands on a post has all that must come before it; what other posts wait for says nothing of this peer.
      for (const { post } of blocks.flatMap(postsIn)) {
        delivery.hasUpTo(link, [post.stream, post.n - 1])
        const deps = Object.entries(post.deps) as unknown as ReadonlyArray<Mark>
        links.charge(link, "named", deps.length)
        for (const mark of deps) delivery.hasUpTo(link, mark)
      }
      const overstepped = delivery.limitOverstepped(link)
      if (overstepped !== undefined) return links.drop(link, overstepped)
      asking.pull(link, missing)
    }
    asking.pullAgain()
    return undefined
  }

  const heardGap = (link: Link, { stream, to }: Gap): Rest<PeerLost> => {
    if (isForeign(link, stream)) return undefined
    if (log.isOwn(stream)) forks.refute(link)
    delivery.lacksUpTo(link, stream, to)
    const overstepped = delivery.limitOverstepped(link)
    if (overstepped !== undefined) return links.drop(link, overstepped)
    asking.keepsNot(link, stream, to)
    asking.pullFromAll([[stream, to]])
    asking.pullMore(link)
    return undefined
  }

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
    reconsider: Effect.sync(() => {
      proofs.reconsider()
      asking.reconsider()
    }),
    /**
     * Reports how many missed posts this peer will send. `isNew`: posts of its own present run do not count as missed.
     */
    announce,
    /** The peer that last passed on posts of that author, if the author has no link to this node. */
    relayOf: (id: PeerId): PeerId | undefined => relays.get(id)
  }
}

/** The posts of the streams that are meant. Posts of a stream come together: the question is asked once for them. */
const ofStreams = <B extends Block>(blocks: ReadonlyArray<B>, isMeant: (one: B) => boolean): ReadonlyArray<B> => {
  let stream: StreamId | undefined
  let is = false
  const isOne = (block: B): boolean => {
    if (block.post.stream !== stream) {
      stream = block.post.stream
      is = isMeant(block)
    }
    return is
  }
  return blocks.every(isOne) ? blocks : blocks.filter(isOne)
}

const postsIn = (block: Block) => (block.rest === undefined ? [block] : [block, ...block.rest])

export type Replicator = ReturnType<typeof make>
