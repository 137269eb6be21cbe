/** History: what newcomers are shown of what was said before, and where this node gets it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { openOf } from "../../src/domain/Conversation.ts"
import type { EncodedPost } from "../../src/domain/EncodedPost.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { lastOfEach } from "../../src/domain/LastPosts.ts"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { authorOf, historyOfEach, mostHistory, type Room } from "../../src/domain/Post.ts"
import type { Rest } from "../../src/domain/Rest.ts"
import { mostSealed } from "../../src/domain/Seal.ts"
import { topicsAmong } from "../../src/domain/Topic.ts"
import { Blocks, type SealedBlock } from "../../src/protocol/Blocks.ts"
import { type Earlier, encode, type PostFrame, type Recall } from "../../src/protocol/Frame.ts"
import type { Ground, Link } from "./Ground.ts"
import type { Proofs } from "./Proofs.ts"
import type { Past } from "./Replica.ts"

/** History as it is sent: how many posts, and the lines with them. */
interface Told {
  readonly posts: number
  readonly lines: ReadonlyArray<Uint8Array>
}

interface Needs {
  readonly proofs: Proofs
}

/** A peer must answer a request for history within this time. Then another one is asked. */
const answerLimit = Duration.seconds(1)

/** A newcomer waits no longer than this for history that others have. */
const completionLimit = Duration.seconds(2)

/** How many peers are asked for one newcomer, one after the other. */
const mostAsked = 3

const malformed = new PeerLost({ reason: "malformed" })

export const make = ({ events, links, log, membership, pastLog, peers }: Ground, { proofs }: Needs) => {
  const isSigned = membership.sign !== undefined
  /** Blocks are whole, so there may be so many posts more than were asked for. */
  const slack = isSigned ? mostSealed - 1 : 0
  /** The peer that was asked last, while others wait for its answer. */
  let awaited: Link | undefined

  /** `earlier` and the posts, as lines. In a secure chat they are posts that the receiver can verify. */
  const linesOf = (count: number, rooms: ReadonlySet<Room>, room?: Room): Effect.Effect<Told> =>
    Effect.map(pastLog.past(Math.min(count, mostHistory), rooms), (kept) => {
      const blocks = isSigned ? kept.filter(({ bytes }) => proofs.areProven(bytes)) : kept
      const posts = blocks.reduce((sum, block) => sum + block.posts, 0)
      const begin = encode({ type: "earlier", posts, ...(room === undefined ? {} : { room }) })
      return { posts, lines: [begin, ...blocks.map(({ bytes }) => bytes)] }
    })

  /** Sends history of the rooms that the peer shares. */
  const tell = (link: Link, count: number): Effect.Effect<void> =>
    Effect.flatMap(linesOf(count, link.rooms), ({ lines }) => link.sendLines(lines))

  /** The rooms of which a peer sends history. */
  const roomsWith = ({ rooms }: Link): ReadonlyArray<Room> => openOf(log.rooms).filter((room) => rooms.has(room))

  /** The last posts of each room, as many as were asked for. A block may have brought more. */
  const lastAsked = (
    rooms: ReadonlyArray<Room>,
    posts: ReadonlyArray<EncodedPost>,
    most: number
  ): ReadonlyArray<EncodedPost> => {
    const all = posts.map(({ post }) => post)
    const topics = topicsAmong(all)
    const last = new Set(
      lastOfEach(all.reverse(), historyOfEach(most, rooms.length), rooms, (room) => topics.get(room))
    )
    return posts.filter(({ post }) => last.has(post))
  }

  /** Takes in history: shows as much as was asked for, keeps it for newcomers, or for the room that is being joined. */
  const takeIn = (
    link: Link,
    posts: ReadonlyArray<EncodedPost>,
    { answer, most, shown }: Omit<Past, "posts">
  ): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (answer !== undefined) {
        answer.history = lastAsked([answer.room], posts, most)
        return Effect.void
      }
      const last = pastLog.lackedOf(lastAsked(roomsWith(link), posts, most))
      if (shown) return Effect.forEach(last, ({ line, post }) => pastLog.recall(post, line), { discard: true })
      return Effect.map(pastLog.keepPast(last), () => recallIsOver(link))
    })

  /** The verified posts of sealed blocks, each with its whole block. */
  const vouchedOf = (
    link: Link,
    posts: ReadonlyArray<PostFrame>
  ): Effect.Effect<ReadonlyArray<EncodedPost>, PeerLost> => {
    const blocks = blocksOf(posts)
    if (blocks === undefined) return malformed
    const judged = blocks.map((block) => ({ block, proof: proofs.judgeFrom(link, block) }))
    const forged = judged.find(({ proof }) => proof === "forged")
    if (forged !== undefined) {
      const id = authorOf(forged.block.post.stream)
      events.note(MeshEvent.Forged({ id, by: link.peer }))
      return links.drop(link, "seals")
    }
    const vouched = judged.filter(({ proof }) => proof !== "unsure")
    const lines = vouched.flatMap(({ block }) => {
      const all = [block, ...(block.rest ?? [])]
      const whole = Buffer.concat(all.map(({ line }) => line))
      return all.map(({ post }) => ({ post, line: whole }))
    })
    return Effect.succeed(lines)
  }

  /** That peer's answer is complete, or no longer expected. */
  const recallIsOver = (link: Link): void => {
    link.replica.recall = "over"
    peers.changed()
  }

  /** Linked members that may have what this node lacks. Peers that came after this node have it from this node. */
  const members = (): ReadonlyArray<Link> =>
    [...links.current.values()].filter(({ newcomer, passing }) => !newcomer && !passing)

  /** A peer that can be asked and was not asked before. */
  const unasked = (): Link | undefined =>
    members().find(({ phase, replica: { owed, recall } }) => phase === "up" && owed === 0 && recall === "unasked")

  /** Whether nothing more is expected from a peer that was asked. */
  const isDone = (link: Link): boolean => link.replica.recall === "over" || !isCurrent(link)

  const ask = (link: Link): Effect.Effect<void> =>
    Effect.suspend(() => {
      awaited = link
      link.replica.recall = "asked"
      return link.send({ type: "recall", posts: mostHistory })
    })

  /** Waits for the answer of the peer that was asked last. */
  const hear = (link: Link): Effect.Effect<void> =>
    peers
      .until(() => isDone(link))
      .pipe(
        Effect.timeoutOption(answerLimit),
        Effect.zipRight(
          Effect.sync(() => {
            if (awaited === link) awaited = undefined
          })
        )
      )

  /** Returns when a peer can be asked, if there is any. */
  const somebodyIsUp = peers.until(
    () => awaited !== undefined || unasked() !== undefined || members().every(({ phase }) => phase === "up")
  )

  /** Asks one member after the other until this node has that many of the last posts of each of these rooms. */
  const complete = (count: number, rooms: ReadonlySet<Room>, mayAsk: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (mayAsk === 0 || !pastLog.lacksOfLast(count, rooms)) return Effect.void
      return Effect.flatMap(somebodyIsUp, () => {
        const next = awaited ?? unasked()
        if (next === undefined) return Effect.void
        return (next === awaited ? Effect.void : ask(next)).pipe(
          Effect.zipRight(hear(next)),
          Effect.zipRight(complete(count, rooms, mayAsk - 1))
        )
      })
    })

  /** A peer begins to send the history of a room, which answers a `join`. */
  const beginsOf = ({ replica }: Link, room: Room, posts: number): Effect.Effect<void, PeerLost> => {
    const answer = replica.answers?.get(room)
    if (answer === undefined || answer.isBegun || replica.past !== undefined) return malformed
    if (posts > answer.posts + slack) return malformed
    answer.isBegun = true
    if (posts > 0) replica.past = { posts: [], most: answer.posts, shown: false, left: posts, answer }
    return Effect.void
  }

  return {
    /** The history of a room for a peer that is about to take part in it. */
    ofRoom: (room: Room, count: number): Effect.Effect<Told> => linesOf(count, new Set([room]), room),
    /** Sends history to a newcomer that wants it. */
    tellTo: (link: Link): Rest => (link.history === 0 ? undefined : tell(link, link.history)),
    /**
     * Gets missing history for a newcomer that wants this much and is in these rooms: nobody else's are asked for. Takes no
     * longer than a newcomer can wait.
     */
    complete: (wanted: number, rooms: ReadonlySet<Room>): Rest => {
      const count = Math.min(wanted, mostHistory)
      return pastLog.lacksOfLast(count, rooms)
        ? Effect.asVoid(Effect.timeoutOption(complete(count, rooms, mostAsked), completionLimit))
        : undefined
    },
    /** A peer asks for history: sends it, once. Ignored before the link is up. */
    heardRecall: (link: Link, { posts }: Recall): Effect.Effect<void, PeerLost> =>
      Effect.suspend(() => {
        if (!isCurrent(link)) return Effect.void
        if (link.replica.hasRecalled) return malformed
        link.replica.hasRecalled = true
        return tell(link, posts)
      }),
    /**
     * A peer begins to send history. It must be what it was asked for, and not more. A plain function, because the
     * posts come next.
     */
    begins: (link: Link, { posts, room }: Earlier): Effect.Effect<void, PeerLost> => {
      if (room !== undefined) return beginsOf(link, room, posts)
      const shown = link.replica.owed > 0
      const asked = shown ? link.replica.owed : link.replica.recall === "asked" ? mostHistory : 0
      if (shown) link.replica.owed = 0
      else if (asked > 0) link.replica.recall = "coming"
      if (asked === 0 || link.replica.past !== undefined) return malformed
      const rooms = roomsWith(link).length
      if (posts > (historyOfEach(asked, rooms) + slack) * rooms) return malformed
      if (posts > 0) link.replica.past = { posts: [], most: asked, shown, left: posts }
      else if (!shown) recallIsOver(link)
      return Effect.void
    },
    /** The next post of a peer's history. Takes in all of it once it is complete. */
    take: (link: Link, frame: PostFrame): Effect.Effect<void, PeerLost> => {
      const recalled = link.replica.past
      if (recalled === undefined) return Effect.void
      recalled.posts.push(frame)
      recalled.left -= 1
      links.charge(link, "asked", 1, frame.line.length)
      if (recalled.left > 0) return Effect.void
      link.replica.past = undefined
      const { posts, ...what } = recalled
      if (!isSigned) return takeIn(link, posts, what)
      // Whose keys are whose may have come just before.
      return Effect.flatMap(
        Effect.suspend(() => vouchedOf(link, posts)),
        (vouched) => takeIn(link, vouched, what)
      )
    },
    /** Whether the peer is sending history. */
    isComing: ({ replica }: Link): boolean => replica.past !== undefined,
    /** This node has joined: the node that admitted it has sent the history that it was asked for. */
    isOver: (link: Link): boolean => {
      link.replica.owed = 0
      return link.replica.past === undefined || !link.replica.past.shown
    }
  }
}

/** The whole blocks of these posts; undefined if they are not whole. */
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
