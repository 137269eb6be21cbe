/** A call or a visit under way: the link comes up, or the attempt has failed. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { Connection } from "../../services/Transport.ts"
import {
  type ForeignChat,
  type IdLooksAlike,
  type IdTaken,
  type NotAdmitted,
  type NotInvited,
  PeerUnreachable,
  type PortTaken
} from "../../src/domain/Errors.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"
import type { Peer, PeerId } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import type { Frame } from "../../src/protocol/Frame.ts"
import type { Deadlines } from "./Deadlines.ts"
import type * as Handshake from "./Handshake.ts"
import type { Link, LinkOver } from "./Link.ts"
import type { Node } from "./Node.ts"

/** Why there is no link. */
export type CallFailed = PeerUnreachable | PortTaken | NotAdmitted | NotInvited | IdTaken | IdLooksAlike | ForeignChat

export interface Attempt {
  /** Whether it asks whoever answers to let this node in. */
  readonly joins: boolean
  /** The two are connected: what breaks from now on may be replaced by what comes of this attempt. */
  readonly connected: () => void
  /** Says what has become of it: the first time counts. What broke meanwhile may be replaced by it until then. */
  readonly settle: (outcome: Exit.Exit<void, CallFailed>) => Effect.Effect<void>
}

export const vanished = ({ address }: Peer) => new PeerUnreachable({ address, detail: "it vanished" })

export type Begin = (
  id: PeerId | undefined,
  how?: { readonly epoch?: Epoch; readonly told?: Deferred.Deferred<void, CallFailed> }
) => Attempt

/** What calls and visits are made of alike. */
export interface Entrance {
  readonly begin: Begin
  /** For those who are called to answer, and for the program to let in those who visit. */
  readonly deadlines: Deadlines
  /** How this node introduces itself on that connection. */
  readonly self: (connection: Connection) => Handshake.Self
  readonly linkOver: LinkOver
  /** Goes on with a link until it ends. */
  readonly converse: (link: Link, rest: ReadonlyArray<Frame>) => Effect.Effect<void>
}

interface Needs {
  /** A link that broke while the attempt was under way has no successor. */
  readonly lost: (link: Link, reason: LossReason) => Effect.Effect<void>
}

/** An attempt to have a link to that peer begins, or to whoever answers. `told` hears what has become of it. */
export const make =
  ({ isLeaving, peers, table }: Node, { lost }: Needs): Begin =>
  (id, { epoch, told } = {}) => {
    let over = false
    let isMeeting = false
    return {
      joins: id === undefined,
      connected: () => {
        if (id === undefined || isMeeting || over) return
        isMeeting = true
        table.begin(id)
      },
      settle: (outcome) =>
        Effect.suspend(() => {
          if (over) return Effect.void
          over = true
          const broken = id === undefined || !isMeeting ? undefined : table.end(id, epoch)
          peers.changed()
          return Effect.zipRight(
            told === undefined ? Effect.void : Deferred.done(told, outcome),
            broken === undefined || isLeaving() ? Effect.void : lost(broken.link, broken.reason)
          )
        })
    }
  }
