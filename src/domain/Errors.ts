/** What can go wrong, as values named after the event. Each message says what happened and what to do. */
import * as Schema from "effect/Schema"
import { Address, formatAddress, Host, PeerId, Port, title } from "./Peer.ts"

/** Nobody answers there, or not in time. */
export class PeerUnreachable extends Schema.TaggedError<PeerUnreachable>()("PeerUnreachable", {
  address: Address,
  detail: Schema.String
}) {
  override get message() {
    return `Nobody can be reached at ${formatAddress(this.address)} (${this.detail}).`
  }
}

/** The server that introduces everyone can't be reached. */
export class ServerUnreachable extends Schema.TaggedError<ServerUnreachable>()("ServerUnreachable", {
  address: Address,
  detail: Schema.String
}) {
  override get message() {
    return `The server at ${formatAddress(this.address)} can't be reached (${this.detail}).`
  }
}

/** The link to the server ended: it said goodbye, or it is dead, frozen or cut off. */
export class ServerLost extends Schema.TaggedError<ServerLost>()("ServerLost", {}) {}

/** A link ended without a goodbye. */
export class PeerLost extends Schema.TaggedError<PeerLost>()("PeerLost", {
  reason: Schema.Literal("closed", "silent", "malformed", "overrun", "excessive", "dropped", "expelled")
}) {}

/** Somebody in the chat has that id. */
export class IdTaken extends Schema.TaggedError<IdTaken>()("IdTaken", { id: PeerId }) {
  override get message() {
    return `The id ${this.id} is taken by somebody in the chat: choose another one.`
  }
}

/** Somebody has what this run of this node never said, in its own stream: it runs twice, as a copied machine does. */
export class StreamForked extends Schema.TaggedError<StreamForked>()("StreamForked", { id: PeerId }) {
  override get message() {
    return `Somebody has lines of ${title(this.id)} that were not said here, as if this program ran twice: it begins anew.`
  }
}

export const isForked = (error: unknown): error is StreamForked => error instanceof StreamForked

/** Whoever was asked does not let anybody in just now; it may do so later. */
export class NotAdmitted extends Schema.TaggedError<NotAdmitted>()("NotAdmitted", {
  id: PeerId,
  detail: Schema.String
}) {
  override get message() {
    return `${title(this.id)} lets nobody in just now (${this.detail}).`
  }
}

/** A node can't listen at that host: it is not this machine. */
export class HostElsewhere extends Schema.TaggedError<HostElsewhere>()("HostElsewhere", { host: Host }) {
  override get message() {
    return `This machine can't listen at ${this.host}: name one of its own names or addresses with --host.`
  }
}

/** Another program uses that port, or this user may not. `lingers`: perhaps only for some seconds more. */
export class PortTaken extends Schema.TaggedError<PortTaken>()("PortTaken", {
  port: Port,
  detail: Schema.String,
  lingers: Schema.Boolean
}) {
  override get message() {
    return `Port ${this.port} can't be used (${this.detail}): choose another one, or end the program that has it.`
  }
}

/** What came over a link is not in the protocol. */
export class FrameMalformed extends Schema.TaggedError<FrameMalformed>()("FrameMalformed", {
  detail: Schema.String
}) {}

/** The record of the clients' ports can't be read or written. */
export class PortStoreUnavailable extends Schema.TaggedError<PortStoreUnavailable>()("PortStoreUnavailable", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.path} can't be used (${this.detail}): start the server in a folder that you can write to, or name another file with --ports.`
  }
}

/** A line is too long to be sent as one post. */
export class LineTooLong extends Schema.TaggedError<LineTooLong>()("LineTooLong", {
  bytes: Schema.Int,
  limit: Schema.Int
}) {
  override get message() {
    return `That line takes ${this.bytes} bytes and was not sent: the limit is ${this.limit}.`
  }
}

/** What was to reach so many peers has not reached them in time. */
export class NotHeard extends Schema.TaggedError<NotHeard>()("NotHeard", {
  had: Schema.Int,
  wanted: Schema.Int
}) {
  override get message() {
    const those = this.wanted === 1 ? "1 peer" : `${this.wanted} peers`
    return `Of ${those} that should have it, ${this.had === 0 ? "none has" : `only ${this.had} ${this.had === 1 ? "has" : "have"}`} said so in time: see who is there with /who, or give it longer with --within.`
  }
}

/** Something is wrong with where this node would run; what, was said before. */
export class Unwell extends Schema.TaggedError<Unwell>()("Unwell", { count: Schema.Int }) {
  override get message() {
    return `${this.count === 1 ? "1 thing is" : `${this.count} things are`} wrong: see above.`
  }
}

/** The file with a user's settings can't be understood. */
export class SettingsUnusable extends Schema.TaggedError<SettingsUnusable>()("SettingsUnusable", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.path} can't be used (${this.detail}): mend it, or name another file with OUTLIVE_CONFIG.`
  }
}

/** There is nowhere to put a log but among the lines of the chat. */
export class LogMisplaced extends Schema.TaggedError<LogMisplaced>()("LogMisplaced", {}) {
  override get message() {
    return "Logs would stand among the lines of the chat: name a file with --log-file, or redirect stderr."
  }
}

/** A shell's completions could not be put where it looks for them. */
export class CompletionsUnplaced extends Schema.TaggedError<CompletionsUnplaced>()("CompletionsUnplaced", {
  detail: Schema.String
}) {
  override get message() {
    return `The completions were not installed (${this.detail}): name a shell with --shell, or print them without --install.`
  }
}

/** The log can't be written: what was to be said is not in it. */
export class LogUnavailable extends Schema.TaggedError<LogUnavailable>()("LogUnavailable", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.path} can't be used (${this.detail}).`
  }
}

/** Another process has the log's folder. */
export class LogInUse extends Schema.TaggedError<LogInUse>()("LogInUse", { path: Schema.String }) {
  override get message() {
    return `${this.path} is in use by another outlive: end that one, or name another folder with --data.`
  }
}

/** What a node keeps of itself and of the others can't be read or written. */
export class StateUnavailable extends Schema.TaggedError<StateUnavailable>()("StateUnavailable", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.path} can't be used (${this.detail}); another folder can be named with --state.`
  }
}

/** This node does not know the chat's server, or is not known to it. */
export class NotInvited extends Schema.TaggedError<NotInvited>()("NotInvited", { id: PeerId }) {
  override get message() {
    return `${title(this.id)} is not invited: ask whoever runs the server for an invitation (outlive invite), and come with outlive join LINK ${this.id}.`
  }
}

/** This node has joined another chat before, whose server it knows by another key. */
export class OtherChat extends Schema.TaggedError<OtherChat>()("OtherChat", { id: PeerId }) {
  override get message() {
    return `${title(this.id)} of this user belongs to another chat already: take another id, or another folder with --state.`
  }
}

/** An invitation must say where the server is, and nobody has said so yet. */
export class AddressUnknown extends Schema.TaggedError<AddressUnknown>()("AddressUnknown", {}) {
  override get message() {
    return "It is not known by which address others reach the server: start it with --host HOST, or name it with --server HOST:PORT."
  }
}

/** No invitation has that name, or several have. */
export class InvitationUnknown extends Schema.TaggedError<InvitationUnknown>()("InvitationUnknown", {
  name: Schema.String,
  found: Schema.Int
}) {
  override get message() {
    return `${this.found === 0 ? "No invitation is" : `${this.found} invitations are`} called ${this.name}: outlive invite --list shows their names.`
  }
}
