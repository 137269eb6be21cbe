/** The layers of a secure node: TLS, the roster, and its state folder. Only secure nodes load this file. */
import * as Path from "node:path"
import * as Layer from "effect/Layer"
import type { Identity } from "../services/Identity.ts"
import type { Invitations } from "../services/Invitations.ts"
import type { MemberDecisions } from "../services/MemberDecisions.ts"
import type { Membership } from "../services/Membership.ts"
import type { Transport } from "../services/Transport.ts"
import type { TrustStore } from "../services/TrustStore.ts"
import type { ChatsDiffer, LogUnavailable, NotInvited, OtherChat, StateUnavailable } from "../src/domain/Errors.ts"
import { isServerId, type PeerId, serverId } from "../src/domain/Peer.ts"
import * as FileIdentity from "./FileIdentity.ts"
import * as FileInvitations from "./FileInvitations.ts"
import * as FileTrustStore from "./FileTrustStore.ts"
import * as RosterMembership from "./RosterMembership.ts"
import * as TlsTransport from "./TlsTransport.ts"

/** The state of the node with that id, in a user's state folder. A server's is the same, whichever site it is of. */
export const state = (
  folder: string,
  id: PeerId
): Layer.Layer<Identity | TrustStore | Invitations, StateUnavailable> => {
  const own = Path.join(folder, isServerId(id) ? serverId : id)
  return Layer.mergeAll(
    FileIdentity.layer(own),
    FileTrustStore.layer(own),
    FileInvitations.layer(Path.join(own, "invitations"))
  )
}

/** `transport`: TLS alone by default. */
export const layer = <R = never>(
  settings: RosterMembership.Settings,
  folder: string,
  room: TlsTransport.Room,
  transport: Layer.Layer<Transport, never, Identity | R> = TlsTransport.layer(room)
): Layer.Layer<
  Transport | Membership | MemberDecisions,
  NotInvited | OtherChat | StateUnavailable | ChatsDiffer | LogUnavailable,
  Exclude<R, Identity | TrustStore | Invitations>
> => Layer.merge(transport, RosterMembership.layer(settings)).pipe(Layer.provide(state(folder, settings.id)))
