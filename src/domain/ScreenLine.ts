/** What the screen says, to the letter. */
import { actionIn, utterance } from "./Action.ts"
import type { Entry } from "./Entry.ts"
import type { LossReason, MeshEvent } from "./MeshEvent.ts"
import { formatAddress, type Named, type Peer, title } from "./Peer.ts"
import { authorOf, type Post } from "./Post.ts"
import { dateAndTime } from "./Time.ts"

/**
 * A line that is safe to show on a terminal: a line of the chat, or a notice, which begins with `* `. `post` is what
 * somebody said, whose text ends the line.
 */
export interface ScreenLine {
  readonly _tag: "Chat" | "Notice"
  readonly text: string
  readonly post?: Post
}

const chat = (text: string): ScreenLine => ({ _tag: "Chat", text })

/** What the program itself has to say. */
export const notice = (text: string): ScreenLine => ({ _tag: "Notice", text: `* ${escape(text)}` })

/**
 * Text from elsewhere with everything that could act on a terminal, or hide, made visible: control characters, escape
 * sequences, bidi controls and other invisible format characters, line separators and lone surrogates show as `\u{1b}`.
 * Joiners stay, which Persian words and emoji are made with.
 */
export const escape = (text: string): string =>
  // Most lines are plain, and every line comes through here.
  /^[\x20-\x7e]*$/.test(text)
    ? text
    : text.replace(
        /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
        (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`
      )

/** A post as one line of a record: when, who, what. Not yet escaped. */
export const recordOf = ({ at, stream, text }: Post): string =>
  `${dateAndTime(at)} ${utterance(authorOf(stream), text)}`

/** What was said, shown once more to who has asked for it: a notice. */
export const recalled = (post: Post): ScreenLine => ({
  ...notice(recordOf(post)),
  post: { ...post, text: actionIn(post.text) ?? post.text }
})

/** What that node shows for an entry of its log; undefined if nothing. */
export const screenLineOf = (self: Named, entry: Entry): ScreenLine | undefined => {
  if (entry._tag === "Happened" && neverCameIn(entry.event)) return undefined
  switch (entry._tag) {
    case "Said":
      // The typist sees what was typed, not an echo.
      return entry.own ? undefined : said("", entry.post)
    case "Earlier":
      return said("(earlier) ", entry.post)
    case "Missed":
      return notice(`${linesOf(entry.count)} of ${title(authorOf(entry.stream))} can't be had any more`)
    case "Outlived":
      return notice(`${linesOf(entry.count)} of long ago can't be had any more`)
    case "Skipped":
      return notice(`${linesOf(entry.count)} went by too fast to be shown`)
    case "Happened":
      return self.role === "server" ? onServer(entry.event) : onClient(self, entry.event)
  }
}

/** Whether somebody is gone of whom nobody has heard that it came. */
const neverCameIn = (event: MeshEvent): boolean =>
  (event._tag === "GivenUp" && event.ghost) || (event._tag === "Left" && event.unseen === true)

const said = (before: string, post: Post): ScreenLine => {
  const author = title(authorOf(post.stream))
  const action = actionIn(post.text)
  return action === undefined
    ? { _tag: "Chat", text: `${before}${author}: ${escape(post.text)}`, post }
    : { _tag: "Chat", text: `${before}${author} ${escape(action)}`, post: { ...post, text: action } }
}

const onBoth = (event: MeshEvent): ScreenLine | undefined => {
  switch (event._tag) {
    case "CatchingUp":
      return notice(
        `${linesOf(event.count)} that ${event.count === 1 ? "was" : "were"} missed, from ${title(event.peer.id)}`
      )
    case "Unkept":
      return notice(`What is said can't be kept on disk (${event.detail}); the chat goes on without`)
    case "PortOccupied":
      return notice(
        event.abandoned
          ? `Port ${event.port} still can't be used (${event.detail}); the server is now dialled from any port`
          : `Port ${event.port} can't be used to dial the server (${event.detail}); it is tried again`
      )
    case "Through":
      return notice(`${title(event.id)} only through ${title(event.by.id)}`)
    case "Foreign":
      return notice(foreign(event.sought, event.found))
    case "Foreigner":
      return notice(
        `${title(event.peer.id)} is in another chat, and was not let in. To join this one, it must be started anew.`
      )
    case "Claimed":
      return notice(`Another server has ${title(event.peer.id)}`)
    case "KeyChanged":
      return notice(
        `${title(event.id)} IS REFUSED: it comes with another key than the one known here. Either it has a new one, or somebody pretends to be it. Compare with it aloud what /verify ${event.id} shows; /trust ${event.id} accepts it.`
      )
    case "Expelled":
      return notice(`${title(event.id)} was ${event.barred ? "banned" : "kicked"} by the server`)
    case "Forged":
      return notice(
        event.id === event.by.id
          ? `${title(event.id)} DOES NOT SIGN what it says as it should: nobody can hand it on`
          : `${title(event.by.id)} HANDS ON what ${title(event.id)} has not signed: it is not shown`
      )
    case "Contradicted":
      return notice(
        `${title(event.id)} HAS SAID TWO THINGS under one number: others may see another line of it than you`
      )
    case "Unremembered":
      return notice(`Who belongs to the chat can't be kept on disk (${event.detail}); the next start may not know it`)
    default:
      return undefined
  }
}

const foreign = (sought: Named, { address, id, role }: Peer): string => {
  const who = role === "server" ? "Another chat's server" : `${title(id)} of another chat`
  return sought.role === "server"
    ? `${who} answers at ${formatAddress(address)}. This chat goes on without it, and looks for its own server. To join the other chat, leave and start again.`
    : `${title(sought.id)} is not at ${formatAddress(address)} any more: ${who} answers there`
}

const onServer = (event: MeshEvent): ScreenLine | undefined => {
  switch (event._tag) {
    case "Admitted":
      return undefined
    case "Linked":
      return chat(`${title(event.peer.id)}: ${event.newcomer ? "initiated" : "reconnected"}`)
    case "Left":
      return notice(`${title(event.peer.id)} left`)
    case "Lost":
      return notice(`${title(event.peer.id)} is lost: ${meaning[event.reason]}`)
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
        `${title(event.peer.id)} is lost: ${meaning[event.reason]}${isServer ? "; everybody goes on without it" : ""}`
      )
    case "GivenUp":
      return notice(`${title(event.peer.id)} can't be reached any more`)
    default:
      return onBoth(event)
  }
}

const meaning: Record<LossReason, string> = {
  closed: "the connection broke",
  silent: "it gives no sign of life",
  malformed: "it does not keep to the protocol",
  overrun: "it does not read what it is sent",
  excessive: "it sent more than is taken here",
  dropped: "it was sent more than it takes",
  expelled: "it takes part no more",
  forged: "what it sends is not signed as it should be",
  disbelieved: "it says that what it was sent is not signed as it should be"
}

export const linesOf = (count: number): string => (count === 1 ? "1 line" : `${count} lines`)

/** So many lines, of those that somebody has said, from the last one back. */
export const lastLines = (count: number): string => (count === 1 ? "last line" : `last ${count} lines`)
