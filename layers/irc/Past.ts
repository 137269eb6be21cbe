/** What was said before, as one client may see it. */
import { confidantsOf, isClosed, isIn, isPrivateStream } from "../../src/domain/Conversation.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, type Post, type Room } from "../../src/domain/Post.ts"
import { topicIn } from "../../src/domain/Topic.ts"
import type { House } from "./House.ts"

export interface Past {
  /** The posts that stand in a place: a room, or where this one speaks with others in private (`privatelyTo`). */
  readonly in: (place: Room) => ReadonlyArray<Post>
  /** All private posts. */
  readonly letters: () => ReadonlyArray<Post>
  /** What was said in a room, as far as the log keeps it, oldest first. */
  readonly said: (room: Room) => ReadonlyArray<Post>
  /** With whom something was said in private, and what that is. */
  readonly confidants: () => ReadonlyArray<PeerId>
  readonly saidWith: (id: PeerId) => ReadonlyArray<Post>
}

export const makePast = ({ posts, self }: Pick<House, "posts" | "self">): Past => {
  const inPlace = (place: Room): ReadonlyArray<Post> => posts().filter(isIn(self.id, place))
  const letters = (): ReadonlyArray<Post> => posts().filter((post) => isPrivateStream(post.stream) && !isClosed(post))
  /** With whom a private post is a conversation: its author, or its readers if this node said it. */
  const othersOf = (post: Post): ReadonlyArray<PeerId> => {
    const author = authorOf(post.stream)
    return author === self.id ? confidantsOf(self.id, post) : [author]
  }
  return {
    in: inPlace,
    letters,
    said: (room) => inPlace(room).filter(({ text }) => topicIn(text) === undefined),
    confidants: () => [...new Set(letters().flatMap(othersOf))],
    saidWith: (id) => letters().filter((post) => othersOf(post).includes(id))
  }
}
