/** What a command of a registered IRC client is, and what several of them need. */
import type { Guest } from "../../services/Guests.ts"
import type { Named, PeerId } from "../../src/domain/Peer.ts"
import type { Room } from "../../src/domain/Post.ts"
import type { Person } from "../../src/protocol/irc/ChannelModes.ts"
import type { Message, Outgoing } from "../../src/protocol/irc/Message.ts"
import type { Numeric } from "../../src/protocol/irc/Numeric.ts"
import type { Lobby } from "./House.ts"
import type { Answer, Talk } from "./Talk.ts"

/** Takes a command. It answers once, now or later. */
export type Command = (talk: Talk, params: ReadonlyArray<string>, answer: Answer, message: Message) => void

/** A command that answers at once. */
export const atOnce =
  (answers: (talk: Talk, params: ReadonlyArray<string>, message: Message) => ReadonlyArray<Outgoing>): Command =>
  (talk, params, answer, message) =>
    answer(answers(talk, params, message))

/** Answers once, when so many have answered: what they have said, one after the other. */
export const together = (count: number, answer: Answer): Answer => {
  let all: ReadonlyArray<Outgoing> = []
  let left = count
  return (messages) => {
    all = [...all, ...messages]
    left -= 1
    if (left === 0) answer(all)
  }
}

export const needsMore = ({ numeric }: Talk, command: string): Outgoing =>
  numeric("ERR_NEEDMOREPARAMS", command, "Not enough parameters")

export const noSuchNick = ({ numeric }: Talk, nick: string): Outgoing => numeric("ERR_NOSUCHNICK", nick, "No such nick")

export const notOperator = ({ numeric }: Talk, name: string): Outgoing =>
  numeric("ERR_CHANOPRIVSNEEDED", name, "You're not channel operator")

export const isChannel = (name: string): boolean => name.startsWith("#")

/** The room of a channel, if there is such a room. */
export const knownRoom = ({ roomOf, rooms }: Talk, channel: string): Room | undefined => {
  const wanted = roomOf(channel)
  return rooms().find(({ room }) => room === wanted)?.room
}

/** The room of a channel that this client shows. */
export const shownRoom = (talk: Talk, channel: string): Room | undefined => {
  const room = talk.roomOf(channel)
  return room !== undefined && talk.shown().includes(room) ? room : undefined
}

/** The room of a channel that this client shows, or why it can't do anything there. */
export const placeNamed = (talk: Talk, name: string): Room | Outgoing => {
  const room = shownRoom(talk, name)
  if (room !== undefined) return room
  const isThere = knownRoom(talk, name) !== undefined
  const [numeric, words] = isThere
    ? (["ERR_NOTONCHANNEL", "You're not on that channel"] as const satisfies readonly [Numeric, string])
    : (["ERR_NOSUCHCHANNEL", "No such channel"] as const satisfies readonly [Numeric, string])
  return talk.numeric(numeric, name, words)
}

/** The guests of a node, and the one whose client this is; undefined where all clients speak as the node. */
export const asGuest = ({ house }: Talk): { readonly lobby: Lobby; readonly guest: Guest } | undefined => {
  const { lobby, self } = house
  const guest = lobby?.guests.here.get(self.id)
  return lobby === undefined || guest === undefined ? undefined : { lobby, guest }
}

/** Whether somebody has become an operator of the node by its password. */
export const isOperator = ({ personOf }: Talk, id: PeerId): boolean => personOf(id).modes.has("o")

/** A guest as the modes of a channel see it. An operator of the node is one in every channel. */
export const personIn = (talk: Talk, lobby: Lobby, guest: Guest, room: Room): Person => ({
  mask: talk.prefixOf(guest.id),
  isOperator: isOperator(talk, guest.id) || lobby.channels.has(room, guest, "o"),
  hasVoice: lobby.channels.has(room, guest, "v")
})

/** What stands before the nick of somebody in a channel: all of its prefixes, or the highest one. */
export const prefixIn = ({ has, house: { lobby } }: Talk, { id, role }: Named, room: Room | undefined): string => {
  // The server is the operator of the channels.
  if (role === "server") return "@"
  if (lobby === undefined || room === undefined) return ""
  const guest = lobby.guests.here.get(id)
  const all = `${lobby.channels.has(room, guest, "o") ? "@" : ""}${lobby.channels.has(room, guest, "v") ? "+" : ""}`
  return has("multi-prefix") ? all : all.slice(0, 1)
}
