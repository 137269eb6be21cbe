/** The lines of the screen. */
import { absurd } from "./Absurd.ts"
import { actionIn, utterance } from "./Action.ts"
import { announcedIn } from "./Announcement.ts"
import { isClosed, isPrivate, isPrivateStream, readersOf } from "./Conversation.ts"
import { type Entry, isPost } from "./Entry.ts"
import { escape } from "./Escape.ts"
import { lossInWords } from "./Losses.ts"
import type { MeshEvent } from "./MeshEvent.ts"
import { formatAddress, type Named, type Peer, type PeerId, title, titlesOf } from "./Peer.ts"
import { authorOf, mainRoom, type Post, type Room, roomIn, type StreamId } from "./Post.ts"
import { serverOf } from "./Site.ts"
import { dateAndTime } from "./Time.ts"

/**
 * A line that is safe to show on a terminal: a line of the chat, or a notice, which begins with `* `. `post` is the
 * post of the line; its text ends the line. `earlier`: it was said before this run of the node.
 */
export interface ScreenLine {
  readonly _tag: "Chat" | "Notice"
  readonly text: string
  readonly post?: Post
  readonly earlier?: true
}

const chat = (text: string): ScreenLine => ({ _tag: "Chat", text })

/** A notice: a line from the program itself. */
export const notice = (text: string): ScreenLine => ({ _tag: "Notice", text: `* ${escape(text)}` })

/**
 * What a line of a room begins with where lines of the room `here` begin with nothing: `#ops `. No author's name begins
 * with `#`, so no line can pass for one of another room.
 */
export const roomMark = (room: Room, here: Room): string =>
  room === here ? "" : isPrivate(room) ? privateMark : `#${room} `

/** What a private line begins with, wherever it is shown. No author's name begins with a parenthesis. */
export const privateMark = "(private) "

/** The same in a record, which names the readers of a private line: its own author has to know them. */
const recordMark = (post: Post, here: Room): string =>
  isPrivateStream(post.stream) ? `(private to ${titlesOf(readersOf(post))}) ` : roomMark(roomIn(post.stream), here)

/** What a post announces, with its author's name. Not escaped yet. Undefined if it says something, as nearly all do. */
const announced = ({ stream, text }: Post): string | undefined => {
  const words = announcedIn(roomIn(stream), text)
  return words === undefined ? undefined : `${title(authorOf(stream))} ${words}`
}

/**
 * A post as one line with time, room, author and text. `here`: the room that goes without saying. Not escaped yet. What
 * is announced has a star in front of its author, as on the screen, so that no action can pass for it.
 */
export const recordOf = (post: Post, here: Room = mainRoom): string => {
  const { at, stream, text } = post
  const announcement = announced(post)
  const said = announcement === undefined ? utterance(authorOf(stream), text) : `* ${announcement}`
  return `${dateAndTime(at)} ${recordMark(post, here)}${said}`
}

/** A post that is shown again on request, as a notice. */
export const recalled = (post: Post, here: Room = mainRoom): ScreenLine => {
  const line = notice(recordOf(post, here))
  return announced(post) === undefined ? { ...line, post: { ...post, text: actionIn(post.text) ?? post.text } } : line
}

/**
 * The line that a node shows for an entry of its log; undefined if it shows none. `here`: the room that goes without
 * saying.
 */
export const screenLineOf = (self: Named, entry: Entry, here: Room = mainRoom): ScreenLine | undefined => {
  if (entry._tag === "Happened" && neverCameIn(entry.event)) return undefined
  if (isPost(entry) && isClosed(entry.post)) return undefined
  switch (entry._tag) {
    case "Said":
      return said(entry.post, here)
    case "Earlier":
      return { ...said(entry.post, here, "(earlier) "), earlier: true }
    case "Missed":
      return notice(missed(entry.stream, entry.count, here))
    case "Outlived":
      return notice(`${entry.count === 1 ? "1 old line" : `${entry.count} old lines`} ${areLost(entry.count)}`)
    case "Skipped":
      return notice(`${linesOf(entry.count)} came too fast to be shown`)
    case "Happened":
      return self.role === "server" ? onServer(entry.event) : onClient(self, entry.event)
    default:
      return absurd(entry)
  }
}

/** Whether a peer has gone whose arrival was never shown. */
const neverCameIn = (event: MeshEvent): boolean =>
  (event._tag === "GivenUp" && event.ghost) || (event._tag === "Left" && event.unseen === true)

const missed = (stream: StreamId, count: number, here: Room): string => {
  const room = roomIn(stream)
  const where = room === here ? "" : isPrivate(room) ? " to you alone" : ` in #${room}`
  return `${linesOf(count)} of ${title(authorOf(stream))}${where} ${areLost(count)}`
}

/** The room and the author of a stream, as its lines begin. `kind`: what stands between them. */
const headingOf = (stream: StreamId, here: Room, kind: string): string =>
  `${roomMark(roomIn(stream), here)}${kind}${title(authorOf(stream))}`

/** The stream of the last line, and what its lines begin with: most lines follow others of their stream. */
let lastStream: StreamId | undefined
let lastHere: Room | undefined
let lastHeading = ""
const usualHeadingOf = (stream: StreamId, here: Room): string => {
  if (stream !== lastStream || here !== lastHere) {
    lastStream = stream
    lastHere = here
    lastHeading = `${headingOf(stream, here, "")}: `
  }
  return lastHeading
}

const said = (post: Post, here: Room, kind = ""): ScreenLine => {
  const announcement = announced(post)
  if (announcement !== undefined) return notice(kind + announcement)
  const action = actionIn(post.text)
  if (action === undefined) {
    const heading = kind === "" ? usualHeadingOf(post.stream, here) : `${headingOf(post.stream, here, kind)}: `
    return { _tag: "Chat", text: heading + escape(post.text), post }
  }
  const text = `${headingOf(post.stream, here, kind)} ${escape(action)}`
  return { _tag: "Chat", text, post: { ...post, text: action } }
}

/** The events that servers and clients show in the same way. */
type SaidAlike = Exclude<MeshEvent, { readonly _tag: "Admitted" | "Linked" | "Left" | "Lost" | "GivenUp" }>

const onBoth = (event: SaidAlike): ScreenLine | undefined => {
  switch (event._tag) {
    case "Passing":
    // It stays in the chat.
    case "Moved":
      return undefined
    case "CatchingUp":
      return notice(
        `${title(event.peer.id)} sends ${event.count === 1 ? "1 missed line" : `${event.count} missed lines`}`
      )
    case "Unkept":
      return notice(`The log can't be written to disk (${event.detail}); the chat goes on without it`)
    case "PortOccupied":
      return notice(
        event.abandoned
          ? `Port ${event.port} still can't be used (${event.detail}); the server is now dialled from any port`
          : `Port ${event.port} can't be used to dial the server (${event.detail}); trying again`
      )
    case "Through":
      return notice(`${title(event.id)} has no direct link: its lines come through ${title(event.by.id)}`)
    case "Foreign":
      return notice(foreign(event.sought, event.found))
    case "Foreigner":
      return notice(
        `${title(event.peer.id)} belongs to another chat and was not admitted. To join this chat, it must be restarted.`
      )
    case "Claimed":
      return notice(`${title(event.peer.id)} now belongs to another server`)
    case "KeyChanged":
      return notice(
        `${title(event.id)} IS REFUSED: its key is not the one known here. Either it has a new key, or somebody pretends to be it. Compare the digits that /verify ${event.id} shows with it by voice; /trust ${event.id} accepts the new key.`
      )
    case "Expelled":
      return notice(`${title(event.id)} was ${event.barred ? "banned" : "kicked"} by the server`)
    case "Forged":
      return notice(
        event.id === event.by.id
          ? `${title(event.id)} DOES NOT SIGN ITS LINES CORRECTLY: others can't pass them on`
          : `${title(event.by.id)} PASSES ON LINES OF ${title(event.id)} WITHOUT A VALID SIGNATURE: they are not shown`
      )
    case "Contradicted":
      return notice(
        `${title(event.id)} SENT TWO DIFFERENT LINES under one number: others may see another line than you`
      )
    case "Unremembered":
      return notice(`The list of members can't be written to disk (${event.detail}); the next start may not know it`)
    case "GuestCame":
      return event.known ? notice(`${title(event.id)} is back`) : chat(`${title(event.id)}: initiated`)
    case "GuestLeft":
      return notice(`${title(event.id)} left`)
    case "GuestRenamed":
      return notice(`${title(event.before)} is now ${title(event.id)}`)
    case "GuestsGone":
      return notice(guestsGone(event))
    case "FarCame":
      return farCame(event)
    case "FarLeft":
      return notice(farLeft(event))
    default:
      return absurd(event)
  }
}

/** More names than this are counted. */
const mostNamed = 10

const guestsGone = ({ ids, lost, through }: Extract<MeshEvent, { readonly _tag: "GuestsGone" }>): string => {
  const host = title(through)
  const [first] = ids
  if (first !== undefined && ids.length === 1) {
    return `${title(first)} ${lost ? "is lost" : "left"} with ${host}: it was a guest there`
  }
  const names = ids.length > mostNamed ? "" : ` (${ids.join(", ")})`
  return `${ids.length} guests of ${host}${names} ${lost ? "are lost" : "left"} with it`
}

const farCame = ({ ids, known, site }: Extract<MeshEvent, { readonly _tag: "FarCame" }>): ScreenLine => {
  const [first] = ids
  if (first !== undefined && ids.length === 1) {
    return known ? notice(`${title(first)} is back`) : chat(`${title(first)}: initiated`)
  }
  const server = serverOf(site)
  const others = ids.filter((id) => id !== server)
  const again = known ? " again" : ""
  return notice(
    others.length < ids.length
      ? `${title(server)} takes part${again}, and ${namesOf(others)} through it`
      : `${namesOf(others)} take part through ${title(server)}${again}`
  )
}

const farLeft = ({ ids, lost, site }: Extract<MeshEvent, { readonly _tag: "FarLeft" }>): string => {
  const server = serverOf(site)
  const others = ids.filter((id) => id !== server)
  if (others.length < ids.length) {
    const went = `${title(server)} ${lost ? "is out of reach" : "has ended"}`
    return others.length === 0 ? went : `${went}, and ${namesOf(others)} with it`
  }
  const names = namesOf(others)
  return lost ? `${names} ${others.length === 1 ? "is" : "are"} lost at ${title(server)}` : `${names} left`
}

/** What people call these nodes; how many they are, if they are more than one would read. */
const namesOf = (ids: ReadonlyArray<PeerId>): string => (ids.length > mostNamed ? `${ids.length} nodes` : titlesOf(ids))

const foreign = (sought: Named, { address, id, role }: Peer): string => {
  const who = role === "server" ? "Another chat's server" : `${title(id)} of another chat`
  return sought.role === "server"
    ? `${who} answers at ${formatAddress(address)}. This chat goes on without a server and looks for its own. To join the other chat, leave and start again.`
    : `${title(sought.id)} is no longer at ${formatAddress(address)}: ${who} answers there`
}

/** Whether a peer has come that was not here before. The server of another site is never new to the chat. */
const isFirst = ({ known, newcomer, peer }: Extract<MeshEvent, { readonly _tag: "Linked" }>): boolean =>
  peer.role === "server" ? !known : newcomer

const onServer = (event: MeshEvent): ScreenLine | undefined => {
  switch (event._tag) {
    case "Admitted":
      return undefined
    case "Linked":
      return chat(`${title(event.peer.id)}: ${isFirst(event) ? "initiated" : "reconnected"}`)
    case "Left":
      return notice(`${title(event.peer.id)} left`)
    case "Lost":
      return notice(`${title(event.peer.id)} is lost: ${lossInWords[event.reason]}`)
    case "GivenUp":
      return notice(`${title(event.peer.id)} can't be reached at ${formatAddress(event.peer.address)} any more`)
    default:
      return onBoth(event)
  }
}

const onClient = (self: Named, event: MeshEvent): ScreenLine | undefined => {
  const isServer = "peer" in event && event.peer.role === "server"
  switch (event._tag) {
    case "Admitted":
      return chat(`${title(self.id)}: initiated`)
    case "Linked":
      return event.known ? notice(`${title(event.peer.id)} is back`) : chat(`${title(event.peer.id)}: initiated`)
    case "Left":
      return isServer ? chat(`${title(event.peer.id)}: terminated.`) : notice(`${title(event.peer.id)} left`)
    case "Lost":
      return notice(
        `${title(event.peer.id)} is lost: ${lossInWords[event.reason]}${isServer ? "; the chat goes on without it" : ""}`
      )
    case "GivenUp":
      return notice(`${title(event.peer.id)} can't be reached any more`)
    default:
      return onBoth(event)
  }
}

const areLost = (count: number): string => `${count === 1 ? "is" : "are"} no longer available`

export const linesOf = (count: number): string => (count === 1 ? "1 line" : `${count} lines`)

/** "last line" or "last N lines". */
export const lastLines = (count: number): string => (count === 1 ? "last line" : `last ${count} lines`)
