/**
 * Modes of channels and of clients, and what needs an operator: MODE, KICK, INVITE. The modes of a channel bind the guests
 * of this node, and nobody else: rooms are open to every node of the chat.
 */
import type { Guest } from "../../services/Guests.ts"
import type { Room } from "../../src/domain/Post.ts"
import {
  type Change,
  changed,
  type EntryFault,
  initial,
  isFull,
  isHidden,
  type MaskList,
  type Modes,
  mayInvite,
  mostMasks,
  objectionToEnter,
  type Step,
  shown,
  stepsIn,
  wordsOf
} from "../../src/protocol/irc/ChannelModes.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import type { Numeric } from "../../src/protocol/irc/Numeric.ts"
import { harmless } from "../../src/protocol/irc/Speech.ts"
import { changesIn, isUserMode, type UserMode } from "../../src/protocol/irc/UserModes.ts"
import {
  asGuest,
  atOnce,
  type Command,
  isChannel,
  knownRoom,
  needsMore,
  noSuchNick,
  notOperator,
  personIn,
  placeNamed
} from "./Command.ts"
import { farewellOf, type Lobby, toAll } from "./House.ts"
import { banMaskOf, channelOf, mainChannel } from "./Messages.ts"
import type { Talk } from "./Talk.ts"

/** The modes of a channel as its guests have it. */
export const modesOf = ({ channels }: Lobby, room: Room): Modes => channels.of(room)?.modes ?? initial

// ---- Coming in

const wordsFor: Readonly<Record<EntryFault, string>> = {
  ERR_BADCHANNELKEY: "Cannot join channel (+k): the key is missing or wrong",
  ERR_BANNEDFROMCHAN: "Cannot join channel (+b): you are banned",
  ERR_INVITEONLYCHAN: "Cannot join channel (+i): an invitation is needed",
  ERR_CHANNELISFULL: "Cannot join channel (+l): it is full"
}

/**
 * Lets a guest begin to come in, or says why it may not. The function that is returned is called when it is in, or has
 * not got in: so that several who come at the same time are counted.
 */
export const letIn = (talk: Talk, room: Room, key: string): Outgoing | (() => void) => {
  const { lobby, guest } = asGuest(talk) ?? {}
  if (lobby === undefined || guest === undefined || talk.shown().includes(room)) return () => {}
  const { channels } = lobby
  const who = { mask: talk.prefixOf(guest.id), key, isInvited: channels.isInvited(room, guest) }
  const objection = objectionToEnter(modesOf(lobby, room), who, channels.of(room)?.guests ?? 0)
  if (objection === undefined) return channels.enter(room, guest)
  return talk.numeric(objection, channelOf(room), wordsFor[objection])
}

/** Whether this client is told of a channel. */
export const isToldOf = (talk: Talk, room: Room): boolean => {
  const { lobby } = talk.house
  return lobby === undefined || talk.shown().includes(room) || !isHidden(modesOf(lobby, room))
}

// ---- MODE #channel

/** The guest with that nick in a channel, or why there is none. */
const guestIn = (talk: Talk, lobby: Lobby, room: Room, nick: string): Guest | Outgoing => {
  const { house, members, numeric } = talk
  const id = members.idOf(nick)
  if (id === undefined) return noSuchNick(talk, nick)
  const guest = lobby.guests.here.get(id)
  if (guest?.rooms.has(room) === true) return guest
  return guest === undefined && members.has(id)
    ? numeric("ERR_CHANOPRIVSNEEDED", channelOf(room), `Not a guest of ${house.policy.server}: modes do not bind it`)
    : numeric("ERR_USERNOTINCHANNEL", nick, channelOf(room), "They aren't on that channel")
}

const listed: Readonly<Record<MaskList, readonly [entry: Numeric, end: Numeric, words: string]>> = {
  b: ["RPL_BANLIST", "RPL_ENDOFBANLIST", "End of channel ban list"],
  e: ["RPL_EXCEPTLIST", "RPL_ENDOFEXCEPTLIST", "End of channel exception list"],
  I: ["RPL_INVEXLIST", "RPL_ENDOFINVEXLIST", "End of channel invite exception list"]
}

const showList = ({ numeric }: Talk, name: string, modes: Modes, letter: MaskList): ReadonlyArray<Outgoing> => {
  const [entry, end, words] = listed[letter]
  return [
    ...modes.lists[letter].map(({ at, by, mask }) => numeric(entry, name, mask, by, String(Math.floor(at / 1_000)))),
    numeric(end, name, words)
  ]
}

/** What is wrong with a step, before it is looked at who wants it; undefined if it can be done. */
const faultIn = ({ numeric }: Talk, name: string, step: Step): Outgoing | undefined => {
  if (step._tag === "Unknown") return numeric("ERR_UNKNOWNMODE", step.letter, "is unknown mode char to me")
  if (step._tag === "Missing") return numeric("ERR_NEEDMOREPARAMS", `MODE ${step.letter}`, "Not enough parameters")
  if (step._tag === "Invalid") return numeric("ERR_INVALIDMODEPARAM", name, step.letter, step.value, step.words)
  return undefined
}

/** Changes a mode. Undefined if that changes nothing. */
const change = (talk: Talk, lobby: Lobby, room: Room, wanted: Change): Change | Outgoing | undefined => {
  const { channels } = lobby
  if (wanted._tag === "Rank") {
    const guest = guestIn(talk, lobby, room, wanted.value)
    if ("command" in guest) return guest
    if (channels.has(room, guest, wanted.letter) === wanted.on) return undefined
    channels.setRank(room, guest, wanted.letter, wanted.on)
    return { ...wanted, value: guest.id }
  }
  const before = modesOf(lobby, room)
  const after = changed(before, wanted, talk.nick(), talk.now())
  if (after !== before) {
    channels.setModes(room, after)
    return wanted
  }
  return wanted._tag === "Mask" && wanted.on && isFull(before, wanted.letter)
    ? talk.numeric("ERR_BANLISTFULL", channelOf(room), wanted.value, `There are ${mostMasks} already`)
    : undefined
}

const modeOfChannel = (talk: Talk, lobby: Lobby, guest: Guest, params: ReadonlyArray<string>) => {
  const [name = "", letters, ...words] = params
  const { numeric } = talk
  const asked = knownRoom(talk, name)
  if (asked === undefined || !isToldOf(talk, asked)) return [numeric("ERR_NOSUCHCHANNEL", name, "No such channel")]
  const { since } = lobby.channels.of(asked) ?? {}
  if (letters === undefined) {
    const isInside = talk.shown().includes(asked)
    return [
      numeric("RPL_CHANNELMODEIS", name, ...shown(modesOf(lobby, asked), isInside)),
      ...(since === undefined ? [] : [numeric("RPL_CREATIONTIME", name, String(Math.floor(since / 1_000)))])
    ]
  }
  const answers: Array<Outgoing> = []
  const done: Array<Change> = []
  const room = placeNamed(talk, name)
  const mayChange = personIn(talk, lobby, guest, asked).isOperator && since !== undefined
  let isRefused = false
  for (const step of stepsIn(letters, words)) {
    const fault = faultIn(talk, name, step)
    if (step._tag === "Show") answers.push(...showList(talk, name, modesOf(lobby, asked), step.letter))
    else if (fault !== undefined) answers.push(fault)
    else if (!mayChange) {
      if (!isRefused) answers.push(typeof room === "string" ? notOperator(talk, name) : room)
      isRefused = true
    } else if (isChange(step)) {
      const outcome = change(talk, lobby, asked, step)
      if (outcome !== undefined) "command" in outcome ? answers.push(outcome) : done.push(outcome)
    }
  }
  if (done.length > 0) {
    const message = { source: talk.prefixOf(guest.id), command: "MODE", params: [channelOf(asked), ...wordsOf(done)] }
    toAll(lobby, asked, message)
    // An operator of the node need not be in the channel.
    if (!talk.shown().includes(asked)) answers.push(message)
  }
  return answers
}

const isChange = (step: Step): step is Change => "on" in step

// ---- MODE nick

const modeOfGuest = (talk: Talk, lobby: Lobby, [name = "", letters]: ReadonlyArray<string>) => {
  const { house, members, numeric } = talk
  const id = members.idOf(name)
  if (id === undefined) return [noSuchNick(talk, name)]
  if (id !== house.self.id) return [numeric("ERR_USERSDONTMATCH", "Can't view or change modes of others")]
  const person = talk.personOf(id)
  if (letters === undefined) return [numeric("RPL_UMODEIS", `+${[...person.modes].sort().join("")}`)]
  const asked = changesIn(letters)
  // Nobody becomes an operator by MODE.
  const done = asked.filter(
    ({ letter, on }) => isUserMode(letter) && person.modes.has(letter) !== on && !(letter === "o" && on)
  )
  const modes = new Set(person.modes)
  for (const { letter, on } of done) {
    if (on) modes.add(letter as UserMode)
    else modes.delete(letter as UserMode)
  }
  lobby.people.set(id, { ...person, modes })
  const unknown = asked.some(({ letter }) => !isUserMode(letter))
  return [
    ...(unknown ? [numeric("ERR_UMODEUNKNOWNFLAG", "Unknown mode")] : []),
    ...(done.length === 0 ? [] : [modeSet(talk, done)])
  ]
}

/** A client is told of its own modes. */
export const modeSet = (
  { nick, prefixOf, house }: Talk,
  changes: ReadonlyArray<{ readonly letter: string; readonly on: boolean }>
): Outgoing => ({
  source: prefixOf(house.self.id),
  command: "MODE",
  params: [nick(), changes.map(({ letter, on }) => `${on ? "+" : "-"}${letter}`).join("")]
})

// ---- Where all clients speak as the node

const modeOfNode = (talk: Talk, params: ReadonlyArray<string>) => {
  const { house, members, numeric } = talk
  const [name = "", modes, ...rest] = params
  if (isChannel(name)) {
    if (knownRoom(talk, name) === undefined) return [numeric("ERR_NOSUCHCHANNEL", name, "No such channel")]
    if (modes === undefined) return [numeric("RPL_CHANNELMODEIS", name, "+n")]
    if (/^\+?b$/.test(modes) && rest.length === 0) {
      return [
        ...house.banned().map((id) => numeric("RPL_BANLIST", name, banMaskOf(id))),
        numeric("RPL_ENDOFBANLIST", name, "End of channel ban list")
      ]
    }
    return [numeric("ERR_CHANOPRIVSNEEDED", name, "Modes of channels can't be changed")]
  }
  const id = members.idOf(name)
  if (id === undefined) return [noSuchNick(talk, name)]
  if (id !== house.self.id) return [numeric("ERR_USERSDONTMATCH", "Can't view or change modes of others")]
  // Some clients set +i for themselves at each start. Nobody is more or less visible for it.
  if (modes === undefined || /^[+-]i$/.test(modes)) return [numeric("RPL_UMODEIS", "+")]
  return [numeric("ERR_UMODEUNKNOWNFLAG", "Unknown mode")]
}

export const mode: Command = atOnce((talk, params) => {
  const [name] = params
  if (name === undefined) return [needsMore(talk, "MODE")]
  const { lobby, guest } = asGuest(talk) ?? {}
  if (lobby === undefined || guest === undefined) return modeOfNode(talk, params)
  return isChannel(name) ? modeOfChannel(talk, lobby, guest, params) : modeOfGuest(talk, lobby, params)
})

// ---- KICK and INVITE

const kickGuest = (talk: Talk, lobby: Lobby, guest: Guest, params: ReadonlyArray<string>): ReadonlyArray<Outgoing> => {
  const [name = "", nick, words] = params
  if (nick === undefined) return [needsMore(talk, "KICK")]
  const room = placeNamed(talk, name)
  if (typeof room !== "string") return [room]
  if (!personIn(talk, lobby, guest, room).isOperator) return [notOperator(talk, name)]
  const found = guestIn(talk, lobby, room, nick)
  if ("command" in found) return [found]
  lobby.farewells.set(farewellOf(found.id, room), { words: harmless(words || talk.nick()), by: guest.id })
  lobby.guests.part(found, room)
  return []
}

/** Removes a guest from a channel; or somebody from the chat, at the server of a secure one. */
export const kick: Command = atOnce((talk, params) => {
  const { lobby, guest } = asGuest(talk) ?? {}
  if (lobby !== undefined && guest !== undefined) return kickGuest(talk, lobby, guest, params)
  const [channel = mainChannel, nick = ""] = params
  const { house, members, numeric, run } = talk
  if (house.self.role !== "server" || !house.accounts) {
    const words = "Only the server of a secure chat removes members: KICK, there"
    return [numeric("ERR_CHANOPRIVSNEEDED", isChannel(channel) ? channel : mainChannel, words)]
  }
  const id = members.idOf(nick)
  if (id === undefined) return [noSuchNick(talk, nick || "*")]
  run(`kick ${id}`)
  return []
})

const inviteGuest = (talk: Talk, lobby: Lobby, guest: Guest, [nick, name]: ReadonlyArray<string>) => {
  const { members, numeric } = talk
  if (nick === undefined) {
    const rooms = lobby.channels.invitations(guest)
    return [
      ...rooms.map((room) => numeric("RPL_INVITELIST", channelOf(room))),
      numeric("RPL_ENDOFINVITELIST", "End of /INVITE list")
    ]
  }
  if (name === undefined) return [needsMore(talk, "INVITE")]
  const id = members.idOf(nick)
  const invited = id === undefined ? undefined : lobby.guests.here.get(id)
  if (id === undefined || !members.has(id)) return [noSuchNick(talk, nick)]
  const room = placeNamed(talk, name)
  if (typeof room !== "string") return [room]
  const nickOf = members.nickOf(id)
  if (talk.inside(room).some((each) => each.id === id))
    return [numeric("ERR_USERONCHANNEL", nickOf, channelOf(room), "is already on channel")]
  if (!mayInvite(modesOf(lobby, room), personIn(talk, lobby, guest, room))) return [notOperator(talk, channelOf(room))]
  if (invited === undefined) {
    const words = "Only guests of this node can be invited: nodes join as they like"
    return [numeric("ERR_CHANOPRIVSNEEDED", channelOf(room), words)]
  }
  lobby.channels.invite(room, invited)
  const message = { source: talk.prefixOf(guest.id), command: "INVITE", params: [nickOf, channelOf(room)] }
  for (const [each, connection] of lobby.connections) {
    const isWitness = each !== guest && connection.has("invite-notify") && connection.shows(room)
    if (each === invited || isWitness) connection.send([message])
  }
  const { away } = talk.personOf(id)
  return [
    numeric("RPL_INVITING", nickOf, channelOf(room)),
    ...(away === undefined ? [] : [numeric("RPL_AWAY", nickOf, away)])
  ]
}

export const invite: Command = atOnce((talk, params) => {
  const { lobby, guest } = asGuest(talk) ?? {}
  if (lobby !== undefined && guest !== undefined) return inviteGuest(talk, lobby, guest, params)
  const [, name = mainChannel] = params
  const words = "Nobody needs an invitation to a channel"
  return [talk.numeric("ERR_CHANOPRIVSNEEDED", isChannel(name) ? name : mainChannel, words)]
})
