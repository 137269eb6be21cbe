/** All posts that a node has, each once, each author's in order, no answer before its question. */
import type { EncodedPost, Mark, Slice } from "../../services/MessageLog.ts"
import { type Post, PostNumber, type StreamId, type Summary } from "../domain/Post.ts"
import { Segments } from "./Segments.ts"

/** So many posts of one stream wait at most for what must come before them; others come again when they are asked for. */
const maxHeld = 1_000

/**
 * The rules of delivery, as plain data and plain functions: they run for every post. A post is delivered when it is the
 * next of its stream and everything that its author had seen is delivered; until then it is held. Mutable: the log that
 * has it is its only user.
 */
export class PostStore {
  readonly #streams = new Map<StreamId, Segments>()
  /** What waits for what must come before it. */
  readonly #held = new Map<StreamId, Map<number, EncodedPost>>()
  /** Streams of others that have grown since this node last said something. */
  readonly #news = new Map<StreamId, number>()
  readonly #own: StreamId
  /** Streams that were taken as seen, and what their authors had seen that this node has not. */
  #adopted: ReadonlySet<StreamId> = new Set()
  #before: ReadonlyArray<Mark> = []
  #bytes = 0

  constructor(own: StreamId) {
    this.#own = own
    this.#streams.set(own, new Segments())
  }

  /** The memory that encoded posts take, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** The highest number of a stream below which nothing is missing. */
  have(stream: StreamId): number {
    return this.#streams.get(stream)?.last ?? 0
  }

  summary(): Summary {
    return new Map(Array.from(this.#streams, ([stream, segments]) => [stream, segments.last]))
  }

  /** What this node has seen since it last said something: what its next post must stand below. */
  news(): Record<StreamId, PostNumber> {
    return Object.fromEntries(Array.from(this.#news, ([stream, n]) => [stream, PostNumber.make(n)]))
  }

  /** Adds what this node says. */
  say(said: EncodedPost): void {
    for (const [stream, n] of depsOf(said.post)) if (this.#news.get(stream) === n) this.#news.delete(stream)
    this.#append(said)
  }

  /** Adds what an earlier run has left, in the order in which it was delivered then. */
  restore(post: EncodedPost): void {
    this.#append(post)
  }

  /** Takes in what others said; returns what could be delivered, in order. */
  receive(posts: ReadonlyArray<EncodedPost>): ReadonlyArray<EncodedPost> {
    const delivered: Array<EncodedPost> = []
    for (const received of posts) {
      const { n, stream } = received.post
      if (stream === this.#own || n <= this.have(stream)) continue
      if (this.#isDue(received)) {
        this.#deliver(received, delivered)
      } else {
        this.#hold(received)
      }
    }
    this.#deliverHeld(delivered)
    return delivered
  }

  /** Takes a stream up to a number as seen, or as gone for good; returns what could be delivered for that, in order. */
  skip(stream: StreamId, to: number): ReadonlyArray<EncodedPost> {
    if (stream === this.#own || to <= this.have(stream)) return []
    this.#bytes -= this.#segmentsOf(stream).skipTo(to)
    const held = this.#held.get(stream)
    for (const n of held?.keys() ?? []) if (n <= to) held?.delete(n)
    const delivered: Array<EncodedPost> = []
    this.#deliverHeld(delivered)
    return delivered
  }

  /**
   * Takes streams as seen that others have said; what they say next, they say having seen `before` too, which this node
   * has yet to hear.
   */
  adopt(seen: ReadonlyArray<Mark>, before: ReadonlyArray<Mark>): ReadonlyArray<EncodedPost> {
    this.#adopted = new Set(seen.map(([stream]) => stream))
    this.#before = before
    return seen.flatMap(([stream, to]) => this.skip(stream, to))
  }

  /** What must come before the posts that are held can be delivered, and is not held itself. */
  missing(): ReadonlyArray<Mark> {
    const missing = new Map<StreamId, number>()
    const need = (stream: StreamId, n: number) => {
      const lacking = n > this.have(stream) && !this.#held.get(stream)?.has(n)
      if (lacking && n > (missing.get(stream) ?? 0)) missing.set(stream, n)
    }
    for (const [stream, posts] of this.#held) {
      for (const { post } of posts.values()) {
        need(stream, post.n - 1)
        for (const [dep, n] of this.#conditionsOf(post)) need(dep, n)
      }
    }
    return [...missing]
  }

  /** Forgets the bodies of a stream up to a number. */
  drop(stream: StreamId, to: number): void {
    this.#bytes -= this.#streams.get(stream)?.dropTo(to) ?? 0
  }

  slice(stream: StreamId, after: number, room: number): Slice | undefined {
    return this.#streams.get(stream)?.slice(after, room)
  }

  #segmentsOf(stream: StreamId): Segments {
    const known = this.#streams.get(stream)
    if (known !== undefined) return known
    const segments = new Segments()
    this.#streams.set(stream, segments)
    return segments
  }

  #isDue({ post }: EncodedPost): boolean {
    return (
      post.n === this.have(post.stream) + 1 && this.#conditionsOf(post).every(([stream, n]) => n <= this.have(stream))
    )
  }

  /** What must be delivered before a post, besides the one before it in its stream. */
  #conditionsOf(post: Post): ReadonlyArray<Mark> {
    if (this.#before.length === 0 || !this.#adopted.has(post.stream)) return depsOf(post)
    this.#before = this.#before.filter(([stream, n]) => n > this.have(stream))
    return [...depsOf(post), ...this.#before]
  }

  #append({ line, post }: EncodedPost): void {
    this.#bytes += this.#segmentsOf(post.stream).append(line)
  }

  #deliver(received: EncodedPost, delivered: Array<EncodedPost>): void {
    this.#append(received)
    this.#news.set(received.post.stream, received.post.n)
    delivered.push(received)
  }

  /** When too many are held, the last ones make room: those that are due first tell what the stream waits for. */
  #hold(received: EncodedPost): void {
    const held = this.#held.get(received.post.stream) ?? new Map<number, EncodedPost>()
    held.set(received.post.n, received)
    if (held.size > maxHeld) held.delete(Math.max(...held.keys()))
    this.#held.set(received.post.stream, held)
  }

  /** Delivers what was held, as long as one delivery makes another possible. */
  #deliverHeld(delivered: Array<EncodedPost>): void {
    for (let progress = this.#held.size > 0; progress; ) {
      progress = false
      for (const [stream, held] of this.#held) {
        for (let next = held.get(this.have(stream) + 1); next !== undefined; next = held.get(this.have(stream) + 1)) {
          if (!this.#isDue(next)) break
          held.delete(next.post.n)
          this.#deliver(next, delivered)
          progress = true
        }
        for (const n of held.keys()) if (n <= this.have(stream)) held.delete(n)
        if (held.size === 0) this.#held.delete(stream)
      }
    }
  }
}

const depsOf = (post: EncodedPost["post"]): ReadonlyArray<Mark> =>
  Object.entries(post.deps) as unknown as ReadonlyArray<Mark>
