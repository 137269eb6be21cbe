/** Posts that were shown as history, and may be delivered later all the same: they are not shown twice. */
import type { Entry } from "../../src/domain/Entry.ts"
import type { Post, StreamId } from "../../src/domain/Post.ts"
import { markOf } from "./Past.ts"

/** Mutable: the log that owns it changes it in synchronous steps. */
export class ShownBefore {
  /** The texts of these posts. The keys are marks. */
  readonly #texts = new Map<string, string>()

  /** Remembers the posts of a stream that are among the entries as history, and do not count as delivered any more. */
  expect(id: StreamId, have: number, entries: ReadonlyArray<Entry | undefined>): void {
    for (const entry of entries) {
      if (entry?._tag !== "Earlier" || entry.post.stream !== id || entry.post.n <= have) continue
      this.#texts.set(markOf(entry.post), entry.post.text)
    }
  }

  /**
   * Whether a post was shown as history with the same text, and forgets that it was. If the text differs, the peer that
   * sent the history may have lied.
   */
  take(post: Post): boolean {
    if (this.#texts.size === 0) return false
    const mark = markOf(post)
    const text = this.#texts.get(mark)
    this.#texts.delete(mark)
    return text === post.text
  }
}
