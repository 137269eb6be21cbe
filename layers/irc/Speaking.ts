/** PRIVMSG and NOTICE: what a registered client says, to a channel or to somebody alone. */
import { privatelyTo } from "../../src/domain/Conversation.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { Room } from "../../src/domain/Post.ts"
import { fold } from "../../src/protocol/irc/CaseMapping.ts"
import { objectionToSpeak } from "../../src/protocol/irc/ChannelModes.ts"
import { bytesLeft, type Outgoing } from "../../src/protocol/irc/Message.ts"
import { saidIn } from "../../src/protocol/irc/Speech.ts"
import { utf8Length } from "../../src/protocol/irc/Utf8.ts"
import { asGuest, type Command, isChannel, noSuchNick, personIn, shownRoom, together } from "./Command.ts"
import { awayWords } from "./Messages.ts"
import { modesOf } from "./Modes.ts"
import type { Answer, Talk } from "./Talk.ts"

/** To so many a client may say something at once. */
export const mostTargets = 4

/** Where something is said: in a room, or to a reader alone. */
interface Place {
  readonly room: Room
  readonly reader?: PeerId
  readonly isOutside?: boolean
}

/** The channel of that name, if this client may speak there; or what speaks against it. */
const channelNamed = (talk: Talk, target: string): Place | Outgoing => {
  const { guest, lobby } = asGuest(talk) ?? {}
  const refuse = (words = "You're not on that channel") => talk.numeric("ERR_CANNOTSENDTOCHAN", target, words)
  const inside = shownRoom(talk, target)
  if (lobby === undefined || guest === undefined) return inside === undefined ? refuse() : { room: inside }
  const room = inside ?? talk.roomOf(target)
  if (room === undefined) return refuse()
  const isOutside = inside === undefined
  const objection = objectionToSpeak(modesOf(lobby, room), personIn(talk, lobby, guest, room), !isOutside)
  return objection === undefined ? { room, isOutside } : refuse(objection)
}

/** The reader of that name, or what speaks against it. */
const readerNamed = (talk: Talk, target: string): Place | Outgoing => {
  const { house, members, numeric } = talk
  const reader = members.idOf(target)
  // A guest is gone for good. To a node that is away a line waits.
  if (reader === undefined || (house.lobby !== undefined && !members.has(reader))) return noSuchNick(talk, target)
  if (reader === house.self.id)
    return numeric("ERR_CANTSENDTOUSER", target, "A private line to yourself would be seen by nobody else")
  return { room: privatelyTo([reader]), reader }
}

/** What a reader has to say to whoever writes to it: that it is away. */
const awayOf = (talk: Talk, reader: PeerId): ReadonlyArray<Outgoing> => {
  const { members, numeric, personOf } = talk
  const words = members.has(reader) ? personOf(reader).away : awayWords
  return words === undefined ? [] : [numeric("RPL_AWAY", members.nickOf(reader), words)]
}

const sayTo = (talk: Talk, command: string, target: string, text: string, answer: Answer): void => {
  const { house, numeric } = talk
  // Nobody answers a NOTICE, so that two programs never answer each other for ever.
  const refuse = (message: Outgoing): void => answer(command === "NOTICE" ? [] : [message])
  const place = isChannel(target) ? channelNamed(talk, target) : readerNamed(talk, target)
  if ("command" in place) return refuse(place)
  // Between clients of one node a line is one line, as in any network of IRC. Others would get it in pieces.
  const source = talk.prefixOf(house.self.id)
  if (house.lobby !== undefined && utf8Length(text) > bytesLeft({ source, command, params: [target] }))
    return refuse(numeric("ERR_INPUTTOOLONG", "The line is too long with your name before it"))
  const said = saidIn(text)
  if (said === undefined || said.text === "") {
    const name = place.reader === undefined ? "ERR_CANNOTSENDTOCHAN" : "ERR_CANTSENDTOUSER"
    return refuse(numeric(name, target, "Of CTCP, only ACTION can be sent"))
  }
  const away = command === "PRIVMSG" && place.reader !== undefined ? awayOf(talk, place.reader) : []
  // What a guest says is here as soon as it is said, so its reader's words need not wait for the echo.
  if (house.lobby !== undefined) talk.send(away)
  const first = house.lobby === undefined ? away : []
  const { isOutside = false, room } = place
  talk.say({ ...said, room, isNotice: command === "NOTICE", isOutside }, (messages) => answer([...first, ...messages]))
}

/** Says something to each of a list of targets. */
export const speak: Command = (talk, [list = "", text = ""], answer, { command }) => {
  const { numeric } = talk
  const refuse = (message: Outgoing): void => answer(command === "NOTICE" ? [] : [message])
  const named = list.split(",").filter((target) => target !== "")
  const targets = [...new Map(named.map((target) => [fold(target), target])).values()]
  if (targets.length === 0) return refuse(numeric("ERR_NORECIPIENT", `No recipient given (${command})`))
  if (text === "") return refuse(numeric("ERR_NOTEXTTOSEND", "No text to send"))
  if (targets.length > mostTargets)
    return refuse(numeric("ERR_TOOMANYTARGETS", list, `At most ${mostTargets} targets. Nothing was sent`))
  const each = together(targets.length, answer)
  for (const target of targets) sayTo(talk, command, target, text, each)
}
