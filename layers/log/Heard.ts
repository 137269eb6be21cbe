/** Tells who wants to know it of which streams posts of others have been added. */
import type { EncodedPost } from "../../src/domain/EncodedPost.ts"
import type { StreamId } from "../../src/domain/Post.ts"

type Look = (stream: StreamId, first: number) => void

/** Nearly no node has anybody who wants to know. */
export const makeHeard = () => {
  const looks = new Set<Look>()
  return {
    listen: (look: Look): (() => void) => {
      looks.add(look)
      return () => void looks.delete(look)
    },
    tell: (added: ReadonlyArray<EncodedPost>): void => {
      if (looks.size === 0) return
      let last: StreamId | undefined
      for (const { post } of added) {
        if (post.stream === last) continue
        last = post.stream
        for (const look of looks) look(post.stream, post.n)
      }
    }
  }
}
