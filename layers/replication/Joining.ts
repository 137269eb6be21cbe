/** How a node learns what was said in a room before it takes part in it: it asks a peer that is there. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { EncodedPost, Mark } from "../../src/domain/EncodedPost.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { mostNamed } from "../../src/domain/Limits.ts"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import { type Fold, type Folds, type Room, roomIn, type StreamId, type Summary } from "../../src/domain/Post.ts"
import type { Rest } from "../../src/domain/Rest.ts"
import { encode, type Join, type Joined, partsOf } from "../../src/protocol/Frame.ts"
import type { Ground, Link } from "./Ground.ts"
import type { History } from "./History.ts"
import type { Answer } from "./Replica.ts"
import type { Sharing } from "./Sharing.ts"

/** A peer must answer within this time. Then another one is asked, until they have taken so long all together. */
const answerLimit = Duration.seconds(5)
const learningLimit = Duration.seconds(15)

/** A peer that has just come into the room itself may take this long to hear from the others what was said there. */
const settlingLimit = Duration.seconds(1)

/** What was said in a room before this node takes part in it. */
export interface Told {
  readonly summary: Summary
  readonly folds: Folds
  /** The last posts, oldest first. */
  readonly history: ReadonlyArray<EncodedPost>
}

interface Needs {
  readonly history: History
  readonly sharing: Sharing
}

const malformed = new PeerLost({ reason: "malformed" })

export const make = ({ limits, links, log, peers }: Ground, { history, sharing }: Needs) => {
  // ---- The node that asks

  /** The peers that take part in a room, the server first. */
  const members = (room: Room): ReadonlyArray<Link> =>
    [...links.current.values()]
      .filter(({ phase, rooms }) => phase === "up" && rooms.has(room))
      .sort((one, other) => Number(other.peer.role === "server") - Number(one.peer.role === "server"))

  /** Asks a peer, unless its answer to an earlier question is still to come. */
  const ask = (link: Link, room: Room, posts: number): Answer => {
    const awaited = link.replica.answers?.get(room)
    if (awaited !== undefined) return awaited
    const answer: Answer = {
      room,
      posts,
      isBegun: false,
      history: [],
      streams: new Map(),
      fold: undefined,
      isComplete: false
    }
    link.replica.answers ??= new Map()
    link.replica.answers.set(room, answer)
    link.put({ type: "join", room, posts })
    return answer
  }

  /** Asks one peer after the other. None if nobody who is here takes part in the room, or none of them answers. */
  const learnFrom = (
    room: Room,
    posts: number,
    isWanted: () => boolean,
    asked: ReadonlySet<Link> = new Set()
  ): Effect.Effect<Answer | undefined> =>
    Effect.suspend(() => {
      const link = isWanted() ? members(room).find((each) => !asked.has(each)) : undefined
      if (link === undefined) return Effect.succeed(undefined)
      const answer = ask(link, room, posts)
      const isThere = () => isCurrent(link) && link.rooms.has(room)
      const isOver = () => answer.isComplete || !isThere() || !isWanted()
      return Effect.flatMap(Effect.timeoutOption(peers.until(isOver), answerLimit), () =>
        answer.isComplete && isThere()
          ? Effect.succeed(answer)
          : learnFrom(room, posts, isWanted, new Set([...asked, link]))
      )
    })

  // ---- The node that is asked

  /** How far this node has each stream of a room, or knows that somebody has it. */
  const marksOf = (room: Room): ReadonlyMap<StreamId, number> => {
    const marks = new Map<StreamId, number>()
    const add = ([stream, n]: Mark): void => {
      if (roomIn(stream) === room && n >= (marks.get(stream) ?? 0)) marks.set(stream, n)
    }
    for (const mark of log.listing().summary) add(mark)
    for (const { replica, rooms } of links.current.values())
      if (rooms.has(room)) for (const mark of replica.theirs) add(mark)
    return marks
  }

  const joinedFrames = (room: Room): ReadonlyArray<Joined> => {
    const fold = log.listing().folds.get(room)
    return partsOf([...marksOf(room)]).map((part, index, parts) => ({
      type: "joined",
      room,
      streams: Object.fromEntries(part),
      more: index < parts.length - 1,
      ...(fold === undefined ? {} : { folded: fold })
    }))
  }

  /** Whether this node has heard from everybody in a room, and has everything of it. */
  const isSettled = (room: Room): boolean =>
    sharing.isMet(room) &&
    [...links.current.values()].every(({ replica }) =>
      [...replica.theirs].every(([stream, n]) => roomIn(stream) !== room || n <= log.have(stream))
    )

  const answer = (link: Link, { posts, room }: Join): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (!isCurrent(link)) return Effect.void
      if (!log.rooms.has(room)) return link.send({ type: "joined", room, streams: {}, more: false })
      // The numbers are taken before the history: what is said meanwhile is new.
      const frames = joinedFrames(room)
      return Effect.flatMap(history.ofRoom(room, posts), ({ lines, posts: count }) => {
        const named = frames.reduce((sum, { streams }) => sum + Object.keys(streams).length, 0)
        links.charge(link, "named", named + count)
        return link.sendLines([...lines, ...frames.map(encode)])
      })
    })

  return {
    /** What was said in a room, with the last posts. None if nobody tells. Ends at once when it is no more wanted. */
    learn: (room: Room, posts: number, isWanted: () => boolean): Effect.Effect<Told | undefined> =>
      Effect.map(Effect.timeoutOption(learnFrom(room, posts, isWanted), learningLimit), (told) =>
        Option.match(told, { onNone: () => undefined, onSome: (found) => found && toldBy(found) })
      ),
    /** A peer asks what was said in a room. The answer has nothing if this node takes no part in it any more. */
    heardJoin: (link: Link, frame: Join): Rest => {
      if (!log.rooms.has(frame.room) || isSettled(frame.room)) return answer(link, frame)
      return Effect.zipRight(
        Effect.timeoutOption(
          peers.until(() => isSettled(frame.room)),
          settlingLimit
        ),
        answer(link, frame)
      )
    },
    /** A peer answers, after its history. */
    heardJoined: (link: Link, { folded, more, room, streams }: Joined): Rest<PeerLost> => {
      const answer = link.replica.answers?.get(room)
      if (answer === undefined) return malformed
      const marks = Object.entries(streams) as unknown as ReadonlyArray<Mark>
      for (const [stream, n] of marks) if (roomIn(stream) === room) answer.streams.set(stream, n)
      answer.fold = folded
      // A whole summary may have so many: see `Delivery`.
      if (answer.streams.size > 2 * mostNamed(limits, log.rooms.size)) return links.drop(link, "streams")
      if (more) return undefined
      answer.isComplete = true
      link.replica.answers?.delete(room)
      peers.changed()
      return undefined
    }
  }
}

const toldBy = ({ fold, history, room, streams }: Answer): Told => ({
  summary: streams,
  folds: foldsOf(room, fold),
  history
})

const foldsOf = (room: Room, fold: Fold | undefined): Folds => new Map(fold === undefined ? [] : [[room, fold]])

export type Joining = ReturnType<typeof make>
