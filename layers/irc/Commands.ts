/** What a registered IRC client can ask for. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { formatAddress, type Named, type PeerId } from "../../src/domain/Peer.ts"
import { dateAndTime } from "../../src/domain/Time.ts"
import { isSame } from "../../src/protocol/irc/CaseMapping.ts"
import { mostAtOnce, requestIn, select } from "../../src/protocol/irc/History.ts"
import type { Message, Outgoing } from "../../src/protocol/irc/Message.ts"
import { roomIn } from "../../src/protocol/irc/Message.ts"
import { piecesOf } from "../../src/protocol/irc/Pieces.ts"
import { saidIn } from "../../src/protocol/irc/Speech.ts"
import { type Answer, host, mainChannel, type Talk, timeOf } from "./Talk.ts"

/** Takes a command. It answers once, now or later. */
type Command = (talk: Talk, params: ReadonlyArray<string>, answer: Answer, message: Message) => void

/** A command that answers at once. */
const atOnce =
  (answers: (talk: Talk, params: ReadonlyArray<string>, message: Message) => ReadonlyArray<Outgoing>): Command =>
  (talk, params, answer, message) =>
    answer(answers(talk, params, message))

/** The longest name of a channel: `#`, and a room. */
const mostOfChannel = 33

/** The longest nick: an id, a bar and four digits. */
const mostOfNick = 37

/** What there is, and what there is not (modern.ircdocs.horse, RPL_ISUPPORT). */
const support: ReadonlyArray<string> = [
  "CASEMAPPING=ascii",
  `CHANNELLEN=${mostOfChannel}`,
  "CHANMODES=b,,,n",
  "CHANTYPES=#",
  `CHATHISTORY=${mostAtOnce}`,
  "CLIENTTAGDENY=*",
  "MAXTARGETS=1",
  "MODES=1",
  "MSGREFTYPES=msgid,timestamp",
  "NETWORK=outlive",
  `NICKLEN=${mostOfNick}`,
  "PREFIX=(o)@",
  "TARGMAX=JOIN:,PART:,NAMES:,PRIVMSG:1,NOTICE:1,WHOIS:1",
  "UTF8ONLY",
  "WHOX"
]

const isChannel = (name: string): boolean => name.startsWith("#")

const isMain = (name: string): boolean => isSame(name, mainChannel)

/** The server is the operator of the channels. */
const prefixOf = ({ role }: Named): string => (role === "server" ? "@" : "")

const members = (talk: Talk): ReadonlyArray<Named> => (talk.isIn() ? talk.members.all() : [])

// ---- At the beginning

/** What a client is told first. `asked`: what it has asked to be called. It is called by the id of the node. */
export const welcome = (talk: Talk, asked: string): ReadonlyArray<Outgoing> => {
  const { house, nick, numeric } = talk
  const { server } = house.policy
  const burst = [
    numeric("RPL_WELCOME", `Welcome to outlive, ${nick}`),
    numeric("RPL_YOURHOST", `Your host is ${server}, running outlive ${house.version}`),
    numeric("RPL_CREATED", "This chat outlives its server"),
    numeric("RPL_MYINFO", server, `outlive-${house.version}`, "i", "bno", "b"),
    ...supported(talk),
    ...lusers(talk),
    numeric("ERR_NOMOTD", "There is no message of the day")
  ].map((message) => ({ ...message, params: [asked, ...message.params.slice(1)] }))
  return asked === nick ? burst : [...burst, { source: `${asked}!${asked}@${host}`, command: "NICK", params: [nick] }]
}

/** A line has at most 13 of them, so that it has no more than 15 parameters (RFC 2812, section 2.3). */
const supported = ({ numeric }: Talk): ReadonlyArray<Outgoing> =>
  [support.slice(0, 12), support.slice(12)].map((some) =>
    numeric("RPL_ISUPPORT", ...some, "are supported by this server")
  )

const lusers = ({ members, numeric }: Talk): ReadonlyArray<Outgoing> => {
  const all = members.all()
  const servers = all.filter(({ role }) => role === "server").length
  return [
    numeric("RPL_LUSERCLIENT", `There are ${all.length} users and 0 invisible on ${servers} servers`),
    numeric("RPL_LUSEROP", String(servers), "operators online"),
    numeric("RPL_LUSERCHANNELS", "1", "channels formed"),
    numeric("RPL_LUSERME", `I have ${all.length} users and ${servers} servers`)
  ]
}

/** Topic and names of the main channel. There is no topic, so nothing is said of it. */
export const describe = (talk: Talk): ReadonlyArray<Outgoing> => {
  const {
    has,
    members: { nickOf },
    numeric,
    prefixOf: whole
  } = talk
  const names = members(talk).map(
    (named) => prefixOf(named) + (has("userhost-in-names") ? whole(named.id) : nickOf(named.id))
  )
  const heading = numeric("RPL_NAMREPLY", "=", mainChannel)
  const lines = names.length === 0 ? [] : piecesOf(names.join(" "), roomIn(heading) - 1)
  return [
    ...lines.map((line) => ({ ...heading, params: [...heading.params, line] })),
    numeric("RPL_ENDOFNAMES", mainChannel, "End of /NAMES list")
  ]
}

// ---- Channels

const join: Command = (talk, [list = ""], answer) => {
  const channels = list.split(",").filter((name) => name !== "")
  if (channels.length === 0) return answer([talk.numeric("ERR_NEEDMOREPARAMS", "JOIN", "Not enough parameters")])
  const unknown = channels
    .filter((name) => !isMain(name))
    .map((name) => talk.numeric("ERR_NOSUCHCHANNEL", name, `There is no such channel: everybody is in ${mainChannel}`))
  if (!channels.some(isMain)) return answer(unknown)
  talk.join((messages) => answer([...messages, ...unknown]))
}

const part: Command = (talk, [list = "", reason = ""], answer) => {
  const channels = list.split(",").filter((name) => name !== "")
  if (channels.length === 0) return answer([talk.numeric("ERR_NEEDMOREPARAMS", "PART", "Not enough parameters")])
  const absent = channels
    .filter((name) => !isMain(name) || !talk.isIn())
    .map((name) => talk.numeric("ERR_NOTONCHANNEL", name, "You're not on that channel"))
  if (!channels.some(isMain) || !talk.isIn()) return answer(absent)
  talk.part((messages) => answer([...messages, ...absent]), reason)
}

const names: Command = atOnce((talk, [list = mainChannel]) =>
  list
    .split(",")
    .flatMap((name) => (isMain(name) ? describe(talk) : [talk.numeric("RPL_ENDOFNAMES", name, "End of /NAMES list")]))
)

const list: Command = atOnce(({ members, numeric }, [names]) => [
  numeric("RPL_LISTSTART", "Channel", "Users  Name"),
  ...(names === undefined || names.split(",").some(isMain)
    ? [numeric("RPL_LIST", mainChannel, String(members.all().length), "Everybody is here")]
    : []),
  numeric("RPL_LISTEND", "End of /LIST")
])

const topic: Command = atOnce(({ isIn, numeric }, [name, text]) => {
  if (name === undefined) return [numeric("ERR_NEEDMOREPARAMS", "TOPIC", "Not enough parameters")]
  if (!isMain(name)) return [numeric("ERR_NOSUCHCHANNEL", name, "No such channel")]
  if (!isIn()) return [numeric("ERR_NOTONCHANNEL", name, "You're not on that channel")]
  return text === undefined
    ? [numeric("RPL_NOTOPIC", name, "No topic is set")]
    : [numeric("ERR_CHANOPRIVSNEEDED", name, "Rooms have no topics yet")]
})

const mode: Command = atOnce(({ house, members, numeric }, [name, modes, ...rest]) => {
  if (name === undefined) return [numeric("ERR_NEEDMOREPARAMS", "MODE", "Not enough parameters")]
  if (isMain(name)) {
    if (modes === undefined) return [numeric("RPL_CHANNELMODEIS", mainChannel, "+n")]
    if (/^\+?b$/.test(modes) && rest.length === 0)
      return [numeric("RPL_ENDOFBANLIST", mainChannel, "End of channel ban list")]
    return [numeric("ERR_CHANOPRIVSNEEDED", mainChannel, "Modes of channels can't be changed")]
  }
  if (isChannel(name)) return [numeric("ERR_NOSUCHCHANNEL", name, "No such channel")]
  if (members.idOf(name) === undefined) return [numeric("ERR_NOSUCHNICK", name, "No such nick")]
  if (members.idOf(name) !== house.self.id)
    return [numeric("ERR_USERSDONTMATCH", "Can't view or change modes of others")]
  // Some clients set +i for themselves at each start. Nobody is more or less visible for it.
  if (modes === undefined || /^[+-]i$/.test(modes)) return [numeric("RPL_UMODEIS", "+")]
  return [numeric("ERR_UMODEUNKNOWNFLAG", "Unknown mode")]
})

// ---- People

const whoFlags = (named: Named): string => `H${prefixOf(named)}`

/** Who that is about: the main channel, a nick, or everybody. */
const meant = (talk: Talk, mask: string): ReadonlyArray<Named> =>
  isMain(mask) || mask === "*" || mask === "0"
    ? members(talk)
    : talk.members.all().filter(({ id }) => id === talk.members.idOf(mask))

const who: Command = atOnce((talk, [mask = "*", options = ""]) => {
  const { house, members, numeric } = talk
  const [, fields, token = "0"] = /^[^%]*%([a-z]*)(?:,(\d{1,3}))?$/i.exec(options) ?? []
  const channelOf = isChannel(mask) || talk.isIn() ? mainChannel : "*"
  const lines = meant(talk, mask).map((named) => {
    const { id } = named
    const name = `outlive node ${id}`
    if (fields === undefined) {
      const words = [channelOf, id, host, house.policy.server, members.nickOf(id), whoFlags(named)]
      return numeric("RPL_WHOREPLY", ...words, `0 ${name}`)
    }
    const known: ReadonlyArray<readonly [string, string]> = [
      ["t", token],
      ["c", channelOf],
      ["u", id],
      ["i", "255.255.255.255"],
      ["h", host],
      ["s", house.policy.server],
      ["n", members.nickOf(id)],
      ["f", whoFlags(named)],
      ["d", "0"],
      ["l", "0"],
      ["a", "0"],
      ["o", "n/a"],
      ["r", name]
    ]
    return numeric("RPL_WHOSPCRPL", ...known.flatMap(([field, value]) => (fields.includes(field) ? [value] : [])))
  })
  return [...lines, numeric("RPL_ENDOFWHO", mask, "End of /WHO list")]
})

/** What WHOIS tells of the way to a peer. */
const wayTo = (talk: Talk, id: PeerId): string => {
  const status = talk.statuses().get(id)
  if (status === undefined) return id === talk.house.self.id ? "this node" : "no link"
  const { link, peer, through } = status
  if (link === undefined) return through === undefined ? "no link" : `heard through ${through}`
  const trip = link.roundTrip === undefined ? "" : `, ${Duration.toMillis(link.roundTrip).toFixed(1)} ms`
  return `${formatAddress(peer.address)}, direct link since ${dateAndTime(link.since)}${trip}`
}

const whois: Command = (talk, params, answer) => {
  const { house, members, numeric } = talk
  const nick = params.at(-1)
  if (nick === undefined) return answer([numeric("ERR_NONICKNAMEGIVEN", "No nickname given")])
  const end = numeric("RPL_ENDOFWHOIS", nick, "End of /WHOIS list")
  talk.whenListed(() => {
    const id = members.idOf(nick)
    const named = members.all().find((each) => each.id === id)
    const isKnown = id !== undefined && (named !== undefined || talk.statuses().has(id))
    if (!isKnown) return answer([numeric("ERR_NOSUCHNICK", nick, "No such nick"), end])
    const name = members.nickOf(id)
    answer([
      numeric("RPL_WHOISUSER", name, id, host, "*", `outlive node ${id}`),
      ...(named === undefined
        ? [numeric("RPL_AWAY", name, "There is no link to this node: it gets your lines when it is back")]
        : [numeric("RPL_WHOISCHANNELS", name, `${prefixOf(named)}${mainChannel}`)]),
      numeric("RPL_WHOISSERVER", name, house.policy.server, wayTo(talk, id)),
      ...(named?.role === "server" ? [numeric("RPL_WHOISOPERATOR", name, "is the server")] : []),
      end
    ])
  })
}

const whowas: Command = atOnce(({ numeric }, [nick]) =>
  nick === undefined
    ? [numeric("ERR_NONICKNAMEGIVEN", "No nickname given")]
    : [
        numeric("ERR_WASNOSUCHNICK", nick, "Nothing is kept of who was here"),
        numeric("RPL_ENDOFWHOWAS", nick, "End of WHOWAS")
      ]
)

const userhost: Command = atOnce(({ members, numeric }, nicks) => [
  numeric(
    "RPL_USERHOST",
    nicks
      .slice(0, 5)
      .flatMap((nick) => {
        const named = members.all().find(({ id }) => id === members.idOf(nick))
        const star = named?.role === "server" ? "*" : ""
        return named === undefined ? [] : [`${members.nickOf(named.id)}${star}=+${named.id}@${host}`]
      })
      .join(" ")
  )
])

const ison: Command = atOnce(({ members, numeric }, nicks) => [
  numeric(
    "RPL_ISON",
    nicks
      .flatMap((words) => words.split(" "))
      .filter((nick) => members.all().some(({ id }) => id === members.idOf(nick)))
      .join(" ")
  )
])

// ---- Speech

const speak: Command = (talk, [target, text], answer, { command }) => {
  const { has, house, members, numeric } = talk
  // Nobody answers a NOTICE, so that two programs never answer each other for ever.
  const refuse = (message: Outgoing): void => answer(command === "NOTICE" ? [] : [message])
  if (target === undefined || target === "")
    return refuse(numeric("ERR_NORECIPIENT", `No recipient given (${command})`))
  if (text === undefined || text === "") return refuse(numeric("ERR_NOTEXTTOSEND", "No text to send"))
  if (isMain(target)) {
    if (!talk.isIn()) return refuse(numeric("ERR_CANNOTSENDTOCHAN", target, "You're not on that channel"))
    const said = saidIn(text)
    if (said === undefined || said.text === "")
      return refuse(numeric("ERR_CANNOTSENDTOCHAN", target, "Of CTCP, a channel takes ACTION only"))
    return talk.say(said.text, said.isAction, answer)
  }
  if (isChannel(target)) return refuse(numeric("ERR_NOSUCHCHANNEL", target, "No such channel"))
  if (members.idOf(target) === undefined) return refuse(numeric("ERR_NOSUCHNICK", target, "No such nick"))
  const words = "Private messages can't be sent yet"
  refuse(
    has("standard-replies")
      ? { source: house.policy.server, command: "FAIL", params: [command, "CANNOT_SEND", target, words] }
      : numeric("ERR_CANTSENDTOUSER", target, words)
  )
}

// ---- What was said before

const batched = (talk: Talk, type: string, params: ReadonlyArray<string>, messages: ReadonlyArray<Outgoing>) => {
  const source = talk.house.policy.server
  const reference = talk.newReference()
  return [
    { source, command: "BATCH", params: [`+${reference}`, type, ...params] },
    ...messages.map((message) => ({ ...message, tags: new Map([["batch", reference], ...(message.tags ?? [])]) })),
    { source, command: "BATCH", params: [`-${reference}`] }
  ]
}

const failed = ({ house }: Talk, code: string, ...context: ReadonlyArray<string>): ReadonlyArray<Outgoing> => [
  { source: house.policy.server, command: "FAIL", params: ["CHATHISTORY", code, ...context] }
]

/** The channels in which something was said between two times, and when that was last. */
const targets = (talk: Talk, [from = "", to = ""]: ReadonlyArray<string>): ReadonlyArray<Outgoing> => {
  const times = [from, to].map((text) => Date.parse(text.replace(/^timestamp=/, ""))).sort((a, b) => a - b)
  const [early = Number.NaN, late = Number.NaN] = times
  if (times.some(Number.isNaN)) return failed(talk, "INVALID_PARAMS", "TARGETS", "Wrong parameters")
  const last = talk.said().reduce((latest, { at }) => Math.max(latest, at), 0)
  const source = talk.house.policy.server
  const found = talk.isIn() && last > early && last < late
  return batched(
    talk,
    "draft/chathistory-targets",
    [],
    found ? [{ source, command: "CHATHISTORY", params: ["TARGETS", mainChannel, timeOf(last)] }] : []
  )
}

const chathistory: Command = atOnce((talk, [name = "", target = "", ...rest]) => {
  const command = name.toUpperCase()
  if (!talk.has("draft/chathistory") || !talk.has("batch")) {
    return [talk.numeric("ERR_UNKNOWNCOMMAND", "CHATHISTORY", "Ask for draft/chathistory and batch first")]
  }
  if (command === "TARGETS") return targets(talk, [target, ...rest])
  if (!isMain(target) || !talk.isIn()) return failed(talk, "INVALID_TARGET", command || "*", target || "*", "Not there")
  return Either.match(requestIn(command, rest), {
    onLeft: ({ code, words }) => failed(talk, code, command || "*", target, words),
    onRight: (request) =>
      batched(talk, "chathistory", [mainChannel], select(talk.said(), request).flatMap(talk.messagesOn))
  })
})

// ---- The rest

const refused =
  (words: string): Command =>
  (talk, [name = mainChannel], answer) =>
    answer([talk.numeric("ERR_CHANOPRIVSNEEDED", isChannel(name) ? name : mainChannel, words)])

const ping: Command = atOnce(({ house: { policy }, numeric }, [token]) =>
  token === undefined
    ? [numeric("ERR_NOORIGIN", "No origin specified")]
    : [{ source: policy.server, command: "PONG", params: [policy.server, token] }]
)

const setname: Command = atOnce(({ house }) => [
  {
    source: house.policy.server,
    command: "FAIL",
    params: ["SETNAME", "CANNOT_CHANGE_REALNAME", "A node has no other name than its id"]
  }
])

/** Runs a slash command of outlive: `OUTLIVE status`. */
const outlive: Command = (talk, params, answer) => {
  talk.run(params.length === 0 ? "help" : params.join(" "))
  answer([])
}

/** Nothing is said to it: PONG, and what is between clients alone. */
const ignored: Command = atOnce(() => [])

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["CHATHISTORY", chathistory],
  ["ISON", ison],
  ["INVITE", refused("Nobody needs an invitation to a channel")],
  ["JOIN", join],
  ["KICK", refused("Only the server of a secure chat removes members: OUTLIVE kick ID, there")],
  ["LIST", list],
  ["LUSERS", atOnce(lusers)],
  ["MODE", mode],
  ["MOTD", atOnce(({ numeric }) => [numeric("ERR_NOMOTD", "There is no message of the day")])],
  ["NAMES", names],
  ["NOTICE", speak],
  ["OUTLIVE", outlive],
  ["PART", part],
  ["PING", ping],
  ["PONG", ignored],
  ["PRIVMSG", speak],
  ["SETNAME", setname],
  ["TAGMSG", ignored],
  ["TOPIC", topic],
  ["USERHOST", userhost],
  [
    "VERSION",
    atOnce((talk) => [
      talk.numeric("RPL_VERSION", `outlive-${talk.house.version}`, talk.house.policy.server, ""),
      ...supported(talk)
    ])
  ],
  ["WHO", who],
  ["WHOIS", whois],
  ["WHOWAS", whowas]
])

/** Takes a command of a registered client. */
export const perform = (talk: Talk, message: Message, answer: Answer): void => {
  const command = commands.get(message.command)
  if (command !== undefined) return command(talk, message.params, answer, message)
  answer([talk.numeric("ERR_UNKNOWNCOMMAND", message.command, "Unknown command")])
}
