/** All posts that a node has, each once, each author's in order, no answer before its question. */
import type { Block, EncodedPost, Mark, Slice } from "../../services/MessageLog.ts"
import { defaultLimits, type Limits } from "../domain/Limits.ts"
import {
  type Epoch,
  epochIn,
  isEarlier,
  maxDeps,
  noDeps,
  type Post,
  PostNumber,
  type StreamId,
  type Summary
} from "../domain/Post.ts"
import { Segments } from "./Segments.ts"

/** So many posts of one stream wait at most for what must come before them; others come again when they are asked for. */
const maxHeld = 1_000

/** What waits takes no more memory than this, in bytes of encoded posts. */
const maxHeldBytes = 16 * 1024 * 1024

/** So many runs of each author in a room are remembered; what comes of still earlier ones counts as seen. */
const maxRuns = 64

/**
 * The rules of delivery, as plain data and plain functions: they run for every post. A post is delivered when it is the
 * next of its stream and everything that its author had seen is delivered; until then it is held. Mutable: the log that
 * has it is its only user. `sealed`: what is said and taken in are blocks, which nothing cuts.
 */
export class PostStore {
  readonly #streams = new Map<StreamId, Segments>()
  /** What waits for what must come before it, by each of its numbers. */
  readonly #held = new Map<StreamId, Map<number, Block>>()
  /** What this node has seen since it last said something, and nobody has answered yet: an answer stands below it already. */
  readonly #news = new Map<StreamId, number>()
  /** The runs of each author in each room, `author/room`, from the earliest to the latest. */
  readonly #runs = new Map<string, Array<Epoch>>()
  #own: StreamId
  readonly #limits: Pick<Limits, "pending" | "streams">
  /** What those have seen who were there before this node came, and it has yet to hear. */
  #before = new Map<StreamId, number>()
  #bytes = 0
  /** How many posts are held, each with what it waits for, since all of that is looked at again and again; and their bytes. */
  #pending = 0
  #pendingBytes = 0
  #waits = false

  readonly #sealed: boolean

  constructor(own: StreamId, limits: Pick<Limits, "pending" | "streams"> = defaultLimits, sealed = false) {
    this.#own = own
    this.#limits = limits
    this.#sealed = sealed
    this.#streams.set(own, this.#noPosts())
  }

  /** The memory that encoded posts take, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether half of the streams that it may have are there. */
  get isCrowded(): boolean {
    return this.#streams.size * 2 >= this.#limits.streams
  }

  /** Whether something of what was received last waits for what must come before it: only then is there more to ask for. */
  get waits(): boolean {
    return this.#waits
  }

  /**
   * The highest number of a stream below which nothing is missing; infinite if that run is so long ago that it is forgotten,
   * or there is no room for another stream.
   */
  have(stream: StreamId): number {
    return this.#streams.get(stream)?.last ?? (this.#isLeftOut(stream) ? Number.POSITIVE_INFINITY : 0)
  }

  summary(): Summary {
    return new Map(Array.from(this.#streams, ([stream, segments]) => [stream, segments.last]))
  }

  /** What this node's next post must stand below. */
  news(): Readonly<Record<StreamId, PostNumber>> {
    if (this.#news.size === 0) return noDeps
    return Object.fromEntries(
      Array.from(this.#news, ([stream, n]) => [stream, PostNumber.make(n)] as const).slice(0, maxDeps)
    )
  }

  /** Adds what this node says, encoded one after the other. */
  say(posts: ReadonlyArray<Post>, block: Uint8Array): void {
    for (const { deps } of posts) {
      for (const [stream, n] of marksIn(deps)) if (this.#news.get(stream) === n) this.#news.delete(stream)
    }
    this.#bytes += this.#segmentsOf(this.#own).append(block, posts.length)
  }

  /**
   * This node speaks in another stream from now on. What it has said in its present one after number `shared`, which ends a
   * block, is taken back: somebody else may have said other things under these numbers.
   */
  renew(own: StreamId, shared: number): void {
    const before = this.#segmentsOf(this.#own)
    if (shared < before.last) {
      const kept = before.upTo(shared)
      this.#bytes += kept.bytes - before.bytes
      this.#streams.set(this.#own, kept)
    }
    if (shared > 0) this.#news.set(this.#own, shared)
    this.#streams.set(own, this.#noPosts())
    const ended = this.#own
    this.#own = own
    this.#begin(ended)
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
      if (stream === this.#own) continue
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
    if (stream === this.#own) return { lost, delivered }
    for (let have = this.have(stream); have < to; have = this.have(stream)) {
      const until = Math.min(to, ...[...(this.#held.get(stream)?.keys() ?? [])].map((n) => n - 1))
      // The next is held, and waits for another stream.
      if (until <= have) break
      lost += until - have
      this.#skipTo(stream, until)
      this.#deliverHeld(delivered)
    }
    return { lost, delivered }
  }

  /**
   * Takes streams as seen that others have said; what is said next, is said by people who have seen `before` too, which
   * this node has yet to hear. Returns what could be delivered for that, in order.
   */
  adopt(seen: ReadonlyArray<Mark>, before: ReadonlyArray<Mark>): ReadonlyArray<EncodedPost> {
    const delivered: Array<EncodedPost> = []
    this.#before = new Map(before)
    for (const [stream, to] of seen) {
      if (stream !== this.#own && to > this.have(stream)) this.#skipTo(stream, to)
    }
    this.#deliverHeld(delivered)
    return delivered
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
      }
    }
    return [...refused]
  }

  /** Forgets the bodies of a stream up to a number. */
  drop(stream: StreamId, to: number): void {
    this.#bytes -= this.#streams.get(stream)?.dropTo(to) ?? 0
  }

  slice(stream: StreamId, after: number, room: number, to?: number): Slice | undefined {
    return this.#streams.get(stream)?.slice(after, room, to)
  }

  #noPosts(): Segments {
    return new Segments(0, this.#sealed)
  }

  #segmentsOf(stream: StreamId): Segments {
    const known = this.#streams.get(stream)
    if (known !== undefined) return known
    const segments = this.#noPosts()
    this.#streams.set(stream, segments)
    this.#begin(stream)
    return segments
  }

  /** Another run of an author begins: the earliest is forgotten if there are too many. */
  #begin(stream: StreamId): void {
    const place = placeOf(stream)
    const runs = this.#runs.get(place) ?? []
    this.#runs.set(place, runs)
    const epoch = epochIn(stream)
    const at = runs.findIndex((each) => isEarlier(epoch, each))
    runs.splice(at < 0 ? runs.length : at, 0, epoch)
    if (runs.length <= maxRuns) return
    const forgotten = `${place}/${runs[0]}` as StreamId
    if (forgotten === this.#own) return
    runs.shift()
    this.#bytes -= this.#streams.get(forgotten)?.skipTo(0) ?? 0
    this.#streams.delete(forgotten)
    for (const n of this.#held.get(forgotten)?.keys() ?? []) this.#release(forgotten, n)
    this.#news.delete(forgotten)
  }

  #isLeftOut(stream: StreamId): boolean {
    if (this.#streams.size >= this.#limits.streams) return true
    const runs = this.#runs.get(placeOf(stream))
    return runs?.[0] !== undefined && runs.length >= maxRuns && isEarlier(epochIn(stream), runs[0])
  }

  /** Takes a stream up to a number as gone, with what is held of that. */
  #skipTo(stream: StreamId, to: number): void {
    const segments = this.#segmentsOf(stream)
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
    if (this.#before.size === 0 || this.#before.has(post.stream)) return marksIn(post.deps)
    for (const [stream, n] of this.#before) if (n <= this.have(stream)) this.#before.delete(stream)
    return [...marksIn(post.deps), ...this.#before]
  }

  #append(block: Block): void {
    const segments = this.#segmentsOf(block.post.stream)
    this.#bytes +=
      block.rest === undefined
        ? segments.append(block.line)
        : segments.append(linesOf(postsIn(block)), 1 + block.rest.length)
  }

  #deliver(received: Block, delivered: Array<EncodedPost>): void {
    this.#append(received)
    this.#see(received.post)
    delivered.push(received)
    for (const each of received.rest ?? nothingMore) {
      this.#see(each.post)
      delivered.push(each)
    }
  }

  /** Whoever answers this post stands below all that its author had seen, too. */
  #see(post: Post): void {
    if (this.#news.size > 0) {
      for (const [stream, n] of marksIn(post.deps))
        if ((this.#news.get(stream) ?? n + 1) <= n) this.#news.delete(stream)
    }
    this.#news.set(post.stream, post.n)
  }

  /** When too many are held, the last ones make room: those that are due first tell what the stream waits for. */
  #hold(received: Block): void {
    const { stream } = received.post
    const posts = postsIn(received)
    const held = this.#held.get(stream) ?? new Map<number, Block>()
    if (this.#pending >= this.#limits.pending || this.#pendingBytes >= maxHeldBytes) return
    this.#waits = true
    if (posts.some(({ post }) => held.has(post.n))) return
    // A copy: the bytes it came with are many, and would be kept as long as it is.
    const [first = received, ...rest] = posts.map(({ line, post }) => ({ post, line: line.slice() }))
    const block: Block = rest.length === 0 ? first : { ...first, rest }
    for (const { line, post } of postsIn(block)) {
      held.set(post.n, block)
      this.#pending += 1 + Object.keys(post.deps).length
      this.#pendingBytes += line.length
    }
    this.#held.set(stream, held)
    if (held.size > maxHeld) this.#release(stream, Math.max(...held.keys()))
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

const noMarks: ReadonlyArray<Mark> = []
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

/** The author and the room of a stream. */
const placeOf = (stream: StreamId): string => stream.slice(0, stream.lastIndexOf("/"))
