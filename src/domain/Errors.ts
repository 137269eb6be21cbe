/**
 * What can go wrong, as values named after the event. Each message says what happened and what to do. Of `Data` rather than
 * `Schema`: nothing is decoded to them, and a Schema for each took 8 of the 45 ms that it takes to evaluate all modules at each start.
 */
import * as Data from "effect/Data"
import type { LossReason } from "./MeshEvent.ts"
import { type Address, formatAddress, type Host, type Named, type PeerId, type Port, title } from "./Peer.ts"
import type { Epoch, Summary } from "./Post.ts"

/** Nobody answers there, or not in time. */
export class PeerUnreachable extends Data.TaggedError("PeerUnreachable")<{
  readonly address: Address
  readonly detail: string
}> {
  override get message() {
    return `No node can be reached at ${formatAddress(this.address)} (${this.detail}).`
  }
}

/** Somebody answers there, and tells strangers no more than that: it is a node of a secure chat. */
export class StrangersTurnedAway extends Data.TaggedError("StrangersTurnedAway")<{
  readonly address: Address
}> {
  override get message() {
    return `The node at ${formatAddress(this.address)} is in a secure chat, and answers members only.`
  }
}

/** The server that introduces everyone can't be reached. */
export class ServerUnreachable extends Data.TaggedError("ServerUnreachable")<{
  readonly address: Address
  readonly detail: string
}> {
  override get message() {
    return `The server at ${formatAddress(this.address)} can't be reached (${this.detail}).`
  }
}

/** The link to the server ended: it said goodbye, or it is dead, frozen or cut off. */
export class ServerLost extends Data.TaggedError("ServerLost") {}

/** A link ended without a goodbye. */
export class PeerLost extends Data.TaggedError("PeerLost")<{
  readonly reason: LossReason
}> {}

/** Somebody in the chat has that id. */
export class IdTaken extends Data.TaggedError("IdTaken")<{
  readonly id: PeerId
}> {
  override get message() {
    return `The id ${this.id} is taken by somebody in the chat: choose another one.`
  }
}

/** Somebody in the chat has an id that people can't tell from that one. */
export class IdLooksAlike extends Data.TaggedError("IdLooksAlike")<{
  readonly id: PeerId
  readonly like: PeerId
}> {
  override get message() {
    return `The id ${this.id} looks like ${this.like}, which is taken by somebody in the chat: choose another one.`
  }
}

/**
 * Somebody has what this run of this node never said, in its own stream: it runs twice, as a copied machine does. `shared`: up to
 * these numbers both have said the same.
 */
export class StreamForked extends Data.TaggedError("StreamForked")<{
  readonly id: PeerId
  readonly shared: Summary
}> {
  override get message() {
    return `Others have lines of ${title(this.id)} that this program did not send; perhaps it runs twice. It starts a new run.`
  }
}

/**
 * This run began so long ago, by its clock, that others would take what it says for said already. `after`: one that begins later
 * than that is taken; `shared`: what this one has said up to these numbers has reached somebody.
 */
export class RunOutlived extends Data.TaggedError("RunOutlived")<{
  readonly id: PeerId
  readonly shared: Summary
  readonly after: Epoch
}> {
  override get message() {
    return `By the clock of this machine, ${title(this.id)} started too long ago: others can't tell its lines from old ones. It starts a new run. Check the clock.`
  }
}

/** Whoever answers there is in another chat than this node. */
export class ForeignChat extends Data.TaggedError("ForeignChat")<Named & { readonly address: Address }> {
  override get message() {
    return this.role === "server"
      ? `Another chat's server answers at ${formatAddress(this.address)}.`
      : `${title(this.id)} at ${formatAddress(this.address)} is in another chat.`
  }
}

/** What this node keeps is of another chat than the one that it is to join. */
export class FolderOfAnotherChat extends Data.TaggedError("FolderOfAnotherChat")<{
  readonly path: string
  readonly address: Address
}> {
  override get message() {
    return `${this.path} holds the log of another chat than the one at ${formatAddress(this.address)}: name another folder with --data, or the server of that chat with --server.`
  }
}

/** What a node keeps in two places is of two chats. */
export class ChatsDiffer extends Data.TaggedError("ChatsDiffer")<{
  readonly path: string
  readonly other: string
}> {
  override get message() {
    return `${this.path} and ${this.other} belong to different chats: name another folder with --data.`
  }
}

/** Why a program must go on under a new run. */
export type Forked = StreamForked | RunOutlived

export const isForked = (error: unknown): error is Forked =>
  error instanceof StreamForked || error instanceof RunOutlived

/**
 * Whoever was asked does not let anybody in just now; it may do so later. `rival`: since it knows another run of this node's id.
 * `after`: since this run began so long ago, by its clock; one that begins later than that is let in.
 */
export class NotAdmitted extends Data.TaggedError("NotAdmitted")<{
  readonly id: PeerId
  readonly detail: string
  readonly rival?: boolean
  readonly after?: Epoch | undefined
}> {
  override get message() {
    return `${title(this.id)} admits nobody right now (${this.detail}).`
  }
}

/** A node can't listen at that host: it is not this machine. */
export class HostElsewhere extends Data.TaggedError("HostElsewhere")<{
  readonly host: Host
}> {
  override get message() {
    return `This machine can't listen at ${this.host}: name one of its own names or addresses with --host.`
  }
}

/** Another program uses that port, or this user may not. `lingers`: perhaps only for some seconds more. */
export class PortTaken extends Data.TaggedError("PortTaken")<{
  readonly port: Port
  readonly detail: string
  readonly lingers: boolean
}> {
  override get message() {
    return `Port ${this.port} can't be used (${this.detail}): choose another one, or stop the program that uses it.`
  }
}

/** What came over a link is not in the protocol. */
export class FrameMalformed extends Data.TaggedError("FrameMalformed")<{
  readonly detail: string
}> {}

/** The record of the clients' ports can't be read or written. */
export class PortStoreUnavailable extends Data.TaggedError("PortStoreUnavailable")<{
  readonly path: string
  readonly detail: string
  readonly remedy?: string
}> {
  override get message() {
    return `${this.path} can't be used (${this.detail}): ${this.remedy ?? "start the server in a folder that you can write to, or name another file with --ports"}.`
  }
}

/** Another server has the record of the clients' ports. */
export class PortStoreInUse extends Data.TaggedError("PortStoreInUse")<{
  readonly path: string
}> {
  override get message() {
    return `${this.path} is in use by another server: stop that one, start this one in another folder, or name another file with --ports.`
  }
}

/** A line is too long to be sent as one post. */
export class LineTooLong extends Data.TaggedError("LineTooLong")<{
  readonly bytes: number
  readonly limit: number
}> {
  override get message() {
    return `The line was not sent: it has ${this.bytes} bytes, and the limit is ${this.limit}.`
  }
}

export const isTooLong = (result: unknown): result is LineTooLong => result instanceof LineTooLong

/** What was to reach so many peers has not reached them in time. `outside`: why this node could not join, a sentence. */
export class NotHeard extends Data.TaggedError("NotHeard")<{
  readonly had: number
  readonly wanted: number
  readonly outside?: string | undefined
}> {
  override get message() {
    const peers = this.wanted === 1 ? "1 peer" : `${this.wanted} peers`
    const told = `${this.had === 0 ? "None" : `Only ${this.had}`} of ${peers} confirmed the message in time`
    return this.outside === undefined
      ? `${told}: allow more time with --within, or ask for fewer peers with --wait.`
      : `${told}: this node could not join. ${this.outside} Fix that, or allow more time with --within.`
  }
}

/** Some of what a script wanted to say was not said; why, was said then. */
export class LinesRefused extends Data.TaggedError("LinesRefused")<{
  readonly count: number
}> {
  override get message() {
    return this.count === 1 ? "1 line was not sent: see above." : `${this.count} lines were not sent: see above.`
  }
}

/** There is no text to say. */
export class NothingToSay extends Data.TaggedError("NothingToSay") {
  override get message() {
    return "stdin is empty: there is nothing to send."
  }
}

/** A name stands for no address: it is mistyped, or names can't be looked up now. */
export class HostUnknown extends Data.TaggedError("HostUnknown")<{
  readonly host: Host
}> {
  override get message() {
    return `The host ${this.host} is unknown: check its spelling, or give an IP address instead.`
  }
}

/** This node has left, and nobody has what it said last. */
export class LinesLost extends Data.TaggedError("LinesLost")<{
  readonly count: number
}> {
  override get message() {
    const those = this.count === 1 ? "Your last line is" : `Your last ${this.count} lines are`
    return `${those} lost: no peer received ${this.count === 1 ? "it" : "them"}. Wait longer with --within, or keep your log in a folder with --data.`
  }
}

/** Something is wrong with where this node would run; what, was said before. */
export class Unwell extends Data.TaggedError("Unwell")<{
  readonly count: number
}> {
  override get message() {
    return `${this.count === 1 ? "1 problem" : `${this.count} problems`} found: see above.`
  }
}

/** A command line can't be understood. `page`: more than a sentence, where that helps more. */
export class CommandLineWrong extends Data.TaggedError("CommandLineWrong")<{
  readonly sentence: string
  readonly page?: string
}> {
  override get message() {
    return this.page ?? this.sentence
  }
}

/** The file with a user's settings can't be understood. */
export class SettingsUnusable extends Data.TaggedError("SettingsUnusable")<{
  readonly path: string
  readonly detail: string
}> {
  override get message() {
    return `${this.path} can't be used (${this.detail}): fix it, or name another file with OUTLIVE_CONFIG.`
  }
}

/** There is nowhere to put a log but among the lines of the chat. */
export class LogMisplaced extends Data.TaggedError("LogMisplaced") {
  override get message() {
    return "The log would be mixed with the chat: name a file with --log-file, or redirect stderr."
  }
}

/** A shell's completions could not be put where it looks for them. */
export class CompletionsUnplaced extends Data.TaggedError("CompletionsUnplaced")<{
  readonly detail: string
  readonly remedy?: string
}> {
  override get message() {
    return `The completions were not installed (${this.detail}): ${this.remedy ?? "name a shell with --shell, or print them without --install"}.`
  }
}

/** The log can't be written: what was to be said is not in it. */
export class LogUnavailable extends Data.TaggedError("LogUnavailable")<{
  readonly path: string
  readonly detail: string
  readonly remedy?: string
}> {
  override get message() {
    return `${this.path} can't be used (${this.detail})${this.remedy === undefined ? "" : `: ${this.remedy}`}.`
  }
}

/** Another process has the log's folder. */
export class LogInUse extends Data.TaggedError("LogInUse")<{
  readonly path: string
}> {
  override get message() {
    return `${this.path} is in use by another outlive: stop that one, or name another folder with --data.`
  }
}

/** What a node keeps of itself and of the others can't be read or written. */
export class StateUnavailable extends Data.TaggedError("StateUnavailable")<{
  readonly path: string
  readonly detail: string
  readonly remedy?: string
}> {
  override get message() {
    return `${this.path} can't be used (${this.detail}): ${this.remedy ?? "name another folder with --state"}.`
  }
}

/** This node does not know the chat's server, or is not known to it. */
export class NotInvited extends Data.TaggedError("NotInvited")<{
  readonly id: PeerId
}> {
  override get message() {
    return `${title(this.id)} is not invited: ask the person who runs the server for an invitation (outlive invite), then run outlive join LINK ${this.id}.`
  }
}

/** This node has joined another chat before, whose server it knows by another key. */
export class OtherChat extends Data.TaggedError("OtherChat")<{
  readonly id: PeerId
}> {
  override get message() {
    return `${title(this.id)} of this user already belongs to another chat: choose another id, or another folder with --state.`
  }
}

/** An invitation must say where the server is, and nobody has said so yet. */
export class AddressUnknown extends Data.TaggedError("AddressUnknown") {
  override get message() {
    return "The server's address is not known yet: start the server with --host HOST, or give its address with --server HOST:PORT."
  }
}

/** No invitation has that name, or several have. */
export class InvitationUnknown extends Data.TaggedError("InvitationUnknown")<{
  readonly name: string
  readonly found: number
}> {
  override get message() {
    return `${this.found === 0 ? "No invitation has a name that begins" : `${this.found} invitations have names that begin`} with ${this.name}: outlive invite --list shows all names.`
  }
}
