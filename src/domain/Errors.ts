/**
 * Errors as values, named after the event. Each message says what happened and what to do. They are `Data` errors,
 * because nothing is decoded to them: a Schema for each took 8 of the 45 ms that it takes to evaluate all modules at
 * each start.
 */
import * as Data from "effect/Data"
import type { LossReason } from "./MeshEvent.ts"
import { type Address, formatAddress, type Host, type Named, type PeerId, type Port, title, titlesOf } from "./Peer.ts"
import { type Epoch, mainRoom, type Room, roomTitle, type Summary } from "./Post.ts"
import { type Site, serverOf } from "./Site.ts"

/** No node answers at that address, or not in time. */
export class PeerUnreachable extends Data.TaggedError("PeerUnreachable")<{
  readonly address: Address
  readonly detail: string
}> {
  override get message() {
    return `No node can be reached at ${formatAddress(this.address)} (${this.detail}).`
  }
}

/** A node of a secure chat answers there. It tells strangers nothing else. */
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

/** Another id in the chat looks like that one. */
export class IdLooksAlike extends Data.TaggedError("IdLooksAlike")<{
  readonly id: PeerId
  readonly like: PeerId
}> {
  override get message() {
    return `The id ${this.id} looks like ${this.like}, which is taken by somebody in the chat: choose another one.`
  }
}

/**
 * A peer has posts in the stream of this run that this node never said: the node runs twice, as a copied machine does.
 * `shared`: up to these numbers both have said the same.
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
 * By its clock, this run began so long ago that others would take its posts for old ones. `after`: a run that begins
 * later than this is accepted. `shared`: posts up to these numbers have reached a peer.
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

/** The node that answers there is in another chat than this one. */
export class ForeignChat extends Data.TaggedError("ForeignChat")<Named & { readonly address: Address }> {
  override get message() {
    return this.role === "server"
      ? `Another chat's server answers at ${formatAddress(this.address)}.`
      : `${title(this.id)} at ${formatAddress(this.address)} is in another chat.`
  }
}

/** The data folder belongs to another chat than the one that this node is to join. */
export class FolderOfAnotherChat extends Data.TaggedError("FolderOfAnotherChat")<{
  readonly path: string
  readonly address: Address
}> {
  override get message() {
    return `${this.path} holds the log of another chat than the one at ${formatAddress(this.address)}: name another folder with --data, or the server of that chat with --server.`
  }
}

/** Two places where a node keeps its state belong to different chats. */
export class ChatsDiffer extends Data.TaggedError("ChatsDiffer")<{
  readonly path: string
  readonly other: string
}> {
  override get message() {
    return `${this.path} and ${this.other} belong to different chats: name another folder with --data.`
  }
}

/** Why a program must continue as a new run. */
export type Forked = StreamForked | RunOutlived

export const isForked = (error: unknown): error is Forked =>
  error instanceof StreamForked || error instanceof RunOutlived

/**
 * The node that was asked admits nobody right now; it may do so later. `rival`: it knows another run of this node's id.
 * `after`: this run began too long ago, by its clock; a run that begins later than this is admitted.
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

/** A node can't listen at that host: it is not an address of this machine. `option`: the one that has named it, if not `--host`. */
export class HostElsewhere extends Data.TaggedError("HostElsewhere")<{
  readonly host: Host
  readonly option?: "--irc" | "--web"
}> {
  override get message() {
    return `This machine can't listen at ${this.host}: name one of its own names or addresses with ${this.option ?? "--host"}.`
  }
}

/** Why a front end of the node, for IRC clients or for browsers, can't begin. */
export type FrontEndUnable = PortTaken | HostElsewhere | CertificateUnusable

/** Says of a `HostElsewhere` which option has named the host. Other errors stay as they are. */
export const namedBy =
  (option: NonNullable<HostElsewhere["option"]>) =>
  (error: FrontEndUnable): FrontEndUnable =>
    error._tag === "HostElsewhere" ? new HostElsewhere({ host: error.host, option }) : error

/** The certificate for IRC clients or for the page, or its key, can't be used. */
export class CertificateUnusable extends Data.TaggedError("CertificateUnusable")<{
  readonly of: "irc" | "web"
  readonly path: string
  readonly detail: string
}> {
  override get message() {
    return `${this.path} can't be used (${this.detail}): see --${this.of}-cert and --${this.of}-key.`
  }
}

/** Another program uses that port, or this user may not use it. `lingers`: the port may become free within seconds. */
export class PortTaken extends Data.TaggedError("PortTaken")<{
  readonly port: Port
  readonly detail: string
  readonly lingers: boolean
}> {
  override get message() {
    return `Port ${this.port} can't be used (${this.detail}): choose another one, or stop the program that uses it.`
  }
}

/** A received frame violates the protocol. */
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

/** Somebody at another site has that id. `site`: unknown while the other sites can't be asked. */
export class IdElsewhere extends Data.TaggedError("IdElsewhere")<{
  readonly id: PeerId
  readonly site: Site | undefined
}> {
  /** Why it must wait, if whoever has the id is not known to be there. */
  get detail() {
    return this.site === undefined
      ? `NATS can't be asked whether somebody at another site has the id ${this.id}`
      : `${title(this.id)} may come back at the site ${this.site}`
  }
  override get message() {
    return `The id ${this.id} is taken by somebody at ${this.site === undefined ? "another site" : `the site ${this.site}`}.`
  }
}

/** Another server uses the record of the clients' ports. */
export class PortStoreInUse extends Data.TaggedError("PortStoreInUse")<{
  readonly path: string
}> {
  override get message() {
    return `${this.path} is in use by another server: stop that one, start this one in another folder, or name another file with --ports.`
  }
}

/** The message system between the sites can't be reached, or does not answer in time. */
export class BusUnavailable extends Data.TaggedError("BusUnavailable")<{
  readonly detail: string
  /** What somebody has to do. Without it, trying again may help. */
  readonly remedy?: string | undefined
}> {
  override get message() {
    return `NATS can't be used (${this.detail})${this.remedy === undefined ? "" : `: ${this.remedy}`}.`
  }
}

/** The entry is there already, or somebody has changed it meanwhile. */
export class KeyTaken extends Data.TaggedError("KeyTaken")<{
  readonly key: string
}> {
  override get message() {
    return `Somebody else has changed ${this.key} in NATS.`
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

/** A private message can't be sealed for somebody, because its key is not known. */
export class NoKey extends Data.TaggedError("NoKey")<{ readonly id: PeerId }> {
  override get message() {
    return `No key of ${title(this.id)} is known: only members of this chat can be written to.`
  }
}

/** A guest is gone for good: whoever has its id later is somebody else. */
export class GuestGone extends Data.TaggedError("GuestGone")<{ readonly id: PeerId }> {
  override get message() {
    return `${title(this.id)} was a guest, and is gone.`
  }
}

/** Somebody takes part at another site, and no private line of a plain chat goes there. */
export class AtAnotherSite extends Data.TaggedError("AtAnotherSite")<{ readonly id: PeerId; readonly site: Site }> {
  override get message() {
    return `${title(this.id)} takes part through ${title(serverOf(this.site))}: in a chat that is not encrypted, private lines go over direct links alone.`
  }
}

/** Why nothing can be said to somebody in private. */
export type Unreachable = NoKey | GuestGone | AtAnotherSite

export const isTooLong = (result: unknown): result is LineTooLong => result instanceof LineTooLong

/** Too few peers confirmed a message in time. `outside`: a sentence that says why this node could not join. */
export class NotHeard extends Data.TaggedError("NotHeard")<{
  readonly had: number
  readonly wanted: number
  readonly room: Room
  readonly outside?: string | undefined
}> {
  override get message() {
    const where = this.room === mainRoom ? "" : ` in ${roomTitle(this.room)}`
    const peers = `${this.wanted === 1 ? "1 peer" : `${this.wanted} peers`}${where}`
    const told = `${this.had === 0 ? "None" : `Only ${this.had}`} of ${peers} confirmed the message in time`
    return this.outside === undefined
      ? `${told}: allow more time with --within, or ask for fewer peers with --wait.`
      : `${told}: this node could not join. ${this.outside} Fix that, or allow more time with --within.`
  }
}

/**
 * The reader of a private message did not confirm it in time. `keepers`: peers that have it and hand it on.
 * `outside`: a sentence that says why this node could not join.
 */
export class NotRead extends Data.TaggedError("NotRead")<{
  readonly reader: PeerId
  readonly keepers: ReadonlyArray<PeerId>
  readonly outside?: string | undefined
}> {
  override get message() {
    const reader = title(this.reader)
    if (this.outside !== undefined) {
      return `${reader} has not got the message: this node could not join. ${this.outside} Fix that, or allow more time with --within.`
    }
    const kept =
      this.keepers.length === 1
        ? `${titlesOf(this.keepers)} keeps it, and hands it on`
        : `${titlesOf(this.keepers)} keep it, and hand it on`
    return this.keepers.length === 0
      ? `${reader} has not confirmed the message in time, and nobody keeps it: allow more time with --within.`
      : `${reader} has not confirmed the message in time. ${kept} when ${reader} is there.`
  }
}

/** Those for whom an offered file is have not fetched it in time. `outside`: why this node could not join. */
export class NotFetched extends Data.TaggedError("NotFetched")<{
  readonly name: string
  /** Who has fetched it. */
  readonly had: ReadonlyArray<PeerId>
  readonly wanted: number
  readonly reader: PeerId | undefined
  readonly outside?: string | undefined
}> {
  override get message() {
    if (this.outside !== undefined) {
      return `${this.name} was not offered: this node could not join. ${this.outside} Fix that, or allow more time with --within.`
    }
    const who =
      this.reader !== undefined
        ? `${title(this.reader)} has not`
        : this.had.length === 0
          ? "Nobody has"
          : `Only ${titlesOf(this.had)} of ${this.wanted} peers ${this.had.length === 1 ? "has" : "have"}`
    return `${who} fetched ${this.name}. It can be fetched only while this program runs, or from others who have it.`
  }
}

/** Some lines of a script were not sent. The reasons were shown before. */
export class LinesRefused extends Data.TaggedError("LinesRefused")<{
  readonly count: number
}> {
  override get message() {
    return this.count === 1 ? "1 line was not sent: see above." : `${this.count} lines were not sent: see above.`
  }
}

/** stdin has no text to send. */
export class NothingToSay extends Data.TaggedError("NothingToSay") {
  override get message() {
    return "stdin is empty: there is nothing to send."
  }
}

/** A host name has no address: it is misspelt, or names can't be looked up now. */
export class HostUnknown extends Data.TaggedError("HostUnknown")<{
  readonly host: Host
}> {
  override get message() {
    return `The host ${this.host} is unknown: check its spelling, or give an IP address instead.`
  }
}

/** This node has left, and no peer has its last lines. */
export class LinesLost extends Data.TaggedError("LinesLost")<{
  readonly count: number
}> {
  override get message() {
    const those = this.count === 1 ? "Your last line is" : `Your last ${this.count} lines are`
    return `${those} lost: no peer received ${this.count === 1 ? "it" : "them"}. Wait longer with --within, or keep your log in a folder with --data.`
  }
}

/** The doctor found problems. They were shown before. */
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

/** The log would have to go to the terminal, among the lines of the chat. */
export class LogMisplaced extends Data.TaggedError("LogMisplaced") {
  override get message() {
    return "The log would be mixed with the chat: name a file with --log-file, or redirect stderr."
  }
}

/** The completions could not be installed where the shell looks for them. */
export class CompletionsUnplaced extends Data.TaggedError("CompletionsUnplaced")<{
  readonly detail: string
  readonly remedy?: string
}> {
  override get message() {
    return `The completions were not installed (${this.detail}): ${this.remedy ?? "name a shell with --shell, or print them without --install"}.`
  }
}

/** The log can't be written. The line that was to be said is not in it. */
export class LogUnavailable extends Data.TaggedError("LogUnavailable")<{
  readonly path: string
  readonly detail: string
  readonly remedy?: string
}> {
  override get message() {
    return `${this.path} can't be used (${this.detail})${this.remedy === undefined ? "" : `: ${this.remedy}`}.`
  }
}

/** Another process uses the log's folder. */
export class LogInUse extends Data.TaggedError("LogInUse")<{
  readonly path: string
}> {
  override get message() {
    return `${this.path} is in use by another outlive: stop that one, or name another folder with --data.`
  }
}

/** The node's keys and trust can't be read or written. */
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

/** This node has joined another chat before, whose server has another key. */
export class OtherChat extends Data.TaggedError("OtherChat")<{
  readonly id: PeerId
}> {
  override get message() {
    return `${title(this.id)} of this user already belongs to another chat: choose another id, or another folder with --state.`
  }
}

/** An invitation must contain the server's address, which is not known yet. */
export class AddressUnknown extends Data.TaggedError("AddressUnknown") {
  override get message() {
    return "The server's address is not known yet: start the server with --host HOST, or give its address with --server HOST:PORT."
  }
}

/** No invitation, or more than one, has a name that begins like this. */
export class InvitationUnknown extends Data.TaggedError("InvitationUnknown")<{
  readonly name: string
  readonly found: number
}> {
  override get message() {
    return `${this.found === 0 ? "No invitation has a name that begins" : `${this.found} invitations have names that begin`} with ${this.name}: outlive invite --list shows all names.`
  }
}

/** This node takes part in as many rooms as its limit allows. */
export class RoomsFull extends Data.TaggedError("RoomsFull")<{
  readonly most: number
}> {
  override get message() {
    return `This node takes part in ${this.most} rooms, and in no more: leave one first, or raise --limit-rooms.`
  }
}

/** Nobody has the last lines that this node said in a room. */
export class RoomUndelivered extends Data.TaggedError("RoomUndelivered")<{
  readonly count: number
}> {
  override get message() {
    return `Nobody has ${this.count === 1 ? "your last line" : `your last ${this.count} lines`} there yet.`
  }
}

/** The bytes are no manifest of offered files. */
export class ManifestMalformed extends Data.TaggedError("ManifestMalformed")<{
  readonly detail: string
}> {
  override get message() {
    return `The list of the offered files can't be used: ${this.detail}.`
  }
}

/** A file that was to be offered can't be read, or is neither a file nor a folder. */
export class FileUnreadable extends Data.TaggedError("FileUnreadable")<{
  readonly path: string
  readonly detail: string
}> {
  override get message() {
    return `${this.path} can't be read (${this.detail}).`
  }
}

/** A file is not what it was when it was offered. */
export class FileChanged extends Data.TaggedError("FileChanged")<{
  readonly path: string
}> {
  override get message() {
    return `${this.path} has changed since it was offered: offer it again.`
  }
}

/** What was to be offered is too large, or too many files. */
export class TooMuch extends Data.TaggedError("TooMuch")<{
  readonly detail: string
}> {
  override get message() {
    return `That can't be offered: ${this.detail}.`
  }
}

/** Somebody has given up what was being read to be offered. */
export class OfferGivenUp extends Data.TaggedError("OfferGivenUp")<{
  readonly names: ReadonlyArray<string>
}> {
  override get message() {
    return `${this.names.join(", ")} is not offered: reading was given up.`
  }
}

/** What is fetched can't be put into a folder. */
export class FolderUnusable extends Data.TaggedError("FolderUnusable")<{
  readonly path: string
  readonly detail: string
  readonly remedy?: string
}> {
  override get message() {
    return `${this.path} can't be used (${this.detail}): ${this.remedy ?? "name another folder with --downloads"}.`
  }
}

/** There is no room for what is fetched. */
export class DiskFull extends Data.TaggedError("DiskFull")<{
  readonly path: string
  readonly detail: string
}> {
  override get message() {
    return `There is no room for ${this.path} (${this.detail}): free some space, and get it again. What is there already is kept.`
  }
}
