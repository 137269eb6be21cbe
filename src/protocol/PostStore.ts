/**
 * The posts that a node has, in memory. Each post is delivered once, after its predecessors in its stream and after its
 * dependencies.
 */
import * as Iterable from "effect/Iterable"
import { isPrivateStream } from "../domain/Conversation.ts"
import type { Block, EncodedPost, Mark, Range, Slice, TextLines } from "../domain/EncodedPost.ts"
import { defaultLimits, type Limits, streamsIn } from "../domain/Limits.ts"
import type { PeerId } from "../domain/Peer.ts"
import {
  covers,
  type Epoch,
  epochIn,
  type Fold,
  type Folds,
  isEarlier,
  mainRoom,
  maxDeps,
  millisOf,
  noDeps,
  type Post,
  PostNumber,
  type Room,
  roomIn,
  type StreamId,
  type Summary,
  streamOf,
  unfolded
} from "../domain/Post.ts"
import { linesOf, partsOf } from "./ChunkDecoder.ts"
import { emptyRoom, foldsOf, type LeftRoom, type RoomState, type Seen } from "./RoomState.ts"
import { Segments } from "./Segments.ts"

/** The maximum number of posts of one stream that are held. Further ones are dropped and requested again later. */
const maxHeld = 1_000

/** The maximum size of all held posts, in bytes of encoded posts. */
const maxHeldBytes = 16 * 1024 * 1024

/**
 * The minimum number of posts of a stream to request again at a time, after some were dropped. A post that is due on
 * arrival is never held, so it needs no room.
 */
const leastAgain = 32

/**
 * The maximum number of streams for which dropped posts are remembered. Posts of other streams are requested again when
 * summaries are compared.
 */
const mostCrowded = 1_024

/** A stream with posts that were dropped because there was no room to hold them. */
interface Crowded {
  /** The highest number that was dropped. */
  to: number
  /**
   * `asked`: the number up to which it was requested again. `dropped`: the lowest number that was dropped since then.
   */
  asked: number
  dropped: number
}

/**
 * How far folding goes below the bound, as a fraction of it. Without this margin each new stream would cause another
 * fold.
 */
const freed = 0.25

/** `logBytes`: how many bytes of posts the log keeps; 64 MiB by default. */
type Bounds = Pick<Limits, "pending" | "streams"> & Partial<Pick<Limits, "logBytes">>

/**
 * The maximum size of a segment of own posts, in bytes, and the least that the log keeps for each byte of it. Own posts
 * go out to all links as they are said, so one slice should hold what is said in one go. Posts of others are sent to few,
 * and their streams are many, so their segments stay small.
 */
const mostOwnSegment = 524_288
const keptForEach = 128
const leastOwnSegment = 65_536

/** One run of one node, and the rooms in which it takes part. */
export interface Run {
  readonly author: PeerId
  readonly epoch: Epoch
  /** `main` alone by default. */
  readonly rooms?: Iterable<Room>
}

/**
 * The rules of delivery, as plain data and plain functions, because they run for every post. A post is delivered when
 * it is the next of its stream and all posts of that room that its author had seen are delivered. Until then it is
 * held. Posts of rooms in which this node takes no part count as delivered: they are neither accepted nor waited for.
 * `sealed`: posts are added in sealed blocks, and no slice splits a block. Mutable: the log that owns it is its only
 * user.
 */
export class PostStore {
  readonly #streams = new Map<StreamId, Segments>()
  /** The held blocks of each stream. A block is listed under the number of each of its posts. */
  readonly #held = new Map<StreamId, Map<number, Block>>()
  readonly #rooms = new Map<Room, RoomState>()
  /** The only room, if there is exactly one. Then every delivered post belongs to it, and no lookup is needed. */
  #only: RoomState | undefined
  /** Rooms that were left. Their streams are not among `#streams`, so nothing that runs for each post meets them. */
  readonly #left = new Map<Room, LeftRoom>()
  /**
   * The streams of runs that are in the chat or may come back. They are not folded away, even if none of their posts is
   * kept.
   */
  readonly #spared = new Set<StreamId>()
  /**
   * The number of streams above which some are folded away. Streams with kept posts are not folded away, however many
   * there are.
   */
  #foldAbove: number
  readonly #author: PeerId
  #epoch: Epoch
  /** What the ids of all own streams begin and end with. `#lastLetter`: the last character of these ids. */
  readonly #prefix: string
  #suffix: string
  #lastLetter: number
  #said = 0
  readonly #limits: Bounds
  /** Whether `before` of any room may have entries. */
  #hasBefore = false
  /** Whether `frontier` of any room may be kept. */
  #hasGuests = false
  /** The stream of the last lookup, and its room: posts of one stream usually come together. */
  #lastStream: StreamId | undefined
  #lastRoom: RoomState | undefined
  #bytes = 0
  /**
   * `#pending`: the number of held posts, plus the number of their dependencies, since each check of a held post checks
   * all of these. `#pendingBytes`: the size of the held posts.
   */
  #pending = 0
  #pendingBytes = 0
  #waits = false
  /**
   * `#crowded`: the streams with dropped posts. `#moved`: whether anything was delivered, skipped or refused since
   * dropped posts were last requested.
   */
  readonly #crowded = new Map<StreamId, Crowded>()
  #moved = false
  /**
   * How far each stream was before posts of it were skipped, for streams of which nothing was delivered since. Infinite
   * (`seen`) where the skipped posts count as seen.
   */
  readonly #skipped = new Map<StreamId, number>()

  readonly #sealed: boolean

  constructor({ author, epoch, rooms = [mainRoom] }: Run, limits: Bounds = defaultLimits, sealed = false) {
    this.#author = author
    this.#epoch = epoch
    this.#prefix = `${author}/`
    this.#suffix = `/${epoch}`
    this.#lastLetter = epoch.charCodeAt(epoch.length - 1)
    this.#limits = limits
    this.#foldAbove = limits.streams / 2
    this.#sealed = sealed
    for (const room of rooms) this.takePart(room)
  }

  /**
   * Takes part in a room from now on. What was kept of it from an earlier time is there again, and own posts go on with
   * the next number. `seen`: what counts as seen there. No effect if this node takes part already. Nothing is
   * delivered by this: no post of the room is held yet, and posts of other rooms did not wait for any.
   */
  takePart(room: Room, seen?: Seen): void {
    if (this.#rooms.has(room)) return
    const left = this.#left.get(room)
    this.#left.delete(room)
    const state = left?.state ?? emptyRoom(streamOf(this.#author, room, this.#epoch))
    this.#rooms.set(room, state)
    for (const [stream, segments] of left?.streams ?? []) this.#streams.set(stream, segments)
    for (const [stream, to] of left?.skipped ?? []) this.#skipped.set(stream, to)
    if (!this.#streams.has(state.own)) this.#streams.set(state.own, this.#noOwnPosts())
    this.#roomsChanged()
    if (seen !== undefined) this.#takeAsTold(room, seen)
  }

  /**
   * Takes no part in a room any more: its held posts are dropped, and those that are kept stay aside. Returns the posts
   * of other rooms that are delivered by this, in order. `isOver`: nobody will ever be in the room again.
   */
  leave(room: Room, isOver = false): ReadonlyArray<EncodedPost> {
    const state = this.#rooms.get(room)
    if (state === undefined) return []
    const left: LeftRoom = { state, streams: new Map(), skipped: new Map(), isOver }
    const isThere = (stream: StreamId) => roomIn(stream) === room
    for (const stream of this.#crowded.keys()) if (isThere(stream)) this.#crowded.delete(stream)
    for (const stream of this.#spared) if (isThere(stream)) this.#spared.delete(stream)
    move(this.#streams, left.streams, isThere)
    move(this.#skipped, left.skipped, isThere)
    this.#rooms.delete(room)
    if (!isNothingIn(left)) this.#left.set(room, left)
    this.#forgetLeft()
    this.#roomsChanged()
    this.#moved = true
    // Everything in the room counts as had now, so held posts of it are dropped here.
    const delivered: Array<EncodedPost> = []
    this.#deliverHeld(delivered)
    return delivered
  }

  /**
   * Forgets the rooms that were left first, if their streams are too many. Own posts keep their numbers, which must not
   * be used again in this run.
   */
  #forgetLeft(): void {
    let excess = -this.#limits.streams / 2
    for (const { streams } of this.#left.values()) excess += streams.size
    for (const [room, { isOver, state, streams }] of this.#left) {
      if (excess <= 0) return
      const own = streams.get(state.own)
      for (const [stream, segments] of streams) if (stream !== state.own) this.#bytes -= segments.bytes
      excess -= streams.size
      if (isOver && own !== undefined) this.#bytes -= own.bytes
      if (isOver || own === undefined || own.last === 0) this.#left.delete(room)
      else {
        this.#left.set(room, {
          state: emptyRoom(state.own),
          streams: new Map([[state.own, own]]),
          skipped: new Map(),
          isOver
        })
      }
    }
  }

  /** How many streams without posts are remembered at most. */
  get #mostStreams(): number {
    return streamsIn(this.#limits, this.#rooms.size)
  }

  #roomsChanged(): void {
    this.#only = this.#rooms.size === 1 ? [...this.#rooms.values()][0] : undefined
    this.#lastStream = undefined
    this.#foldAbove = Math.max(this.#foldAbove, this.#mostStreams / 2)
  }

  /** Takes as seen what a peer tells of a room. */
  #takeAsTold(room: Room, { folds, summary }: Seen): void {
    const there = new Map([...summary].filter(([stream]) => roomIn(stream) === room))
    const folded = folds.get(room)
    for (const [stream, to] of there) this.takeAsSeen(stream, to)
    if (folded !== undefined) this.takeFolds(new Map([[room, folded]]))
    this.#countAsTold(this.#stateOf(room), there, folded ?? unfolded)
    this.foldLater()
  }

  /**
   * Counts as many posts as folded away as a peer has told, so that none counts as lacking: streams that one side lists
   * and the other has folded away count on both sides.
   */
  #countAsTold(state: RoomState, listed: Summary, folded: Fold): void {
    if (state.fold === undefined) return
    let { lines } = folded
    for (const [stream, n] of listed) if (this.#isClosed(stream)) lines += n
    for (const [stream, { last }] of this.#streams) {
      const isFoldedThere = this.#roomOf(stream) === state && !listed.has(stream) && covers(folded, stream)
      if (isFoldedThere && stream !== state.own) lines -= last
    }
    state.fold = { ...state.fold, lines: atMostSafe(Math.max(0, lines)) }
  }

  /** Whether anything is kept of a room in which this node takes no part. */
  remembers(room: Room): boolean {
    return this.#left.has(room)
  }

  /** This node's own stream in that room. Throws if this node takes no part in the room. */
  streamIn(room: Room): StreamId {
    return this.#stateOf(room).own
  }

  /** Whether it is an own stream of this run. A room in which this node takes no part has no own stream. */
  isOwn(stream: StreamId): boolean {
    // The last character is compared first: this runs for every post, and for most streams it differs.
    return (
      stream.charCodeAt(stream.length - 1) === this.#lastLetter &&
      stream.endsWith(this.#suffix) &&
      stream.startsWith(this.#prefix) &&
      this.#rooms.has(roomIn(stream))
    )
  }

  /** The number of posts that this node has said in this run. */
  get said(): number {
    return this.#said
  }

  /** The memory that encoded posts take, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether a post of the last `receive` is held. If none is, `missing` has nothing new. */
  get waits(): boolean {
    return this.#waits
  }

  /**
   * The highest number of a stream up to which no post is missing. Infinite if the stream is folded away, or belongs to
   * a room in which this node takes no part.
   */
  have(stream: StreamId): number {
    return this.#streams.get(stream)?.last ?? (this.#isClosed(stream) ? Number.POSITIVE_INFINITY : 0)
  }

  /** What is folded away in each room. All other streams are in the summary. */
  get folds(): Folds {
    return foldsOf(this.#rooms)
  }

  /**
   * How far this node has each stream that is not folded away. A stream without delivered posts is listed only if it is
   * an own one, or if it would count as folded away otherwise.
   */
  summary(): Summary {
    const summary = new Map<StreamId, number>()
    const hasFolded = this.folds.size > 0
    for (const [stream, { last }] of this.#streams) {
      if (last > 0 || this.isOwn(stream) || (hasFolded && this.#isCovered(stream))) summary.set(stream, last)
    }
    return summary
  }

  /** The same for what a journal keeps: with the rooms that were left. */
  kept(): { readonly summary: Summary; readonly folds: Folds } {
    const summary = new Map(this.summary())
    const folds = foldsOf(this.#rooms)
    for (const [room, { state, streams }] of this.#left) {
      if (state.fold !== undefined) folds.set(room, state.fold)
      for (const [stream, { last }] of streams) {
        if (last > 0 || (state.fold !== undefined && covers(state.fold, stream))) summary.set(stream, last)
      }
    }
    return { summary, folds }
  }

  /** The dependencies of this node's next post in that room, `maxDeps` at most. */
  news(room: Room): Readonly<Record<StreamId, PostNumber>> {
    const { news } = this.#stateOf(room)
    if (news.size === 0) return noDeps
    return Object.fromEntries(
      Array.from(news, ([stream, n]) => [stream, PostNumber.make(n)] as const).slice(0, maxDeps)
    )
  }

  /**
   * The dependencies of the next post of a guest of this node in that room, `maxDeps` at most. A guest has seen all that
   * this node has. `except`: its own stream.
   */
  frontier(room: Room, except: StreamId): Readonly<Record<StreamId, PostNumber>> {
    const state = this.#stateOf(room)
    if (state.frontier === undefined) {
      // An own post depends on all that was new before it.
      const own = this.have(state.own)
      state.frontier = new Map(own > 0 ? [...state.news, [state.own, own]] : state.news)
      this.#hasGuests = true
    }
    const marks = Array.from(state.frontier, ([stream, n]) => [stream, PostNumber.make(n)] as const)
    const others = marks.filter(([stream]) => stream !== except)
    return others.length === 0 ? noDeps : Object.fromEntries(others.slice(0, maxDeps))
  }

  /**
   * Adds own posts to that room, which may have been left since they were on their way to the disk. `block`: the same
   * posts encoded, one after the other.
   */
  say(room: Room, posts: ReadonlyArray<Post>, block: Uint8Array | TextLines): void {
    const left = this.#left.get(room)
    const { frontier, news, own } = left?.state ?? this.#stateOf(room)
    for (const { deps } of posts) {
      if (deps === noDeps) continue
      for (const [stream, n] of marksIn(deps)) if (news.get(stream) === n) news.delete(stream)
    }
    if (frontier !== undefined) for (const post of posts) advance(frontier, post)
    const segments = left?.streams.get(own) ?? this.#segmentsOf(own)
    this.#said += posts.length
    this.#bytes += "text" in block ? segments.appendText(block) : segments.append(block, posts.length)
  }

  /**
   * Begins another run: own posts go to the streams of that epoch from now on. Own posts of each previous stream after
   * the number in `shared`, which is the end of a block, are removed, since another process may have said something
   * else under the same numbers.
   */
  renew(epoch: Epoch, shared: Summary): void {
    this.#suffix = `/${epoch}`
    this.#lastLetter = epoch.charCodeAt(epoch.length - 1)
    this.#said = 0
    this.#epoch = epoch
    for (const [name, room] of this.#rooms) this.#renewIn(name, room, this.#streams, shared)
    for (const [name, { state, streams }] of this.#left) this.#renewIn(name, state, streams, shared)
  }

  #renewIn(name: Room, room: RoomState, streams: Map<StreamId, Segments>, shared: Summary): void {
    const after = shared.get(room.own) ?? 0
    const before = streams.get(room.own)
    if (before !== undefined && after < before.last) {
      const kept = before.upTo(after)
      this.#bytes += kept.bytes - before.bytes
      streams.set(room.own, kept)
    }
    if (after > 0) room.news.set(room.own, after)
    room.own = streamOf(this.#author, name, this.#epoch)
    streams.set(room.own, this.#noOwnPosts())
  }

  /** Adds a block of an earlier run. Blocks must come in the order in which they were delivered then. */
  restore(restored: Block): void {
    this.#append([restored])
    for (const { post } of postsIn(restored)) this.#see(post)
  }

  /** Notes that this node was shown a post as history, so that its next post depends on it. */
  recall(recalled: Post): void {
    if (recalled.n <= (this.#streams.get(recalled.stream)?.last ?? 0)) this.#see(recalled)
  }

  /** Adds posts of others. Returns all posts that are delivered by this, in order. */
  receive(blocks: ReadonlyArray<Block>): ReadonlyArray<EncodedPost> {
    const delivered: Array<EncodedPost> = []
    this.#waits = false
    for (let at = 0; at < blocks.length; ) at = this.#receiveAt(blocks, at, delivered)
    this.#deliverHeld(delivered)
    return delivered
  }

  /**
   * Receives the block at that place. If it is delivered, the next ones of its stream are delivered with it, as far as
   * they are due. Returns the place after them.
   */
  #receiveAt(blocks: ReadonlyArray<Block>, at: number, delivered: Array<EncodedPost>): number {
    const received = blocks[at]
    if (received === undefined) return at + 1
    const { n, stream } = received.post
    if (this.isOwn(stream)) return at + 1
    const have = this.have(stream)
    if (n <= have) return at + 1
    let end = at
    for (let next = have, block: Block | undefined = received; block?.post.stream === stream; block = blocks[end]) {
      if (!this.#isDue(block, next)) break
      next = block.post.n + (block.rest?.length ?? 0)
      end += 1
    }
    if (end === at) {
      this.#hold(received)
      return at + 1
    }
    this.#deliver(at === 0 && end === blocks.length ? blocks : blocks.slice(at, end), delivered)
    return end
  }

  /**
   * Skips a stream's posts up to a number, which are lost for good. Posts that are held are not skipped. Returns how
   * many posts are lost, and the posts that are delivered by this, in order.
   */
  skip(stream: StreamId, to: number): { readonly lost: number; readonly delivered: ReadonlyArray<EncodedPost> } {
    const delivered: Array<EncodedPost> = []
    let lost = 0
    if (this.isOwn(stream)) return { lost, delivered }
    for (let have = this.have(stream); have < to; have = this.have(stream)) {
      const until = Math.min(to, ...[...(this.#held.get(stream)?.keys() ?? [])].map((n) => n - 1))
      // The next post is held, and waits for another stream.
      if (until <= have) break
      lost += until - have
      if ((this.#skipped.get(stream) ?? seen) === seen) this.#skipped.set(stream, have)
      this.#skipTo(stream, until)
      this.#deliverHeld(delivered)
    }
    return { lost, delivered }
  }

  /**
   * Takes streams of others as seen up to the given numbers. `before`: what the members that were in the chat before
   * this node have seen, and this node still lacks; further posts depend on it as well. `folds`: what the members that
   * report this have folded away. Returns the posts that are delivered by this, in order.
   */
  adopt(seen: ReadonlyArray<Mark>, before: ReadonlyArray<Mark>, folds: Folds = new Map()): ReadonlyArray<EncodedPost> {
    const delivered: Array<EncodedPost> = []
    for (const room of this.#rooms.values()) room.before = new Map()
    this.#hasBefore = before.length > 0
    for (const [stream, to] of before) {
      this.#roomOf(stream)?.before.set(stream, to)
      this.know(stream)
    }
    for (const [stream, to] of seen) {
      this.takeAsSeen(stream, to)
    }
    this.takeFolds(folds)
    this.foldLater()
    this.#deliverHeld(delivered)
    return delivered
  }

  /** Takes a stream's posts up to that number as seen. */
  takeAsSeen(stream: StreamId, to: number): void {
    this.know(stream)
    if (this.isOwn(stream) || to <= this.have(stream)) return
    this.#skipped.set(stream, seen)
    this.#skipTo(stream, to)
  }

  /** The posts that held posts wait for, and that are not held themselves: for each stream, the highest number. */
  missing(): ReadonlyArray<Mark> {
    const missing = new Map<StreamId, number>()
    const need = (stream: StreamId, n: number) => {
      const lacking = n > this.have(stream) && !this.#held.get(stream)?.has(n)
      if (lacking && n > (missing.get(stream) ?? 0)) missing.set(stream, n)
    }
    for (const [stream, blocks] of this.#held) {
      for (const post of heldIn(blocks)) {
        need(stream, post.n - 1)
        for (const [dep, n] of this.#conditionsOf(post)) need(dep, n)
      }
    }
    return [...missing]
  }

  /**
   * The ranges of dropped posts to request again now, as far as there is room. The last range of a stream, after all
   * dropped posts have come, has no end. There is no range while nothing was delivered, skipped or refused since the
   * last call. There is none for a stream whose requested posts are still on their way. There is none for a stream
   * whose next post is held, when there is no room for more.
   */
  again(): ReadonlyArray<Range> {
    if (!this.#moved || this.#crowded.size === 0) return noRanges
    this.#moved = false
    const share = this.#isFull() ? 0 : Math.floor((this.#limits.pending - this.#pending) / this.#crowded.size)
    const ranges: Array<Range> = []
    for (const [stream, crowded] of this.#crowded) {
      const after = this.#reached(stream)
      const isOnItsWay = crowded.asked > after && crowded.dropped > crowded.asked
      // The next post of a stream may be due on arrival. Then it needs no room.
      const isNext = after === this.have(stream)
      const room = isNext ? share : Math.min(share, maxHeld - (this.#held.get(stream)?.size ?? 0))
      if (after >= crowded.to) {
        this.#crowded.delete(stream)
        if (after < Number.POSITIVE_INFINITY) ranges.push({ stream, after, to: Number.POSITIVE_INFINITY })
      } else if (!isOnItsWay && (isNext || room > 0)) {
        crowded.asked = after + Math.max(leastAgain, room)
        crowded.dropped = Number.POSITIVE_INFINITY
        ranges.push({ stream, after, to: crowded.asked })
      }
    }
    return ranges
  }

  /**
   * Drops held posts that cannot be genuine: the stream has no posts above that number, so neither such posts nor posts
   * that depend on them can exist. Returns the streams of the dropped posts.
   */
  refuse(stream: StreamId, above: number): ReadonlyArray<StreamId> {
    const untrue = ({ deps, n, stream: of }: Post) => (of === stream ? n > above : (deps[stream] ?? 0) > above)
    const refused = new Set<StreamId>()
    for (const [of, held] of this.#held) {
      for (const [n, block] of held) {
        if (!postsIn(block).some(({ post }) => untrue(post))) continue
        this.#release(of, n)
        refused.add(of)
        this.#moved = true
      }
    }
    const crowded = this.#crowded.get(stream)
    if (crowded !== undefined) crowded.to = Math.min(crowded.to, above)
    return [...refused]
  }

  /** Drops the stored posts of a stream up to a number. How far this node has the stream does not change. */
  drop(stream: StreamId, to: number): void {
    const segments = this.#streams.get(stream)
    if (segments !== undefined) {
      this.#bytes -= segments.dropTo(to)
      return
    }
    const left = this.#left.size === 0 ? undefined : this.#left.get(roomIn(stream))
    if (left === undefined) return
    this.#bytes -= left.streams.get(stream)?.dropTo(to) ?? 0
    if (isNothingIn(left)) this.#left.delete(roomIn(stream))
  }

  slice(stream: StreamId, after: number, room: number, to = Number.POSITIVE_INFINITY): Slice | undefined {
    const segments = this.#streams.get(stream)
    if (segments !== undefined) return segments.slice(after, room, to)
    // All posts in the requested range are gone.
    return to > after && to < Number.POSITIVE_INFINITY && this.#isClosed(stream)
      ? { bytes: noBytes, first: to + 1, last: to }
      : undefined
  }

  /** The same for what a journal keeps: posts of a room that was left are there too. */
  keptSlice(stream: StreamId, after: number, room: number, to?: number): Slice | undefined {
    return this.#leftBehind(stream)?.slice(after, room, to) ?? this.slice(stream, after, room, to)
  }

  /** The posts of a stream of a room that was left. */
  #leftBehind(stream: StreamId): Segments | undefined {
    return this.#left.size === 0 ? undefined : this.#left.get(roomIn(stream))?.streams.get(stream)
  }

  /**
   * Registers a stream that may have no posts yet, so that it does not count as folded away later. No effect on one
   * that is folded away already.
   */
  know(stream: StreamId): void {
    if (!this.#isClosed(stream)) this.#segmentsOf(stream)
  }

  /** Marks the stream of a run that is in the chat or may come back. It is not folded away until `spareNoMore`. */
  spare(stream: StreamId): void {
    this.know(stream)
    if (this.#streams.has(stream)) this.#spared.add(stream)
  }

  /**
   * The author of a stream is in the chat, and has said `said` posts in that run. Its next posts are accepted, even if
   * the stream was folded away, and those up to `said` count as delivered. If posts after `said` were skipped, because
   * others had claimed that they exist, everything skipped in that stream is taken back. Returns whether anything has
   * changed.
   */
  meet(stream: StreamId, said: number): boolean {
    return this.#unfold(stream, said) || this.#unskip(stream, said)
  }

  #unfold(stream: StreamId, said: number): boolean {
    const room = this.#roomOf(stream)
    if (room === undefined || !this.#isClosed(stream)) return false
    const { lines, upTo } = room.fold ?? unfolded
    room.fold = { upTo, lines: Math.max(0, lines - said) }
    this.#bytes -= this.#segmentsOf(stream).skipTo(said)
    return true
  }

  #unskip(stream: StreamId, said: number): boolean {
    const mark = this.#skipped.get(stream)
    if (mark === undefined || said >= this.have(stream)) return false
    this.#streams.set(stream, new Segments(mark === seen ? said : mark, this.#sealed))
    return true
  }

  spareNoMore(stream: StreamId): void {
    this.#spared.delete(stream)
  }

  /**
   * Folds streams away if there are more than half of the maximum: the earliest ones of which no post is kept. A stream
   * that began after `now`, in ms since 1970, is not folded away, because then every run that begins before it would
   * count as folded away. If there are too many such streams, some are forgotten instead. Returns whether anything has
   * changed.
   */
  fold(now: number): boolean {
    if (this.#streams.size <= this.#foldAbove) return false
    const most = this.#mostStreams / 2
    const quiet = [...this.#streams.keys()]
      .filter((stream) => this.#isQuiet(stream))
      .sort((one, other) => (isEarlier(epochIn(one), epochIn(other)) ? -1 : 1))
    const past = quiet.filter((stream) => millisOf(epochIn(stream)) <= now)
    const folded = past.slice(0, Math.ceil(this.#streams.size - most * (1 - freed)))
    for (const stream of folded) this.#foldAway(stream)
    const excess = Math.max(0, this.#streams.size - this.#mostStreams)
    const forgotten = excess === 0 ? [] : quiet.slice(past.length).slice(-excess)
    for (const stream of forgotten) this.#forget(stream)
    this.foldLater()
    return folded.length + forgotten.length > 0
  }

  /** Keeps the present streams until more come. Runs among them that are in the chat must be met first. */
  foldLater(): void {
    const most = this.#mostStreams / 2
    this.#foldAbove = Math.max(most, this.#streams.size + most * freed)
  }

  /** Takes over what another log, or an earlier run of this one, has folded away. */
  takeFolds(folds: Folds): void {
    for (const [name, { lines, upTo }] of folds) {
      const room = this.#rooms.get(name)
      if (room === undefined) continue
      const own = room.fold ?? unfolded
      room.fold = { upTo: isEarlier(own.upTo, upTo) ? upTo : own.upTo, lines }
    }
  }

  /** Counts posts as folded away that others have folded away, and that this node never got and can't get any more. */
  forgo(name: Room, lines: number): void {
    const room = this.#stateOf(name)
    const own = room.fold ?? unfolded
    room.fold = { ...own, lines: atMostSafe(own.lines + lines) }
  }

  #stateOf(room: Room): RoomState {
    const state = this.#rooms.get(room)
    if (state === undefined) throw new Error(`this node takes no part in ${room}`)
    return state
  }

  /** The state of a stream's room; undefined if this node takes no part in it. */
  #roomOf(stream: StreamId): RoomState | undefined {
    if (stream !== this.#lastStream) {
      this.#lastStream = stream
      this.#lastRoom = this.#rooms.get(roomIn(stream))
    }
    return this.#lastRoom
  }

  #noPosts(): Segments {
    return new Segments(0, this.#sealed)
  }

  #noOwnPosts(): Segments {
    const { logBytes = defaultLimits.logBytes } = this.#limits
    const most = Math.max(leastOwnSegment, Math.min(mostOwnSegment, logBytes / keptForEach))
    return new Segments(0, this.#sealed, Math.floor(most))
  }

  #segmentsOf(stream: StreamId): Segments {
    const known = this.#streams.get(stream)
    if (known !== undefined) return known
    const segments = this.#noPosts()
    this.#streams.set(stream, segments)
    return segments
  }

  /** Whether no post of a stream is kept and none is expected. */
  #isQuiet(stream: StreamId): boolean {
    if (this.isOwn(stream) || this.#spared.has(stream) || this.#held.has(stream)) return false
    return this.#streams.get(stream)?.isEmpty === true
  }

  #foldAway(stream: StreamId): void {
    const room = this.#roomOf(stream)
    if (room === undefined) return
    const { lines, upTo } = room.fold ?? unfolded
    const epoch = epochIn(stream)
    room.fold = {
      upTo: isEarlier(upTo, epoch) ? epoch : upTo,
      lines: atMostSafe(lines + (this.#streams.get(stream)?.last ?? 0))
    }
    this.#forget(stream)
  }

  #forget(stream: StreamId): void {
    this.#streams.delete(stream)
    this.#roomOf(stream)?.news.delete(stream)
    this.#roomOf(stream)?.frontier?.delete(stream)
    this.#skipped.delete(stream)
  }

  /**
   * Whether a stream is folded away, without any later knowledge of it, or belongs to a room in which this node takes
   * no part.
   */
  #isClosed(stream: StreamId): boolean {
    const room = this.#roomOf(stream)
    if (room?.fold === undefined) return room === undefined
    return covers(room.fold, stream) && !this.#streams.has(stream) && !this.#held.has(stream)
  }

  #isCovered(stream: StreamId): boolean {
    const fold = this.#roomOf(stream)?.fold
    return fold !== undefined && covers(fold, stream)
  }

  /** Marks a stream's posts up to a number as gone, held ones included. */
  #skipTo(stream: StreamId, to: number): void {
    const segments = this.#segmentsOf(stream)
    this.#moved = true
    this.#bytes -= segments.skipTo(to)
    for (const n of this.#held.get(stream)?.keys() ?? []) if (n <= to) this.#release(stream, n)
  }

  #isDue({ post, rest }: Block, have = this.have(post.stream)): boolean {
    if (post.n !== have + 1 || !this.#isMet(post)) return false
    return rest === undefined || rest.every((each) => this.#isMet(each.post))
  }

  #isMet(post: Post): boolean {
    if (post.deps === noDeps && !this.#hasBefore) return true
    return this.#conditionsOf(post).every(([stream, n]) => n <= this.have(stream))
  }

  /** The posts that must be delivered before a post, besides its predecessor in its stream. */
  #conditionsOf(post: Post): ReadonlyArray<Mark> {
    const before = this.#hasBefore ? this.#roomOf(post.stream)?.before : undefined
    const deps = depsOf(post)
    if (before === undefined || before.has(post.stream)) return deps
    for (const [stream, n] of before) if (n <= this.have(stream)) before.delete(stream)
    return before.size === 0 ? deps : [...deps, ...before]
  }

  /** Adds blocks of one stream, which follow each other. */
  #append(blocks: ReadonlyArray<Block>): void {
    const stream = blocks[0]?.post.stream
    if (stream === undefined) return
    const segments = this.#segmentsOf(stream)
    if (this.#skipped.size > 0) this.#skipped.delete(stream)
    if (this.#sealed) {
      for (const block of blocks) this.#bytes += segments.appendLines(linesOf(postsIn(block)))
    } else for (const lines of partsOf(blocks)) this.#bytes += segments.appendLines(lines)
  }

  /** Delivers blocks of one stream, which follow each other. */
  #deliver(due: ReadonlyArray<Block>, delivered: Array<EncodedPost>): void {
    this.#append(due)
    this.#moved = true
    const first = delivered.length
    for (const received of due) {
      delivered.push(received)
      if (received.rest !== undefined) for (const each of received.rest) delivered.push(each)
    }
    // A post without dependencies changes nothing that the next one of its stream does not change as well.
    for (let at = first; at < delivered.length; at += 1) {
      const post = delivered[at]?.post
      if (post !== undefined && (post.deps !== noDeps || at === delivered.length - 1)) this.#see(post)
    }
  }

  /** Adds a post to `news`, and removes what its author had seen: an answer to this post implies it. */
  #see(post: Post): void {
    const news = (this.#only ?? this.#roomOf(post.stream))?.news
    if (news === undefined) return
    if (news.size > 0) {
      for (const [stream, n] of marksIn(post.deps)) if ((news.get(stream) ?? n + 1) <= n) news.delete(stream)
    }
    news.set(post.stream, post.n)
    if (!this.#hasGuests) return
    const frontier = this.#roomOf(post.stream)?.frontier
    if (frontier !== undefined) advance(frontier, post)
  }

  /**
   * Holds a block. If its stream then has too many held posts, the last of these is dropped: the ones that are due
   * first show what the stream waits for.
   */
  #hold(received: Block): void {
    const { stream } = received.post
    const posts = postsIn(received)
    const before = this.#held.get(stream)
    if (posts.some(({ post }) => before?.has(post.n) === true)) {
      this.#waits = true
      return
    }
    if (this.#isFull() && !this.#makeRoomFor(received.post)) return this.#crowdOut(received)
    this.#waits = true
    const held = this.#held.get(stream) ?? new Map<number, Block>()
    // A copy: the original bytes are part of a larger buffer, which would be kept in memory as long as they are.
    const [first = received, ...rest] = posts.map(({ line, post }) => ({ post, line: line.slice() }))
    const block: Block = rest.length === 0 ? first : { ...first, rest }
    for (const { line, post } of postsIn(block)) {
      held.set(post.n, block)
      this.#pending += 1 + Object.keys(post.deps).length
      this.#pendingBytes += line.length
    }
    this.#held.set(stream, held)
    if (held.size > maxHeld) this.#displace(stream, Math.max(...held.keys()))
  }

  #isFull(): boolean {
    return this.#pending >= this.#limits.pending || this.#pendingBytes >= maxHeldBytes
  }

  /**
   * Makes room for a post that is nearer to its turn than the last held post of the stream with the most held posts,
   * which is dropped. Otherwise there could be no room for the first posts of a stream that all others wait for.
   * Returns whether there is room.
   */
  #makeRoomFor({ n, stream }: Post): boolean {
    if (this.#held.size === 0) return false
    const most = [...this.#held].reduce((one, other) => (other[1].size > one[1].size ? other : one))
    const last = Math.max(...most[1].keys())
    if (n - this.have(stream) >= last - this.have(most[0])) return false
    this.#displace(most[0], last)
    return !this.#isFull()
  }

  /** Drops the held block with that number to make room. */
  #displace(stream: StreamId, n: number): void {
    const displaced = this.#held.get(stream)?.get(n)
    if (displaced === undefined) return
    this.#release(stream, n)
    this.#crowdOut(displaced)
  }

  /** Records that a block was dropped because there was no room. */
  #crowdOut({ post: { n, stream }, rest }: Block): void {
    const to = n + (rest?.length ?? 0)
    const crowded = this.#crowded.get(stream)
    if (crowded !== undefined) {
      crowded.to = Math.max(crowded.to, to)
      crowded.dropped = Math.min(crowded.dropped, n)
    } else if (this.#crowded.size < mostCrowded) {
      this.#crowded.set(stream, { to, asked: 0, dropped: n })
    }
  }

  /** The highest number of a stream up to which every post is delivered or held. */
  #reached(stream: StreamId): number {
    let reached = this.have(stream)
    for (const held = this.#held.get(stream); held?.has(reached + 1) === true; ) reached += 1
    return reached
  }

  /** Removes the block with that number from the held ones. */
  #release(stream: StreamId, n: number): void {
    const held = this.#held.get(stream)
    const waiting = held?.get(n)
    if (held === undefined || waiting === undefined) return
    for (const { line, post } of postsIn(waiting)) {
      held.delete(post.n)
      this.#pending -= 1 + Object.keys(post.deps).length
      this.#pendingBytes -= line.length
    }
    if (held.size === 0) this.#held.delete(stream)
  }

  /** Delivers held posts until none is due any more. */
  #deliverHeld(delivered: Array<EncodedPost>): void {
    for (let progress = this.#held.size > 0; progress; ) {
      progress = false
      for (const [stream, held] of this.#held) {
        for (let next = held.get(this.have(stream) + 1); next !== undefined; next = held.get(this.have(stream) + 1)) {
          if (!this.#isDue(next)) break
          this.#release(stream, next.post.n)
          this.#deliver([next], delivered)
          progress = true
        }
        for (const n of held.keys()) if (n <= this.have(stream)) this.#release(stream, n)
      }
    }
  }
}

/** Whether there is nothing to keep of a room that was left. */
const isNothingIn = ({ isOver, skipped, state: { before, fold }, streams }: LeftRoom): boolean =>
  isOver
    ? !Iterable.some(streams.values(), ({ isEmpty }) => !isEmpty)
    : fold === undefined && skipped.size + before.size === 0 && !Iterable.some(streams.values(), ({ last }) => last > 0)

/** Moves the entries with such keys from one map to another. */
const move = <K, V>(from: Map<K, V>, to: Map<K, V>, isMoved: (key: K) => boolean): void => {
  for (const [key, value] of from) {
    if (!isMoved(key)) continue
    from.delete(key)
    to.set(key, value)
  }
}

/** Adds a post to a frontier, in place of what its author had seen. */
const advance = (frontier: Map<StreamId, number>, { deps, n, stream }: Post): void => {
  for (const [dep, last] of marksIn(deps)) if ((frontier.get(dep) ?? last + 1) <= last) frontier.delete(dep)
  frontier.set(stream, n)
}

const marksIn = (deps: Post["deps"]): ReadonlyArray<Mark> =>
  deps === noDeps ? noMarks : (Object.entries(deps) as unknown as ReadonlyArray<Mark>)

/** The `deps` of a post. What was said in private elsewhere does not count: others can't know of it. */
const depsOf = ({ deps, stream: own }: Post): ReadonlyArray<Mark> => {
  const marks = marksIn(deps)
  return marks.some(([stream]) => isPrivateStream(stream))
    ? marks.filter(([stream]) => !isPrivateStream(stream) || roomIn(stream) === roomIn(own))
    : marks
}

/** Stands for a position in `#skipped`: the posts that were skipped count as seen. */
const seen = Number.POSITIVE_INFINITY

const noMarks: ReadonlyArray<Mark> = []
const noRanges: ReadonlyArray<Range> = []

const postsIn = (block: Block): ReadonlyArray<EncodedPost> =>
  block.rest === undefined ? [block] : [block, ...block.rest]

/** The held posts of one stream, in the order of the map. */
function* heldIn(blocks: ReadonlyMap<number, Block>): Generator<Post, void> {
  for (const [n, { post, rest }] of blocks) yield n === post.n ? post : (rest?.[n - post.n - 1]?.post ?? post)
}

/** A count that is at most the largest that a frame can carry. */
const atMostSafe = (count: number): number => Math.min(count, Number.MAX_SAFE_INTEGER)

const noBytes = new Uint8Array(0)
