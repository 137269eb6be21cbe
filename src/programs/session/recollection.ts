/** What a session knows of a post besides its text. */
import { mentions } from "../../domain/Calling.ts"
import type { KeptLine } from "../../domain/Fact.ts"
import type { PeerId } from "../../domain/Peer.ts"
import { authorOf, type Post } from "../../domain/Post.ts"
import type { Session } from "./Session.ts"

/** A post as a session of that node sees it. */
export const recollection =
  ({ highlights }: Pick<Session["Type"], "highlights">, self: PeerId) =>
  (post: Post): KeptLine => {
    const own = authorOf(post.stream) === self
    return { post, own, isMention: !own && mentions(self, highlights, post.text) }
  }
