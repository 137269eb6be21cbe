/** Frames on a connection for a transfer, before it carries pieces. */
import * as Effect from "effect/Effect"
import type { Accepted, Connection } from "../../services/Transport.ts"
import type { ChatId } from "../../src/domain/Chat.ts"
import type { Named, PeerId } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import type { OfferKey } from "../../src/domain/Transfer.ts"
import { type Control, encode, naming, protocolVersion } from "../../src/protocol/Frame.ts"
import type { FileLinks } from "../LinkContract.ts"

/** What whoever comes about an offer says of itself. */
export const visitOf = (self: Named & { readonly epoch: Epoch }, chat: ChatId, to: PeerId, key: OfferKey) => ({
  protocol: protocolVersion,
  ...naming(self),
  epoch: self.epoch,
  chat,
  to,
  key
})

/** Sends one frame. */
export const say = (connection: Connection, frame: Control): void => {
  const lines = [encode(frame)]
  connection.drain(() => lines.shift())
  connection.wake()
}

/** Why an offer that is not known, or of which nothing is here, is not served. */
export const notShared = "it is not shared here"

/** Tells a visitor why it is not served, in words. */
export const refusing = (links: FileLinks | undefined, connection: Connection, detail: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (links === undefined) return Effect.void
    say(connection, { type: "refused", ...naming(links.self()), reason: "unavailable", detail })
    return Effect.asVoid(Effect.timeoutOption(connection.finish, "1 second"))
  })

/** The same, and gives up its connection. */
export const refuse = (links: FileLinks | undefined, connection: Accepted, detail: string): Effect.Effect<void> =>
  Effect.ensuring(
    refusing(links, connection, detail),
    Effect.sync(() => connection.release())
  )
