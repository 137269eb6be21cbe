/** Takes in what comes of the log, and asks for what is missing: who is asked for what, and what nobody has any more. */
import * as Effect from "effect/Effect"
import * as Iterable from "effect/Iterable"
import type { Block, Mark } from "../../services/MessageLog.ts"
import { absurd } from "../../src/domain/Absurd.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, epochIn, roomIn, type StreamId } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import type { Control, Gap, PostFrame } from "../../src/protocol/Frame.ts"
import type { Delivery } from "./Delivery.ts"
import type { Forks } from "./Forks.ts"
import type { Ground, Link } from "./Ground.ts"
import type { Proofs } from "./Proofs.ts"

/** What nobody keeps is taken for gone after so many offers; after more while the server, who may keep it, is away. */
const ticksUntilGone = 5
const ticksUntilGoneWithoutServer = 30

/** An author who is here tells each second how far it has come: what it has not told of for so many offers, it has not said. */
const ticksUntilUnsaid = 30

/** A peer is asked for so many streams at a time: what asks for more would wait for one that is slow, and is cut off for that. */
const mostAsked = 256

/** Of so many authors it is remembered through whom their posts came. */
const mostRelayed = 1_024

interface Needs {
  readonly delivery: Delivery
  readonly forks: Forks
  readonly proofs: Proofs
}

/** What becomes of a stream of which the next post does not come. */
type Prospect =
  | { readonly _tag: "Kept" }
  /** `regardless`: of who is sought. */
  | { readonly _tag: "Gone"; readonly to: number; readonly after: number; readonly regardless?: boolean }
  | { readonly _tag: "Unsaid"; readonly above: number; readonly after: number }

export const make = ({ links, log, membership }: Ground, { delivery, forks, proofs }: Needs) => {
  const { missing: absent } = links
  /** What was asked of whom: of whom each stream was asked last. */
  const wanted = new Map<StreamId, { readonly link: Link; readonly to: number }>()
  /** Streams of which the next post does not come from anybody who is here, and for how many offers that has been so. */
  const blocked = new Map<StreamId, number>()
  /** Who was asked in vain before that was forgotten: others come first now. */
  const inVain = new Map<StreamId, Link>()
  /** Streams whose author's key is not known here, or not accepted: nobody is asked for them until that changes. */
  const doubted = new Set<StreamId>()
  /** Through whom came last what somebody says who has no link to this node. */
  const relays = new Recent<PeerId, PeerId>(mostRelayed)

  /** Whether the author itself is there and sends that stream as it grows. */
  const comesByItself = (stream: StreamId): boolean => {
    const author = links.current.get(authorOf(stream))
    return author !== undefined && epochIn(stream) === author.epoch && author.rooms.has(roomIn(stream))
  }

  /** Whether somebody who is here was asked for the next post of a stream, and has not said that it does not keep it. */
  const isAwaited = (stream: StreamId, have: number): boolean => {
    const asked = wanted.get(stream)
    if (asked === undefined || asked.to <= have) return false
    return isCurrent(asked.link) && asked.link.replica.floorOf(stream) <= have
  }

  /** For how many more streams that peer may be asked: what others have sent meanwhile does not count. */
  const roomToAsk = (link: Link): number => {
    const { asked } = link.replica
    if (asked === undefined) return mostAsked
    for (const stream of asked) {
      const last = wanted.get(stream)
      if (last?.link !== link || last.to <= log.have(stream)) asked.delete(stream)
    }
    return mostAsked - asked.size
  }

  const pull = (link: Link, marks: Iterable<Mark>, isStuck = (_: StreamId) => false): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { replica } = link
      const frames: Array<Control> = []
      let room: number | undefined
      for (const [stream] of marks) {
        const to = replica.upTo(stream)
        const after = log.have(stream)
        if (to <= after || replica.floorOf(stream) > after) continue
        if (log.isOwn(stream) || (comesByItself(stream) && !isStuck(stream))) continue
        if (doubted.has(stream)) {
          if (!blocked.has(stream)) blocked.set(stream, 0)
          continue
        }
        if (inVain.get(stream) === link && isKeptByAnother(link, stream, after)) continue
        if (isAwaited(stream, after)) continue
        room ??= roomToAsk(link)
        if (room <= 0) {
          replica.toAsk ??= new Set()
          replica.toAsk.add(stream)
          continue
        }
        room -= 1
        replica.asked ??= new Set()
        replica.asked.add(stream)
        wanted.set(stream, { link, to })
        frames.push({ type: "want", stream, after, to })
      }
      return frames.length === 0 ? Effect.void : link.send(...frames)
    })

  /** The same of all who are here. */
  const pullFromAll = (marks: ReadonlyArray<Mark>): Effect.Effect<void> =>
    // When all links break at once, nothing was asked over most of them: each would look at all others.
    marks.length === 0
      ? Effect.void
      : Effect.forEach(links.current.values(), (link) => pull(link, marks), { discard: true })

  /** Asks a peer for more of what it is to be asked for, once it has sent half of what it was asked for last. */
  const pullMore = (link: Link): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { toAsk } = link.replica
      const room = toAsk === undefined || toAsk.size === 0 ? 0 : roomToAsk(link)
      if (toAsk === undefined || room * 2 < mostAsked) return Effect.void
      const next = [...Iterable.take(toAsk, room)]
      for (const stream of next) toAsk.delete(stream)
      return pull(
        link,
        next.map((stream): Mark => [stream, 0])
      )
    })

  /** Of whom to ask again for what found no room: of its author, who sends it anyway, or of somebody who keeps it. */
  const holderOf = (stream: StreamId, after: number): Link | undefined => {
    if (comesByItself(stream)) return links.current.get(authorOf(stream))
    const keeps = (link: Link) =>
      link.replica.upTo(stream) > after && link.replica.floorOf(stream) <= after && isCurrent(link)
    const asked = wanted.get(stream)?.link
    return asked !== undefined && keeps(asked) ? asked : [...links.current.values()].find(keeps)
  }

  /** Asks again for what was dropped for want of room, now that there is some. */
  const pullAgain: Effect.Effect<void> = Effect.suspend(() => {
    const ranges = log.again()
    if (ranges.length === 0) return Effect.void
    const frames = new Map<Link, Array<Control>>()
    for (const { stream, after, to } of ranges) {
      const link = doubted.has(stream) ? undefined : holderOf(stream, after)
      if (link === undefined) continue
      const isAuthor = stream.startsWith(link.replica.prefix)
      const until = isAuthor ? to : Math.min(to, link.replica.upTo(stream))
      if (until === Number.POSITIVE_INFINITY) continue
      if (!isAuthor) wanted.set(stream, { link, to: until })
      const wants = frames.get(link) ?? []
      wants.push({ type: "want", stream, after, to: until })
      frames.set(link, wants)
    }
    return Effect.forEach(frames, ([link, wants]) => link.send(...wants), { discard: true })
  })

  const isKeptByAnother = (link: Link, stream: StreamId, after: number): boolean =>
    [...links.current.values()].some(
      (other) => other !== link && other.replica.upTo(stream) > after && other.replica.floorOf(stream) <= after
    )

  const isAsked = (link: Link, { post }: Block): boolean =>
    !post.stream.startsWith(link.replica.prefix) && wanted.get(post.stream)?.link === link

  /** What others have said is taken only from whom it was asked of. */
  const isWelcome = (link: Link, block: Block): boolean =>
    block.post.stream.startsWith(link.replica.prefix) || isAsked(link, block)

  const receive = (link: Link, sent: ReadonlyArray<PostFrame>): Effect.Effect<void, PeerLost> => {
    let isOwn = false
    let askedFrames = 0
    let askedBytes = 0
    for (const frame of sent) {
      isOwn ||= log.isOwn(frame.post.stream)
      if (!isAsked(link, frame)) continue
      // It need not be delivered yet: what it waits for may be what is to be asked for next.
      if (frame.post.n >= (wanted.get(frame.post.stream)?.to ?? 0)) link.replica.asked?.delete(frame.post.stream)
      if (relays.get(authorOf(frame.post.stream)) !== link.peer.id)
        relays.set(authorOf(frame.post.stream), link.peer.id)
      absent.isHeard(authorOf(frame.post.stream))
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
    return toAsk === undefined || toAsk.size === 0 ? taken : Effect.zipRight(taken, pullMore(link))
  }

  const ownIn = <B extends Block>(blocks: ReadonlyArray<B>): ReadonlyArray<B> =>
    blocks.filter(({ post }) => log.isOwn(post.stream))

  /** In a secure chat posts come in blocks, and what is handed on must be proven. */
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
      for (const stream of unsure) doubt(stream)
      for (const wrong of wrongs) yield* log.note(wrong)
      if (!isFair) yield* links.drop(link, "seals")
    })
  }

  /** Nobody can show that it is the author's as long as the author's key is not known: it is not asked of others then. */
  const doubt = (stream: StreamId): void => {
    doubted.add(stream)
    wanted.delete(stream)
    if (!blocked.has(stream)) blocked.set(stream, 0)
  }

  const take = (link: Link, blocks: ReadonlyArray<Block>): Effect.Effect<void, PeerLost> => {
    const taken = Effect.flatMap(log.receive(blocks), (missing) => {
      if (missing.length === 0) return pullAgain
      // Whoever hands on a post has all that must come before it; what other posts wait for says nothing of this peer.
      for (const { post } of blocks.flatMap(postsIn)) {
        delivery.hasUpTo(link, [post.stream, post.n - 1])
        const deps = Object.entries(post.deps) as unknown as ReadonlyArray<Mark>
        links.charge(link, "named", deps.length)
        for (const mark of deps) delivery.hasUpTo(link, mark)
      }
      const overstepped = delivery.limitOverstepped(link)
      if (overstepped !== undefined) return links.drop(link, overstepped)
      return Effect.zipRight(pull(link, missing), pullAgain)
    })
    const through = blocks.find(({ post }) => absent.comesThrough(link, authorOf(post.stream)))
    if (through === undefined) return taken
    return Effect.zipRight(absent.tellThrough(link, authorOf(through.post.stream)), taken)
  }

  const heardGap = (link: Link, { stream, to }: Gap): Effect.Effect<void, PeerLost> =>
    Effect.suspend(() => {
      if (log.isOwn(stream)) forks.refute(link)
      delivery.lacksUpTo(link, stream, to)
      const overstepped = delivery.limitOverstepped(link)
      if (overstepped !== undefined) return links.drop(link, overstepped)
      // The posts behind the gap still come from this peer, and are taken unless somebody else is asked now.
      const asked = wanted.get(stream)
      if (asked?.link === link && asked.to <= to) wanted.delete(stream)
      if (!blocked.has(stream)) blocked.set(stream, 0)
      return Effect.zipRight(pullFromAll([[stream, to]]), pullMore(link))
    })

  /** How far its author says that a stream goes, if it is this node, or is here in the run that speaks there. */
  const wordOn = (stream: StreamId): number | undefined => {
    if (log.isOwn(stream)) return log.have(stream)
    return comesByItself(stream) ? (links.current.get(authorOf(stream))?.replica.upTo(stream) ?? 0) : undefined
  }

  /**
   * What is to be done about a stream of which the next post does not come: asked of these, taken for gone up to there, or
   * taken for never said above there. `after`: so many offers later, if nothing has changed by then. Undefined: nothing.
   * `needed`: up to where posts that are held wait for it.
   */
  const prospectOf = (stream: StreamId, needed: number): Prospect | undefined => {
    const have = log.have(stream)
    const word = wordOn(stream)
    if (word !== undefined && word <= have) {
      return needed > have ? { _tag: "Unsaid", above: word, after: ticksUntilUnsaid } : undefined
    }
    const holders = [...links.current.values()].filter((link) => link.replica.upTo(stream) > have)
    const patience = absent.isServerAway() ? ticksUntilGoneWithoutServer : ticksUntilGone
    if (holders.length === 0) return needed > have ? { _tag: "Gone", to: needed, after: patience } : undefined
    if (doubted.has(stream)) {
      // Whoever could still come has the same lines: what others say below them must not wait for a person's decision.
      const to = Math.max(...holders.map((link) => link.replica.upTo(stream)))
      return word === undefined ? { _tag: "Gone", to, after: ticksUntilGone, regardless: true } : undefined
    }
    const floors = holders.map((link) => link.replica.floorOf(stream))
    if (floors.some((floor) => floor <= have)) return { _tag: "Kept" }
    return { _tag: "Gone", to: Math.min(...floors, word ?? Number.POSITIVE_INFINITY), after: patience }
  }

  /** What came meanwhile was held, as far as there was room: the rest is asked for again. */
  const skip = (stream: StreamId, to: number): Effect.Effect<void> =>
    Effect.flatMap(log.skip(stream, to), () => {
      wanted.delete(stream)
      return pullFromAll([[stream, to]])
    })

  /** Nothing is looked for unless something is held, or somebody does not keep what it was asked for. */
  const skipWhatIsGone = Effect.gen(function* () {
    const missing = new Map(yield* log.missing)
    for (const stream of missing.keys()) if (!blocked.has(stream)) blocked.set(stream, 0)
    if (blocked.size === 0) return
    const sought = (yield* absent.withinPatience) > 0 || links.isSettling()
    for (const [stream, ticks] of blocked) {
      const prospect = prospectOf(stream, missing.get(stream) ?? 0)
      if (prospect !== undefined && prospect._tag !== "Kept") {
        const isOpen = prospect._tag === "Gone" && prospect.regardless !== true && sought
        if (ticks < prospect.after || isOpen) {
          blocked.set(stream, ticks + 1)
          continue
        }
      }
      blocked.delete(stream)
      if (prospect === undefined) continue
      switch (prospect._tag) {
        case "Kept":
          yield* pullFromAll([[stream, 0]])
          break
        case "Gone":
          yield* skip(stream, prospect.to)
          break
        case "Unsaid":
          // What is dropped for that may be another's word on what somebody has said: others are asked for it.
          for (const freed of yield* log.refuse(stream, prospect.above)) forget(freed)
          break
        default:
          absurd(prospect)
      }
    }
    yield* pullAgain
  })

  /** Whether nothing is asked for, nobody who is here keeps back what is missing, and nobody is dialled who could bring more. */
  const isCalm = Effect.map(absent.withinPatience, (sought) => {
    if (sought > 0 || links.isSettling() || blocked.size > 0) return false
    for (const [stream, { to }] of wanted) if (log.have(stream) < to) return false
    return true
  })

  /** What was asked may be asked of others now: who has not answered comes last. */
  const forget = (stream: StreamId): void => {
    const asked = wanted.get(stream)
    if (asked !== undefined && log.have(stream) < asked.to) inVain.set(stream, asked.link)
    wanted.delete(stream)
  }

  const announce = (link: Link, isNew: boolean): Effect.Effect<void> =>
    Effect.suspend(() => {
      let count = 0
      for (const [stream, n] of link.replica.theirs) {
        const isItsOwn = stream.startsWith(link.replica.prefix)
        if (isNew && isItsOwn && epochIn(stream) === link.epoch) continue
        const fromHere = isItsOwn || !comesByItself(stream)
        const have = log.have(stream)
        if (fromHere && !isAwaited(stream, have) && n > have && !log.isOwn(stream)) count += n - have
      }
      return count === 0 ? Effect.void : log.note(MeshEvent.CatchingUp({ peer: link.peer, count }))
    })

  return {
    /** Takes in posts that a peer has sent. */
    receive,
    /** Asks a peer for what it has and this node lacks, unless that comes by itself or was asked of somebody else. */
    pull,
    /** Forgets what was asked: it may be asked of others now, and those who have not answered come last. */
    forgetAsked: (): void => {
      inVain.clear()
      for (const stream of wanted.keys()) forget(stream)
    },
    /** Who is known by which key has changed: what could not be believed perhaps can be now. */
    reconsider: Effect.suspend(() => {
      proofs.reconsider()
      const marks = Array.from(doubted, (stream): Mark => [stream, 0])
      doubted.clear()
      return pullFromAll(marks)
    }),
    /** The peer does not keep that any more: somebody else may. */
    heardGap,
    /** What nobody who is here keeps any more, and nobody who is sought could bring, is gone; that is said, not hidden. */
    skipWhatIsGone,
    isCalm,
    /** Whether the server is away, which may keep what nobody else does. */
    isServerAway: absent.isServerAway,
    /** Says how much of what was missed this peer will send. `isNew`: what it has said itself, in its present run, was not missed. */
    announce,
    /** The link is no more: asks others for what was asked of that peer. */
    ended: (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => {
        const orphaned: Array<Mark> = []
        for (const [stream, asked] of wanted) {
          if (asked.link !== link) continue
          orphaned.push([stream, 0])
          wanted.delete(stream)
        }
        return pullFromAll(orphaned)
      }),
    /** Through whom came last what that one says, if it has no link to this node. */
    relayOf: (id: PeerId): PeerId | undefined => relays.get(id)
  }
}

const postsIn = (block: Block) => (block.rest === undefined ? [block] : [block, ...block.rest])

export type Replicator = ReturnType<typeof make>
