/** What posts and people look like over IRC, to one client or to all that have asked for the same. */
import { deedIn } from "../../src/domain/Announcement.ts"
import { confidantsOf, isPrivateStream } from "../../src/domain/Conversation.ts"
import type { Entry } from "../../src/domain/Entry.ts"
import { escape } from "../../src/domain/Escape.ts"
import { isPresenceEvent } from "../../src/domain/MeshEvent.ts"
import type { Named, PeerId } from "../../src/domain/Peer.ts"
import { authorOf, mainRoom, type Post, type Room, roomIn } from "../../src/domain/Post.ts"
import { screenLineOf } from "../../src/domain/ScreenLine.ts"
import { topicIn } from "../../src/domain/Topic.ts"
import type { Capability } from "../../src/protocol/irc/Capabilities.ts"
import { msgidOf } from "../../src/protocol/irc/History.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import { batchType, concatTag } from "../../src/protocol/irc/Multiline.ts"
import { messagesOf, multilineOf } from "../../src/protocol/irc/Speech.ts"
import type { Person } from "./House.ts"
import type { Change } from "./Members.ts"

/** The channel of a room. */
export const channelOf = (room: Room): string => `#${room}`

/** The channel of the room in which everybody is. */
export const mainChannel = channelOf(mainRoom)

/** The host of everybody, as IRC shows it. Where a node really listens, WHOIS tells. */
export const host = "outlive"

/** What a netsplit looks like to an IRC client: the names of two servers. */
const split = "peer.lost outlive.net"

/** What is said of somebody who is not there. */
export const awayWords = "There is no link to this node: it gets your lines when it is back"

/** The tag of an echo of a line that nobody has. */
const undeliveredTag = "outlive.net/undelivered"

/** Who is banned, as IRC writes it. */
export const banMaskOf = (id: PeerId): string => `*!${id}@${host}`

/** A time as IRC writes it (IRCv3, server-time). */
export const timeOf = (millis: number): string => new Date(millis).toISOString()

export const withTag = (message: Outgoing, key: string, value: string): Outgoing => ({
  ...message,
  tags: new Map([...(message.tags ?? []), [key, value]])
})

/** What happens at a time. What was said has its time already, and answers have none. */
const timed: ReadonlySet<string> = new Set(
  "AWAY INVITE JOIN KICK KILL MODE NICK NOTICE PART QUIT SETNAME TOPIC WALLOPS".split(" ")
)

/** Says when something has happened, if it is asked for. What was said has the time of its author. */
export const withTime = (has: View["has"], now: () => number, message: Outgoing): Outgoing =>
  timed.has(message.command) && has("server-time") && message.tags?.has("time") !== true
    ? withTag(message, "time", timeOf(now()))
    : message

/** For whom messages are made. */
export interface View {
  /** The node or guest to whom private posts are shown. */
  readonly self: Named
  /** What the node is called as a server of IRC. */
  readonly server: string
  readonly has: (capability: Capability) => boolean
  readonly nickOf: (id: PeerId) => string
  /** What somebody has said of itself, or else what is true of all nodes. */
  readonly personOf: (id: PeerId) => Person
  readonly accountOf: (id: PeerId) => PeerId | undefined
  /** Whether a post was said with NOTICE. */
  readonly isNotice: (post: Post) => boolean
  /** A name for a batch that no other batch has. */
  readonly newReference: () => string
}

/** Who somebody is, in front of what it does. */
export const prefixOf = ({ nickOf, personOf }: View, id: PeerId): string => `${nickOf(id)}!${personOf(id).user}@${host}`

const tagsOf = ({ has }: View, post: Post, isFirst: boolean): ReadonlyMap<string, string> => {
  const tags = new Map<string, string>()
  if (has("server-time")) tags.set("time", timeOf(post.at))
  if (isFirst && has("message-tags")) tags.set("msgid", msgidOf(post))
  return tags
}

/** A message of several lines. Its time and its name are those of the batch. */
const batchOf = (
  view: View,
  post: Post,
  target: string,
  lines: ReturnType<typeof multilineOf>
): ReadonlyArray<Outgoing> => {
  const source = prefixOf(view, authorOf(post.stream))
  const reference = view.newReference()
  const rest = [
    ["batch", reference],
    [concatTag, ""]
  ] as const
  return [
    { source, command: "BATCH", params: [`+${reference}`, batchType, target], tags: tagsOf(view, post, true) },
    ...lines.map(({ isRest, message }) => ({ ...message, tags: new Map(isRest ? rest : rest.slice(0, 1)) })),
    { source: view.server, command: "BATCH", params: [`-${reference}`] }
  ]
}

/** Where a post is shown: in its channel, with this client, or, if this node said it in private, with its readers. */
const targetsOf = ({ nickOf, self }: View, post: Post, other: PeerId | undefined): ReadonlyArray<string> => {
  if (!isPrivateStream(post.stream)) return [channelOf(roomIn(post.stream))]
  if (authorOf(post.stream) !== self.id) return [nickOf(self.id)]
  return (other === undefined ? confidantsOf(self.id, post) : [other]).map(nickOf)
}

/** What was said, as messages. `other`: with whom, if it is one of several to whom it was said in private. */
export const messagesOn = (view: View, post: Post, other?: PeerId): ReadonlyArray<Outgoing> => {
  const { has } = view
  const source = prefixOf(view, authorOf(post.stream))
  const topic = isPrivateStream(post.stream) ? undefined : topicIn(post.text)
  if (topic !== undefined) {
    const params = [channelOf(roomIn(post.stream)), escape(topic)]
    return [{ source, command: "TOPIC", params, tags: tagsOf(view, post, true) }]
  }
  const action = deedIn(post.text)
  const isNotice = view.isNotice(post)
  const spoken = { source, text: action ?? post.text, isAction: action !== undefined, clean: escape }
  return targetsOf(view, post, other).flatMap((target) => {
    const lines =
      action === undefined && has("draft/multiline") && has("batch") ? multilineOf({ ...spoken, target }) : []
    return lines.length > 1
      ? batchOf(view, post, target, lines)
      : messagesOf({ ...spoken, target }).map((message, at) => ({
          ...message,
          command: isNotice ? "NOTICE" : message.command,
          tags: tagsOf(view, post, at === 0)
        }))
  })
}

/** The same of an echo of a line that nobody has. */
export const undelivered = (view: View, messages: ReadonlyArray<Outgoing>): ReadonlyArray<Outgoing> =>
  messages.map((message) =>
    view.has("message-tags") && !message.tags?.has("batch") ? withTag(message, undeliveredTag, "") : message
  )

export const joined = (view: View, room: Room, id: PeerId): Outgoing => ({
  source: prefixOf(view, id),
  command: "JOIN",
  params: view.has("extended-join")
    ? [channelOf(room), view.accountOf(id) ?? "*", view.personOf(id).name]
    : [channelOf(room)]
})

export const parted = (view: View, room: Room, id: PeerId, reason = ""): Outgoing => ({
  source: prefixOf(view, id),
  command: "PART",
  params: [channelOf(room), ...(reason === "" ? [] : [reason])]
})

type Went = Extract<Change, { readonly _tag: "Went" }>
type Renamed = Extract<Change, { readonly _tag: "Renamed" }>

/** Whether somebody who went like that may come again: not whoever has left. */
export const isExpectedBack = (how: Went["how"]): boolean => how !== "left"

/** Somebody is gone. Who is expected back is away first. */
export const quit = (view: View, { how, id, words }: Went): ReadonlyArray<Outgoing> => {
  const source = prefixOf(view, id)
  const why = { lost: split, left: words || "left", ended: "terminated" }[how]
  return [
    ...(isExpectedBack(how) && view.has("away-notify") ? [{ source, command: "AWAY", params: [awayWords] }] : []),
    { source, command: "QUIT", params: [why] }
  ]
}

export const renamed = ({ personOf }: View, { from, id, to }: Renamed): Outgoing => ({
  source: `${from}!${personOf(id).user}@${host}`,
  command: "NICK",
  params: [to]
})

/** Somebody is away, or is back. */
export const awayOf = (view: View, id: PeerId): Outgoing => {
  const { away } = view.personOf(id)
  return { source: prefixOf(view, id), command: "AWAY", params: away === undefined ? [] : [away] }
}

/**
 * What the program says of an entry, in words; undefined if it says nothing. Who comes and goes is seen by JOIN and QUIT,
 * but for the server.
 */
export const wordsOn = (self: Named, entry: Entry): string | undefined => {
  const line = screenLineOf(self, entry)
  if (line?._tag !== "Notice") return undefined
  const isOfClient =
    entry._tag === "Happened" &&
    isPresenceEvent(entry.event) &&
    !("peer" in entry.event && entry.event.peer.role === "server")
  return isOfClient ? undefined : line.text.slice(2)
}
