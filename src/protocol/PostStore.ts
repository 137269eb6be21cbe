/** All posts that a node has, each once, each author's in order, no answer before its question. */
import type { Block, EncodedPost, Mark, Range, Slice } from "../domain/EncodedPost.ts"
import { defaultLimits, type Limits } from "../domain/Limits.ts"
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
import { Segments } from "./Segments.ts"

/** So many posts of one stream wait at most for what must come before them; others come again when they are asked for. */
const maxHeld = 1_000

/** What waits takes no more memory than this, in bytes of encoded posts. */
const maxHeldBytes = 16 * 1024 * 1024

/** What found no room is asked for again at least so many posts of a stream at a time: those that are due need none. */
const leastAgain = 32

/** Of so many streams it is remembered that posts found no room; the others are asked for when all is compared. */
const mostCrowded = 1_024

/** A stream of which posts were dropped, since there was no room to hold them. */
interface Crowded {
  /** The highest number that was dropped. */
  to: number
  /** Up to which number it was asked for again, and the lowest number that was dropped since then. */
  asked: number
  dropped: number
}

/** When streams are folded away, so much of the bound is left free, so that it is not done for each new one. */
const freed = 0.25

/** One run of one node, and the rooms in which it takes part. */
export interface Run {
  readonly author: PeerId
  readonly epoch: Epoch
  /** `main` alone by default. */
  readonly rooms?: Iterable<Room>
}

/** What a node knows of a room in which it takes part. */
interface RoomState {
  /** The stream of what this node says there. */
  own: StreamId
  /** What this node has seen there since it last spoke, and nobody has answered yet: an answer stands below it already. */
  readonly news: Map<StreamId, number>
  /** What those have seen there who came before this node, and it has yet to hear. */
  before: Map<StreamId, number>
  /** What is folded away. */
  fold: Fold | undefined
}

/**
 * The rules of delivery, as plain data and plain functions: they run for every post. A post is delivered when it is the
 * next of its stream and everything that its author had seen in that room is delivered; until then it is held. What is said in
 * rooms in which this node takes no part counts as had: it is neither taken in nor waited for. Mutable: the log that has it is
 * its only user. `sealed`: what is said and taken in are blocks, which nothing cuts.
 */
export class PostStore {
  readonly #streams = new Map<StreamId, Segments>()
  /** What waits for what must come before it, by each of its numbers. */
  readonly #held = new Map<StreamId, Map<number, Block>>()
  readonly #rooms = new Map<Room, RoomState>()
  /** The only room, if there is no other: then it is the room of all that is delivered. */
  readonly #only: RoomState | undefined
  /** The streams of runs that are here, or may come back: they are not folded away, though nothing of them is kept. */
  readonly #spared = new Set<StreamId>()
  /** With more streams than that, some are folded away: those of which posts are kept stay, however many they are. */
  #foldAbove: number
  readonly #author: PeerId
  /** How the ids of all streams begin and end in which this node speaks. */
  readonly #prefix: string
  #suffix: string
  #lastLetter: number
  #said = 0
  readonly #limits: Pick<Limits, "pending" | "streams">
  /** Whether some room may have something that those have seen who came before this node. */
  #hasBefore = false
  /** The stream that was looked at last, and its room: posts of one stream come together. */
  #lastStream: StreamId | undefined
  #lastRoom: RoomState | undefined
  #bytes = 0
  /** How many posts are held, each with what it waits for, since all of that is looked at again and again; and their bytes. */
  #pending = 0
  #pendingBytes = 0
  #waits = false
  /** What was dropped for want of room, and whether something was delivered or skipped since it was asked for again. */
  readonly #crowded = new Map<StreamId, Crowded>()
  #moved = false
  /** How far streams had come of which nothing has come since something was skipped; infinite where that was taken as seen. */
  readonly #skipped = new Map<StreamId, number>()

  readonly #sealed: boolean

  constructor(
    { author, epoch, rooms = [mainRoom] }: Run,
    limits: Pick<Limits, "pending" | "streams"> = defaultLimits,
    sealed = false
  ) {
    this.#author = author
    this.#prefix = `${author}/`
    this.#suffix = `/${epoch}`
    this.#lastLetter = epoch.charCodeAt(epoch.length - 1)
    this.#limits = limits
    this.#foldAbove = limits.streams / 2
    this.#sealed = sealed
    for (const room of rooms) {
      const own = streamOf(author, room, epoch)
      this.#rooms.set(room, { own, news: new Map(), before: new Map(), fold: undefined })
      this.#streams.set(own, this.#noPosts())
    }
    this.#only = this.#rooms.size === 1 ? [...this.#rooms.values()][0] : undefined
  }

  /** The stream of what this node says in that room. It must take part in it. */
  streamIn(room: Room): StreamId {
    return this.#stateOf(room).own
  }

  /** Whether this node speaks in that stream, in this run: nobody speaks in a room that it takes no part in. */
  isOwn(stream: StreamId): boolean {
    // The last letter first: it is looked at for every post, and is another one for most.
    return (
      stream.charCodeAt(stream.length - 1) === this.#lastLetter &&
      stream.endsWith(this.#suffix) &&
      stream.startsWith(this.#prefix) &&
      this.#rooms.has(roomIn(stream))
    )
  }

  /** How many posts this node has said in this run. */
  get said(): number {
    return this.#said
  }

  /** The memory that encoded posts take, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether something of what was received last waits for what must come before it: only then is there more to ask for. */
  get waits(): boolean {
    return this.#waits
  }

  /**
   * The highest number of a stream below which nothing is missing. Infinite if the stream is folded away, or is spoken in a room
   * in which this node takes no part.
   */
  have(stream: StreamId): number {
    return this.#streams.get(stream)?.last ?? (this.#isClosed(stream) ? Number.POSITIVE_INFINITY : 0)
  }

  /** What of each room is folded away: the rest is in the summary. */
  get folds(): Folds {
    const folds = new Map<Room, Fold>()
    for (const [name, { fold }] of this.#rooms) if (fold !== undefined) folds.set(name, fold)
    return folds
  }

  /**
   * How far it has each stream, but for those that are folded away. One of which nothing has come is told only where it would
   * count as folded away otherwise.
   */
  summary(): Summary {
    const summary = new Map<StreamId, number>()
    for (const [stream, { last }] of this.#streams) {
      if (last > 0 || this.isOwn(stream) || this.#isCovered(stream)) summary.set(stream, last)
    }
    return summary
  }

  /** What this node's next post in that room must stand below. */
  news(room: Room): Readonly<Record<StreamId, PostNumber>> {
    const { news } = this.#stateOf(room)
    if (news.size === 0) return noDeps
    return Object.fromEntries(
      Array.from(news, ([stream, n]) => [stream, PostNumber.make(n)] as const).slice(0, maxDeps)
    )
  }

  /** Adds what this node says in that room, encoded one after the other. */
  say(room: Room, posts: ReadonlyArray<Post>, block: Uint8Array): void {
    const { news, own } = this.#stateOf(room)
    for (const { deps } of posts) {
      for (const [stream, n] of marksIn(deps)) if (news.get(stream) === n) news.delete(stream)
    }
    this.#said += posts.length
    this.#bytes += this.#segmentsOf(own).append(block, posts.length)
  }

  /**
   * This node speaks in the streams of another run from now on. What it has said in each of its present ones after the number in
   * `shared`, which ends a block, is taken back: somebody else may have said other things under these numbers.
   */
  renew(epoch: Epoch, shared: Summary): void {
    this.#suffix = `/${epoch}`
    this.#lastLetter = epoch.charCodeAt(epoch.length - 1)
    this.#said = 0
    for (const [name, room] of this.#rooms) {
      this.#takeBack(room, shared.get(room.own) ?? 0)
      room.own = streamOf(this.#author, name, epoch)
      this.#streams.set(room.own, this.#noPosts())
    }
  }

  #takeBack({ news, own }: RoomState, after: number): void {
    const before = this.#segmentsOf(own)
    if (after < before.last) {
      const kept = before.upTo(after)
      this.#bytes += kept.bytes - before.bytes
      this.#streams.set(own, kept)
    }
    if (after > 0) news.set(own, after)
  }

  /** Adds what an earlier run has left, in the order in which it was delivered then. */
  restore(restored: Block): void {
    this.#append(restored)
    for (const { post } of postsIn(restored)) this.#see(post)
  }

  /** Takes note that this node was shown a post as history, and may answer it. */
  recall(recalled: Post): void {
    if (recalled.n <= (this.#streams.get(recalled.stream)?.last ?? 0)) this.#see(recalled)
  }

  /** Takes in what others said; returns what could be delivered, in order. */
  receive(blocks: ReadonlyArray<Block>): ReadonlyArray<EncodedPost> {
    const delivered: Array<EncodedPost> = []
    this.#waits = false
    for (const received of blocks) {
      const { n, stream } = received.post
      if (this.isOwn(stream)) continue
      const have = this.have(stream)
      if (n <= have) continue
      if (this.#isDue(received, have)) {
        this.#deliver(received, delivered)
      } else {
        this.#hold(received)
      }
    }
    this.#deliverHeld(delivered)
    return delivered
  }

  /**
   * Takes a stream up to a number as gone for good, but for what of it is held. Returns how many posts are lost, and what
   * could be delivered for that, in order.
   */
  skip(stream: StreamId, to: number): { readonly lost: number; readonly delivered: ReadonlyArray<EncodedPost> } {
    const delivered: Array<EncodedPost> = []
    let lost = 0
    if (this.isOwn(stream)) return { lost, delivered }
    for (let have = this.have(stream); have < to; have = this.have(stream)) {
      const until = Math.min(to, ...[...(this.#held.get(stream)?.keys() ?? [])].map((n) => n - 1))
      // The next is held, and waits for another stream.
      if (until <= have) break
      lost += until - have
      if ((this.#skipped.get(stream) ?? seen) === seen) this.#skipped.set(stream, have)
      this.#skipTo(stream, until)
      this.#deliverHeld(delivered)
    }
    return { lost, delivered }
  }

  /**
   * Takes streams as seen that others have said; what is said next, is said by people who have seen `before` too, which
   * this node has yet to hear. `folds`: what those who tell it have folded away. Returns what could be delivered for that, in
   * order.
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

  /** What was said of a stream up to there was seen before. */
  takeAsSeen(stream: StreamId, to: number): void {
    this.know(stream)
    if (this.isOwn(stream) || to <= this.have(stream)) return
    this.#skipped.set(stream, seen)
    this.#skipTo(stream, to)
  }

  /** What must come before the posts that are held can be delivered, and is not held itself. */
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
   * What was dropped for want of room and should be asked for again now, as far as there may be room for it: nothing as long as
   * nothing is delivered, as the same is on its way, or as the next post of the stream is held and there is no room behind it.
   * The last range of a stream has no end.
   */
  again(): ReadonlyArray<Range> {
    if (!this.#moved || this.#crowded.size === 0) return noRanges
    this.#moved = false
    const share = this.#isFull() ? 0 : Math.floor((this.#limits.pending - this.#pending) / this.#crowded.size)
    const ranges: Array<Range> = []
    for (const [stream, crowded] of this.#crowded) {
      const after = this.#reached(stream)
      const isOnItsWay = crowded.asked > after && crowded.dropped > crowded.asked
      // What is next in its stream may be due, and needs no room then.
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
   * Nobody has said more of a stream than up to there: drops what is held of it, or below it, since nobody could have seen that.
   * Returns the streams of which something was dropped.
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

  /** Forgets the bodies of a stream up to a number. */
  drop(stream: StreamId, to: number): void {
    this.#bytes -= this.#streams.get(stream)?.dropTo(to) ?? 0
  }

  slice(stream: StreamId, after: number, room: number, to = Number.POSITIVE_INFINITY): Slice | undefined {
    const segments = this.#streams.get(stream)
    if (segments !== undefined) return segments.slice(after, room, to)
    // All that is asked for is gone.
    return to > after && to < Number.POSITIVE_INFINITY && this.#isClosed(stream)
      ? { bytes: noBytes, first: to + 1, last: to }
      : undefined
  }

  /** There is such a stream, though nothing of it may have come yet: it is not folded away unless it was before. */
  know(stream: StreamId): void {
    if (!this.#isClosed(stream)) this.#segmentsOf(stream)
  }

  /** That run is here, or may come back: its stream is not folded away until it is spared no more. */
  spare(stream: StreamId): void {
    this.know(stream)
    if (this.#streams.has(stream)) this.#spared.add(stream)
  }

  /**
   * The author of a stream is here, and has said so much in that run: what it says next is taken in, also if the stream was folded
   * away. What was said up to there counts as had. If more was skipped, since others have claimed that there is more, that is taken
   * back, and what else was skipped with it. Returns whether anything has changed.
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
   * Folds streams away if there are more than half as many as there may be: the earliest, of which no post is kept. Streams
   * that began after `now`, in ms since 1970, are not folded away, since whoever begins then would count as said already: if
   * there are too many of them, they are forgotten. Returns whether anything has changed.
   */
  fold(now: number): boolean {
    if (this.#streams.size <= this.#foldAbove) return false
    const most = this.#limits.streams / 2
    const quiet = [...this.#streams.keys()]
      .filter((stream) => this.#isQuiet(stream))
      .sort((one, other) => (isEarlier(epochIn(one), epochIn(other)) ? -1 : 1))
    const past = quiet.filter((stream) => millisOf(epochIn(stream)) <= now)
    const folded = past.slice(0, Math.ceil(this.#streams.size - most * (1 - freed)))
    for (const stream of folded) this.#foldAway(stream)
    const excess = Math.max(0, this.#streams.size - this.#limits.streams)
    const forgotten = excess === 0 ? [] : quiet.slice(past.length).slice(-excess)
    for (const stream of forgotten) this.#forget(stream)
    this.foldLater()
    return folded.length + forgotten.length > 0
  }

  /** What is there now is not folded away before there is more: those of these runs that are here still must be met first. */
  foldLater(): void {
    const most = this.#limits.streams / 2
    this.#foldAbove = Math.max(most, this.#streams.size + most * freed)
  }

  /** Takes as folded away what another log, or an earlier run of this one, has folded away. */
  takeFolds(folds: Folds): void {
    for (const [name, { lines, upTo }] of folds) {
      const room = this.#rooms.get(name)
      if (room === undefined) continue
      const own = room.fold ?? unfolded
      room.fold = { upTo: isEarlier(own.upTo, upTo) ? upTo : own.upTo, lines }
    }
  }

  /** So many posts that others have folded away never came here, and can't: they count as folded away here too. */
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

  /** The room of a stream, if this node takes part in it. */
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

  #segmentsOf(stream: StreamId): Segments {
    const known = this.#streams.get(stream)
    if (known !== undefined) return known
    const segments = this.#noPosts()
    this.#streams.set(stream, segments)
    return segments
  }

  /** Whether nothing is kept of a stream, and nothing is to be expected of it. */
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
    this.#skipped.delete(stream)
  }

  /** Whether nothing is known of a stream but that it is folded away, or this node takes no part in its room. */
  #isClosed(stream: StreamId): boolean {
    const room = this.#roomOf(stream)
    if (room?.fold === undefined) return room === undefined
    return covers(room.fold, stream) && !this.#streams.has(stream) && !this.#held.has(stream)
  }

  #isCovered(stream: StreamId): boolean {
    const fold = this.#roomOf(stream)?.fold
    return fold !== undefined && covers(fold, stream)
  }

  /** Takes a stream up to a number as gone, with what is held of that. */
  #skipTo(stream: StreamId, to: number): void {
    const segments = this.#segmentsOf(stream)
    this.#moved = true
    this.#bytes -= segments.skipTo(to)
    for (const n of this.#held.get(stream)?.keys() ?? []) if (n <= to) this.#release(stream, n)
  }

  #isDue({ post, rest }: Block, have = this.have(post.stream)): boolean {
    return post.n === have + 1 && this.#isMet(post) && (rest?.every((each) => this.#isMet(each.post)) ?? true)
  }

  #isMet(post: Post): boolean {
    return this.#conditionsOf(post).every(([stream, n]) => n <= this.have(stream))
  }

  /** What must be delivered before a post, besides the one before it in its stream. */
  #conditionsOf(post: Post): ReadonlyArray<Mark> {
    const before = this.#hasBefore ? this.#roomOf(post.stream)?.before : undefined
    if (before === undefined || before.has(post.stream)) return marksIn(post.deps)
    for (const [stream, n] of before) if (n <= this.have(stream)) before.delete(stream)
    return [...marksIn(post.deps), ...before]
  }

  #append(block: Block): void {
    const segments = this.#segmentsOf(block.post.stream)
    if (this.#skipped.size > 0) this.#skipped.delete(block.post.stream)
    this.#bytes +=
      block.rest === undefined
        ? segments.append(block.line)
        : segments.append(linesOf(postsIn(block)), 1 + block.rest.length)
  }

  #deliver(received: Block, delivered: Array<EncodedPost>): void {
    this.#append(received)
    this.#moved = true
    this.#see(received.post)
    delivered.push(received)
    for (const each of received.rest ?? nothingMore) {
      this.#see(each.post)
      delivered.push(each)
    }
  }

  /** Whoever answers this post stands below all that its author had seen, too. */
  #see(post: Post): void {
    const news = (this.#only ?? this.#roomOf(post.stream))?.news
    if (news === undefined) return
    if (news.size > 0) {
      for (const [stream, n] of marksIn(post.deps)) if ((news.get(stream) ?? n + 1) <= n) news.delete(stream)
    }
    news.set(post.stream, post.n)
  }

  /** When too many are held, the last ones make room: those that are due first tell what the stream waits for. */
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
    // A copy: the bytes it came with are many, and would be kept as long as it is.
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
   * Of the stream of which most is held, the last gives way to what is nearer to its turn: else the first posts of one stream, for
   * which all others wait, would find no room. Returns whether there is room.
   */
  #makeRoomFor({ n, stream }: Post): boolean {
    if (this.#held.size === 0) return false
    const most = [...this.#held].reduce((one, other) => (other[1].size > one[1].size ? other : one))
    const last = Math.max(...most[1].keys())
    if (n - this.have(stream) >= last - this.have(most[0])) return false
    this.#displace(most[0], last)
    return !this.#isFull()
  }

  /** What is held with that number gives way to something else. */
  #displace(stream: StreamId, n: number): void {
    const displaced = this.#held.get(stream)?.get(n)
    if (displaced === undefined) return
    this.#release(stream, n)
    this.#crowdOut(displaced)
  }

  /** There is no room for that block. */
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

  /** The highest number of a stream below which all is delivered or held. */
  #reached(stream: StreamId): number {
    let reached = this.have(stream)
    for (const held = this.#held.get(stream); held?.has(reached + 1) === true; ) reached += 1
    return reached
  }

  /** What is held with that number waits no more. */
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

  /** Delivers what was held, as long as one delivery makes another possible. */
  #deliverHeld(delivered: Array<EncodedPost>): void {
    for (let progress = this.#held.size > 0; progress; ) {
      progress = false
      for (const [stream, held] of this.#held) {
        for (let next = held.get(this.have(stream) + 1); next !== undefined; next = held.get(this.have(stream) + 1)) {
          if (!this.#isDue(next)) break
          this.#release(stream, next.post.n)
          this.#deliver(next, delivered)
          progress = true
        }
        for (const n of held.keys()) if (n <= this.have(stream)) this.#release(stream, n)
      }
    }
  }
}

const marksIn = (deps: Post["deps"]): ReadonlyArray<Mark> =>
  deps === noDeps ? noMarks : (Object.entries(deps) as unknown as ReadonlyArray<Mark>)

/** Instead of how far a stream had come: what was skipped of it was seen. */
const seen = Number.POSITIVE_INFINITY

const noMarks: ReadonlyArray<Mark> = []
const noRanges: ReadonlyArray<Range> = []
const nothingMore: ReadonlyArray<EncodedPost> = []

const postsIn = (block: Block): ReadonlyArray<EncodedPost> =>
  block.rest === undefined ? [block] : [block, ...block.rest]

/** The posts that are held, each under its number. */
function* heldIn(blocks: ReadonlyMap<number, Block>): Generator<Post, void> {
  for (const [n, { post, rest }] of blocks) yield n === post.n ? post : (rest?.[n - post.n - 1]?.post ?? post)
}

/** The lines of these, one after the other. */
const linesOf = (posts: ReadonlyArray<EncodedPost>): Uint8Array => {
  const lines = new Uint8Array(posts.reduce((sum, { line }) => sum + line.length, 0))
  let at = 0
  for (const { line } of posts) {
    lines.set(line, at)
    at += line.length
  }
  return lines
}

/** A count that a frame can carry. */
const atMostSafe = (count: number): number => Math.min(count, Number.MAX_SAFE_INTEGER)

const noBytes = new Uint8Array(0)
