/** Private messages: what one says to some, and where it stands. */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PeerId } from "./Peer.ts"
import type { PostNumber, StreamId } from "./Post.ts"

/** A private message has at most this many readers besides its author. */
export const mostReaders = 15

/** A private message. `to`: all its readers besides its author, as the author names them. */
export const Letter = Schema.Struct({
  to: Schema.Array(PeerId).pipe(Schema.minItems(1), Schema.maxItems(mostReaders)),
  text: Schema.String
})
export type Letter = typeof Letter.Type

/** Seals and opens the private messages of a node. */
export interface Letters {
  /** Whether a message can be sealed for that node: its key is known. */
  readonly knows: (id: PeerId) => boolean
  /** Seals a letter for that place, for its readers whose keys are known, and for this node. */
  readonly seal: (place: Place, letter: Letter) => Effect.Effect<string>
  /**
   * Opens the text of a post. Undefined at once if it is not for this node. Undefined later if it was made for another
   * place, or changed.
   */
  readonly open: (place: Place, text: string) => Effect.Effect<Letter | undefined> | undefined
}

/** Where a private message stands: it can be opened nowhere else. */
export interface Place {
  readonly stream: StreamId
  readonly n: PostNumber
}

/** The text that binds a sealed message to its place, and so to its author. */
export const bindingOf = ({ n, stream }: Place): string => ["outlive private", stream, n, ""].join("\n")
