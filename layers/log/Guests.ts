/** The guests of a node: who they are, and what they say. Their posts are in the log like those of other nodes. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Carry, Guest, Guests, Objection, Others } from "../../services/Guests.ts"
import type { Reader, SayResult } from "../../services/MessageLog.ts"
import { conversationOf, type Party, type Visitor, visitorOf } from "../../src/domain/Conversation.ts"
import type { EncodedPost } from "../../src/domain/EncodedPost.ts"
import { AtAnotherSite, GuestGone, IdLooksAlike, IdTaken, LineTooLong } from "../../src/domain/Errors.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { looksLike, type PeerId } from "../../src/domain/Peer.ts"
import {
  type Epoch,
  noDeps,
  type Post,
  PostNumber,
  type Room,
  roomIn,
  type StreamId,
  streamOf
} from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { bytesTooLong, encodePost, maxFrameBytes } from "../../src/protocol/Frame.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"

/** With so many others a guest may talk in private during a visit: each conversation costs the node some memory. */
const mostConversations = 64

/** In so many rooms and conversations a guest may speak during a visit. */
const mostStreams = 1_024

/** Of so many guests that are gone it is remembered that they were guests. */
const mostGone = 4_096

interface Needs {
  /** The node that the guests are at. */
  readonly author: PeerId
  readonly store: PostStore
  /** The rooms in which the node takes part. */
  readonly rooms: ReadonlySet<Room>
  /** Takes part in a conversation from now on. */
  readonly converse: (room: Room) => void
  /** Takes part no more in the conversations of a visitor that is gone. Each is named when that is done. */
  readonly end: (visitor: Visitor, ended: (conversation: Room) => void) => void
  /** The run of a guest that comes now. */
  readonly epoch: () => Epoch
  /** The time of day, in ms since 1970. */
  readonly time: () => number
  readonly note: (event: MeshEvent) => void
  /** Takes in posts, as those of others. */
  readonly receive: (posts: ReadonlyArray<EncodedPost>, by: Reader) => void
  /** Runs a step of the log that takes something in: now, or undefined if it is not the time; or when it is. */
  readonly now: <A>(step: () => A) => A | undefined
  readonly later: <A>(step: () => A) => Effect.Effect<A>
}

/** A guest as this file changes it. */
interface Present extends Guest {
  id: PeerId
  epoch: Epoch
  visitor: Visitor
  visitorBefore: Visitor | undefined
  readonly rooms: Set<Room>
  readonly conversations: Set<Room>
  readonly streams: Map<StreamId, number>
  before: PeerId | undefined
}

const nothing: ReadonlyArray<SayResult> = []

const nobody: Others = { holderOf: () => undefined, epochOf: () => undefined, siteOf: () => undefined }

export const make = ({
  author,
  converse,
  end,
  epoch,
  later,
  note,
  now,
  receive,
  rooms,
  store,
  time
}: Needs): Guests["Type"] => {
  const here = new Map<PeerId, Present>()
  const changes = makeSignal()
  const speaking = makeSignal()
  /** Lets this node take part in a room. Without links it can only do so in those that it has. */
  let carry: Carry = (_, enter) => enter
  /** Guests that are gone, here or elsewhere. */
  const gone = new Recent<PeerId, true>(mostGone)
  const ends = new Set<(conversation: Room) => void>()
  const ended = (conversation: Room): void => {
    for (const { conversations, streams } of here.values()) {
      conversations.delete(conversation)
      for (const stream of streams.keys()) if (roomIn(stream) === conversation) streams.delete(stream)
    }
    for (const look of ends) look(conversation)
  }
  let others: Others = nobody

  const holderOf = (id: PeerId, except: Guest | undefined): PeerId | undefined =>
    [author, ...here.keys()].find((each) => each !== except?.id && (each === id || looksLike(each, id))) ??
    others.holderOf(id)

  const partyOf = (id: PeerId): Either.Either<Party, GuestGone | AtAnotherSite> => {
    const site = others.siteOf(id)
    if (site !== undefined) return Either.left(new AtAnotherSite({ id, site }))
    const guest = here.get(id)
    if (guest !== undefined) return Either.right(guest.visitor)
    const elsewhere = others.epochOf(id)
    if (elsewhere !== undefined) return Either.right(visitorOf(id, elsewhere))
    return gone.has(id) ? Either.left(new GuestGone({ id })) : Either.right(id)
  }

  const objectionTo = (id: PeerId, except?: Guest): Objection | undefined => {
    const holder = holderOf(id, except)
    if (holder === undefined) return undefined
    return holder === id ? new IdTaken({ id }) : new IdLooksAlike({ id, like: holder })
  }

  // Who comes later may have come before it was let in: it is the same object all the time.
  const presentOf = (guest: Guest): Present | undefined => {
    const found = here.get(guest.id)
    return found === guest ? found : undefined
  }

  /** Numbers lines, and adds them to the log. */
  const sayNow = (guest: Guest, room: Room, lines: ReadonlyArray<string>, by: Reader): ReadonlyArray<SayResult> => {
    const present = presentOf(guest)
    if (present === undefined || !rooms.has(room)) return nothing
    const stream = streamOf(guest.id, room, guest.epoch)
    const before = present.streams.get(stream)
    if (before === undefined && present.streams.size >= mostStreams) return nothing
    // The node may have left the room meanwhile, and have forgotten what was said there.
    if (before !== undefined) store.takeAsSeen(stream, before)
    const posts: Array<EncodedPost> = []
    const results: Array<SayResult> = []
    const at = time()
    for (const text of lines) {
      const n = PostNumber.make(store.have(stream) + posts.length + 1)
      const deps = posts.length === 0 ? store.frontier(room, stream) : noDeps
      const post: Post = { stream, n, at, deps, text }
      const bytes = bytesTooLong(post)
      if (bytes > 0) {
        results.push(new LineTooLong({ bytes, limit: maxFrameBytes }))
        continue
      }
      posts.push({ post, line: encodePost(post) })
      results.push(post)
    }
    if (posts.length === 0) return results
    present.streams.set(stream, (before ?? 0) + posts.length)
    if (before === undefined) speaking.changed()
    receive(posts, by)
    return results
  }
  const taken = (step: () => ReadonlyArray<SayResult>): Effect.Effect<ReadonlyArray<SayResult>> =>
    Effect.suspend(() => {
      const results = now(step)
      return results === undefined ? later(step) : Effect.succeed(results)
    })

  return {
    here,
    objectionTo,
    enter: (id) => {
      const objection = objectionTo(id)
      if (objection !== undefined) return Either.left(objection)
      const run = epoch()
      const guest: Present = {
        id,
        before: undefined,
        epoch: run,
        visitor: visitorOf(id, run),
        visitorBefore: undefined,
        rooms: new Set(),
        conversations: new Set(),
        streams: new Map(),
        since: time()
      }
      here.set(id, guest)
      gone.delete(id)
      note(MeshEvent.GuestCame({ id, through: author, known: false }))
      changes.changed()
      return Either.right(guest)
    },
    leave: (guest, words) => {
      if (presentOf(guest) === undefined) return
      here.delete(guest.id)
      gone.set(guest.id, true)
      note(MeshEvent.GuestLeft({ id: guest.id, through: author, words }))
      changes.changed()
      end(guest.visitor, ended)
    },
    rename: (guest, id) => {
      const present = presentOf(guest)
      if (present === undefined || id === guest.id) return undefined
      const objection = objectionTo(id, guest)
      if (objection !== undefined) return objection
      const { id: before, visitor } = present
      here.delete(before)
      gone.set(before, true)
      gone.delete(id)
      present.id = id
      present.before = before
      present.streams.clear()
      present.epoch = epoch()
      present.visitor = visitorOf(id, present.epoch)
      present.visitorBefore = visitor
      present.conversations.clear()
      here.set(id, present)
      note(MeshEvent.GuestRenamed({ id, before, through: author }))
      changes.changed()
      end(visitor, ended)
      return undefined
    },
    join: (guest, room) =>
      Effect.suspend(() =>
        carry(
          room,
          Effect.sync(() => {
            const present = presentOf(guest)
            if (present === undefined || present.rooms.has(room) || !rooms.has(room)) return
            present.rooms.add(room)
            changes.changed()
          })
        )
      ),
    carryBy: (by) => {
      carry = by
      return () => {
        if (carry === by) carry = (_, enter) => enter
      }
    },
    part: (guest, room) => {
      if (presentOf(guest)?.rooms.delete(room) === true) changes.changed()
    },
    say: (guest, room, lines, by, outside = false) =>
      taken(() => (outside || guest.rooms.has(room) ? sayNow(guest, room, lines, by) : nothing)),
    confide: (guest, reader, lines, by) =>
      Effect.flatMap(
        Effect.suspend(() => partyOf(reader)),
        (party) =>
          taken(() => {
            const present = presentOf(guest)
            if (present === undefined || reader === guest.id) return nothing
            const room = conversationOf(present.visitor, party)
            if (!present.conversations.has(room) && present.conversations.size >= mostConversations) return nothing
            present.conversations.add(room)
            converse(room)
            return sayNow(guest, room, lines, by)
          })
      ),
    partyOf,
    hasGone: (id) => gone.set(id, true),
    isBack: (id) => gone.delete(id),
    ask: (asked) => {
      others = asked
      return () => {
        if (others === asked) others = nobody
      }
    },
    onEnded: (look) => {
      ends.add(look)
      return () => ends.delete(look)
    },
    onSpeaking: speaking.listen,
    onChange: changes.listen
  }
}
