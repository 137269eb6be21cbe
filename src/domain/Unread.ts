/** What nobody has read yet at a node, in each room and conversation. */
import type { PeerId } from "./Peer.ts"
import type { Room } from "./Post.ts"

/** What came in a place since somebody has read it. */
export interface News {
  readonly lines: number
  /** How many of these lines mention the person at this node. */
  readonly mentions: number
}

export const nothing: News = { lines: 0, mentions: 0 }

/** Mutable, for the hot path: each change is one synchronous step. Counted by author, since a session may mute some. */
export class Unread {
  readonly #places = new Map<Room, Map<PeerId, News>>()

  add(place: Room, author: PeerId, isMention: boolean): void {
    let authors = this.#places.get(place)
    if (authors === undefined) {
      authors = new Map()
      this.#places.set(place, authors)
    }
    const { lines, mentions } = authors.get(author) ?? nothing
    authors.set(author, { lines: lines + 1, mentions: mentions + (isMention ? 1 : 0) })
  }

  /** Everything there is read. Returns whether anything was not. */
  clear(place: Room): boolean {
    return this.#places.delete(place)
  }

  /** What is new there, without the lines of these authors. */
  in(place: Room, muted: ReadonlySet<PeerId>): News {
    const authors = this.#places.get(place)
    if (authors === undefined) return nothing
    let [lines, mentions] = [0, 0]
    for (const [author, news] of authors) {
      if (muted.has(author)) continue
      lines += news.lines
      mentions += news.mentions
    }
    return { lines, mentions }
  }
}
