/** What dialling and accepting share. */
import * as Deferred from "effect/Deferred"
import type * as Effect from "effect/Effect"
import type { Connection } from "../../services/Transport.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import type { Frame } from "../../src/protocol/Frame.ts"
import type { Replication } from "../LinkContract.ts"
import type { Attempt, CallFailed } from "./Attempt.ts"
import type { Deadlines } from "./Deadlines.ts"
import type * as Handshake from "./Handshake.ts"
import type { Link, LinkOver } from "./Link.ts"
import type { Node } from "./Node.ts"

/** Begins an attempt to get a link to a peer, or to any node that answers. `told` gets the result. */
export type Begin = (
  id: PeerId | undefined,
  how?: { readonly epoch?: Epoch; readonly told?: Deferred.Deferred<void, CallFailed> }
) => Attempt

export interface Entrance {
  readonly begin: Begin
  /** The time limit for the answer of a dialled node, and for the program to admit a visitor. */
  readonly deadlines: Deadlines
  /** This node's introduction on that connection. */
  readonly self: (connection: Connection) => Handshake.Self
  readonly linkOver: LinkOver
  /** Serves a link from now on, until it ends. */
  readonly converse: (link: Link, rest: ReadonlyArray<Frame>) => void
  readonly replication: Replication<unknown>
}

interface Needs {
  /** A link that broke during the attempt was not replaced. */
  readonly lost: (link: Link, reason: LossReason) => Effect.Effect<void>
}

export const beginning =
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
      settle: (outcome) => {
        if (over) return undefined
        over = true
        const broken = id === undefined || !isMeeting ? undefined : table.end(id, epoch)
        peers.changed()
        if (told !== undefined) Deferred.unsafeDone(told, outcome)
        return broken === undefined || isLeaving() ? undefined : lost(broken.link, broken.reason)
      }
    }
  }
