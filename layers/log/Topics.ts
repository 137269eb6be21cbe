/** The posts that have set the topics of rooms. */
import { isPrivateStream } from "../../src/domain/Conversation.ts"
import { type Post, type Room, roomIn } from "../../src/domain/Post.ts"
import { isLaterTopic, topicIn } from "../../src/domain/Topic.ts"

/** Mutable: the log that owns it changes it in synchronous steps. */
export class Topics {
  readonly #latest = new Map<Room, Post>()

  /** The post that has set the topic of a room last. */
  of(room: Room): Post | undefined {
    return this.#latest.get(room)
  }

  get all(): Iterable<Post> {
    return this.#latest.values()
  }

  /** Takes a post into account. Returns whether it sets the topic of its room. */
  consider(post: Post): boolean {
    // What is said in private sets no topic, whatever its form.
    if (isPrivateStream(post.stream) || topicIn(post.text) === undefined) return false
    const room = roomIn(post.stream)
    const before = this.#latest.get(room)
    if (before !== undefined && !isLaterTopic(post, before)) return false
    this.#latest.set(room, post)
    return true
  }

  /** A post is no more: it was said anew as another one. */
  forget(post: Post): void {
    const room = roomIn(post.stream)
    if (this.#latest.get(room) === post) this.#latest.delete(room)
  }
}
