/** What a registered IRC client can ask for. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { privatelyTo } from "../../src/domain/Conversation.ts"
import { escape } from "../../src/domain/Escape.ts"
import { formatAddress, type Named, type PeerId, roleOf, title } from "../../src/domain/Peer.ts"
import { authorOf, mainRoom, type Post, type Room } from "../../src/domain/Post.ts"
import { serverOf } from "../../src/domain/Site.ts"
import { dateAndTime } from "../../src/domain/Time.ts"
import { topicIn } from "../../src/domain/Topic.ts"
import { isSame } from "../../src/protocol/irc/CaseMapping.ts"
import {
  initial,
  kinds,
  letters,
  lettersWithValue,
  maySetTopic,
  mostChanges,
  mostMasks
} from "../../src/protocol/irc/ChannelModes.ts"
import { mostAtOnce, requestIn, select, selectTargets, targetsIn } from "../../src/protocol/irc/History.ts"
import { fits } from "../../src/protocol/irc/Mask.ts"
import type { Message, Outgoing } from "../../src/protocol/irc/Message.ts"
import { bytesLeft } from "../../src/protocol/irc/Message.ts"
import { piecesOf } from "../../src/protocol/irc/Pieces.ts"
import { harmless, mostOfName, realName } from "../../src/protocol/irc/Speech.ts"
import { type UserMode, userLetters } from "../../src/protocol/irc/UserModes.ts"
import {
  asGuest,
  atOnce,
  type Command,
  isChannel,
  isOperator,
  knownRoom,
  needsMore,
  noSuchNick,
  notOperator,
  personIn,
  placeNamed,
  prefixIn,
  shownRoom,
  together
} from "./Command.ts"
import { awayWords, channelOf, host, timeOf } from "./Messages.ts"
import { invite, isToldOf, kick, letIn, mode, modesOf } from "./Modes.ts"
import { mostMonitored } from "./Monitor.ts"
import { kill, oper, wallops } from "./Operating.ts"
import { mostTargets, speak } from "./Speaking.ts"
import type { Answer, Talk } from "./Talk.ts"

/** The longest name of a channel: `#`, and a room. */
const mostOfChannel = 33

/** The longest nick: an id, a bar and four digits. */
const mostOfNick = 37

/** What there is, and what there is not (modern.ircdocs.horse, RPL_ISUPPORT). */
const supportOf = ({ house }: Talk): ReadonlyArray<string> => [
  "CASEMAPPING=ascii",
  `CHANNELLEN=${mostOfChannel}`,
  "CHANTYPES=#",
  `CHATHISTORY=${mostAtOnce}`,
  "CLIENTTAGDENY=*",
  `MONITOR=${mostMonitored}`,
  "MSGREFTYPES=msgid,timestamp",
  "NETWORK=outlive",
  `NICKLEN=${mostOfNick}`,
  "PREFIX=(ov)@+",
  "UTF8ONLY",
  "WHOX",
  ...(house.lobby === undefined
    ? ["CHANMODES=b,,,n", "MODES=1"]
    : [
        `CHANMODES=${kinds}`,
        "EXCEPTS",
        "INVEX",
        `MAXLIST=b:${mostMasks},e:${mostMasks},I:${mostMasks}`,
        `MODES=${mostChanges}`,
        `NAMELEN=${mostOfName}`
      ]),
  `MAXTARGETS=${mostTargets}`,
  `TARGMAX=JOIN:,PART:,NAMES:,PRIVMSG:${mostTargets},NOTICE:${mostTargets},KICK:1,WHOIS:1`
]

// ---- At the beginning

/** What a client is told first. `asked`: what it has asked to be called. It is called by the id of the node. */
export const welcome = (talk: Talk, asked: string): ReadonlyArray<Outgoing> => {
  const { house, numeric } = talk
  const nick = talk.nick()
  const { server } = house.policy
  const burst = [
    numeric("RPL_WELCOME", `Welcome to outlive, ${nick}`),
    numeric("RPL_YOURHOST", `Your host is ${server}, running outlive ${house.version}`),
    numeric("RPL_CREATED", "This chat outlives its server"),
    numeric(
      "RPL_MYINFO",
      server,
      `outlive-${house.version}`,
      ...(house.lobby === undefined ? ["i", "bno", "b"] : [userLetters, letters, lettersWithValue])
    ),
    ...supported(talk),
    ...lusers(talk),
    numeric("ERR_NOMOTD", "There is no message of the day")
  ].map((message) => ({ ...message, params: [asked, ...message.params.slice(1)] }))
  return asked === nick ? burst : [...burst, { source: `${asked}!${asked}@${host}`, command: "NICK", params: [nick] }]
}

/** A line has at most 13 of them, so that it has no more than 15 parameters (RFC 2812, section 2.3). */
const supported = (talk: Talk): ReadonlyArray<Outgoing> => {
  const all = supportOf(talk)
  return [all.slice(0, 12), all.slice(12)].map((some) =>
    talk.numeric("RPL_ISUPPORT", ...some, "are supported by this server")
  )
}

const lusers = ({ house, members, numeric, rooms }: Talk): ReadonlyArray<Outgoing> => {
  const all = members.all()
  const servers = all.filter(({ role }) => role === "server").length
  if (house.lobby !== undefined) {
    // Guests are people, and their node is a server, as in any network of IRC.
    const users = all.length - servers
    const { people } = house.lobby
    const channels = new Set([...house.lobby.guests.here.values()].flatMap((guest) => [...guest.rooms])).size
    const having = (mode: UserMode) => [...people.values()].filter(({ modes }) => modes.has(mode)).length
    const invisible = having("i")
    const [local, most] = [house.lobby.guests.here.size, house.lobby.most()]
    return [
      numeric(
        "RPL_LUSERCLIENT",
        `There are ${users - invisible} users and ${invisible} invisible on ${servers} servers`
      ),
      numeric("RPL_LUSEROP", String(having("o")), "operators online"),
      numeric("RPL_LUSERUNKNOWN", String(house.lobby.unknown.size), "unknown connections"),
      numeric("RPL_LUSERCHANNELS", String(channels), "channels formed"),
      numeric("RPL_LUSERME", `I have ${local} clients and ${servers} servers`),
      numeric("RPL_LOCALUSERS", String(local), String(most), `Current local users ${local}, max ${most}`),
      numeric("RPL_GLOBALUSERS", String(users), String(most), `Current global users ${users}, max ${most}`)
    ]
  }
  return [
    numeric("RPL_LUSERCLIENT", `There are ${all.length} users and 0 invisible on ${servers} servers`),
    numeric("RPL_LUSEROP", String(servers), "operators online"),
    numeric("RPL_LUSERCHANNELS", String(Math.max(1, rooms().length)), "channels formed"),
    numeric("RPL_LUSERME", `I have ${all.length} users and ${servers} servers`)
  ]
}

/** Topic and names of a channel. */
export const describe = (talk: Talk, room: Room): ReadonlyArray<Outgoing> => [
  ...(talk.topicOf(room) === undefined ? [] : topicOn(talk, room)),
  ...namesOn(talk, room)
]

/** Whether somebody is found where this client is not: not whoever is invisible, and shares no channel with it. */
const isVisible = (talk: Talk, id: PeerId): boolean =>
  id === talk.house.self.id ||
  !talk.personOf(id).modes.has("i") ||
  talk.shown().some((room) => talk.inside(room).some((each) => each.id === id))

/** The room of a channel whose members this client may see: one that it shows; for a guest, any that is not hidden. */
const seenRoom = (talk: Talk, channel: string): Room | undefined => {
  const shown = shownRoom(talk, channel)
  if (shown !== undefined || talk.house.lobby === undefined) return shown
  const known = knownRoom(talk, channel)
  return known !== undefined && isToldOf(talk, known) ? known : undefined
}
const seenIn = (talk: Talk, room: Room): ReadonlyArray<Named> =>
  talk.shown().includes(room) ? talk.inside(room) : talk.inside(room).filter(({ id }) => isVisible(talk, id))

/** Whether a channel is secret, private, or neither (RFC 2812, RPL_NAMREPLY). */
const symbolOf = ({ house: { lobby } }: Talk, room: Room): string => {
  const { flags } = lobby === undefined ? initial : modesOf(lobby, room)
  return flags.has("s") ? "@" : flags.has("p") ? "*" : "="
}

const namesOn = (talk: Talk, room: Room): ReadonlyArray<Outgoing> => {
  const { has, members, numeric, prefixOf: whole } = talk
  const names = seenIn(talk, room).map(
    (named) => prefixIn(talk, named, room) + (has("userhost-in-names") ? whole(named.id) : members.nickOf(named.id))
  )
  const heading = numeric("RPL_NAMREPLY", symbolOf(talk, room), channelOf(room))
  const lines = piecesOf(names.join(" "), bytesLeft(heading) - 1)
  return [
    ...lines.map((line) => ({ ...heading, params: [...heading.params, line] })),
    numeric("RPL_ENDOFNAMES", channelOf(room), "End of /NAMES list")
  ]
}

const topicOn = ({ members, numeric, topicOf }: Talk, room: Room): ReadonlyArray<Outgoing> => {
  const post = topicOf(room)
  if (post === undefined) return [numeric("RPL_NOTOPIC", channelOf(room), "No topic is set")]
  const author = members.nickOf(authorOf(post.stream))
  return [
    numeric("RPL_TOPIC", channelOf(room), escape(topicIn(post.text) ?? "")),
    numeric("RPL_TOPICWHOTIME", channelOf(room), author, String(Math.floor(post.at / 1_000)))
  ]
}

// ---- Channels

/** For each channel of a list. */
const inEach =
  (
    name: string,
    act: (talk: Talk, channel: string, answer: Answer, rest: ReadonlyArray<string>, at: number) => void
  ): Command =>
  (talk, [list = "", ...rest], answer) => {
    const named = [...list.split(",").entries()].filter(([, channel]) => channel !== "")
    // Two spellings of one channel are answered once.
    const channels = new Map(named.map((each) => [talk.roomOf(each[1]) ?? each[1], each])).values()
    if (named.length === 0) return answer([needsMore(talk, name)])
    const all = [...channels]
    const each = together(all.length, answer)
    for (const [at, channel] of all) act(talk, channel, each, rest, at)
  }

const join = inEach("JOIN", (talk, channel, answer, [keys = ""], at) => {
  const room = talk.roomOf(channel)
  if (room === undefined) {
    const words = "A channel has # and 1 to 32 letters, digits, - and _"
    return answer([talk.numeric("ERR_NOSUCHCHANNEL", channel, words)])
  }
  const entering = letIn(talk, room, keys.split(",")[at] ?? "")
  if (typeof entering !== "function") return answer([entering])
  talk.join(room, (messages) => {
    entering()
    answer(messages)
  })
})

const part = inEach("PART", (talk, channel, answer, [reason = ""]) => {
  const room = shownRoom(talk, channel)
  if (room !== undefined) return talk.part(room, answer, harmless(reason))
  answer([talk.numeric("ERR_NOTONCHANNEL", channel, "You're not on that channel")])
})

const names: Command = atOnce((talk, [list]) =>
  (list === undefined ? talk.shown().map(channelOf) : list.split(",")).flatMap((name) => {
    const room = seenRoom(talk, name)
    return room === undefined ? [talk.numeric("RPL_ENDOFNAMES", name, "End of /NAMES list")] : namesOn(talk, room)
  })
)

const list: Command = atOnce((talk, [names]) => {
  const { house, members, numeric, rooms, roomOf, topicOf } = talk
  const wanted = names?.split(",").map(roomOf)
  return [
    numeric("RPL_LISTSTART", "Channel", "Users  Name"),
    ...rooms()
      .filter(({ room }) => wanted === undefined || wanted.includes(room))
      // A room in which nobody but the node is would be news to a guest.
      .filter(({ joined, peers }) => house.lobby === undefined || joined || peers.some((id) => roleOf(id) === "client"))
      .filter(({ room }) => isToldOf(talk, room))
      .map(({ joined, peers, room }) => {
        const count =
          room === mainRoom && house.lobby === undefined ? members.all().length : peers.length + (joined ? 1 : 0)
        const topic = topicIn(topicOf(room)?.text ?? "") ?? ""
        return numeric("RPL_LIST", channelOf(room), String(count), escape(topic))
      }),
    numeric("RPL_LISTEND", "End of /LIST")
  ]
})

const topic: Command = (talk, [name, text], answer) => {
  if (name === undefined) return answer([needsMore(talk, "TOPIC")])
  const room = placeNamed(talk, name)
  if (typeof room !== "string") return answer([room])
  if (text === undefined) return answer(topicOn(talk, room))
  const { guest, lobby } = asGuest(talk) ?? {}
  if (lobby !== undefined && guest !== undefined) {
    const may = maySetTopic(modesOf(lobby, room), personIn(talk, lobby, guest, room))
    if (!may) return answer([notOperator(talk, name)])
  }
  talk.setTopic(room, text, answer)
}

// ---- People

const whoFlags = (talk: Talk, named: Named, room: Room | undefined): string =>
  `${talk.personOf(named.id).away === undefined ? "H" : "G"}${isOperator(talk, named.id) ? "*" : ""}${prefixIn(talk, named, room)}`

/** Who has that nick and is there. */
const memberNamed = ({ members }: Talk, nick: string): Named | undefined => {
  const id = members.idOf(nick)
  return id === undefined ? undefined : members.get(id)
}

/** Who that is about: a channel, a nick, or everybody. */
const meant = (talk: Talk, mask: string): ReadonlyArray<Named> => {
  const room = seenRoom(talk, mask)
  if (room !== undefined) return seenIn(talk, room)
  if (!/[*?]/.test(mask) && mask !== "0") {
    const named = memberNamed(talk, mask)
    return named === undefined ? [] : [named]
  }
  const found = talk.members.all().filter(({ id }) => isVisible(talk, id))
  // Guests are people, and their node is none.
  return mask === "*" || mask === "0"
    ? found.filter(({ role }) => talk.house.lobby === undefined || role === "client")
    : found.filter(({ id }) => fits(mask, talk.members.nickOf(id)))
}

const who: Command = atOnce((talk, [mask = "*", options = ""]) => {
  const { accountOf, house, members, numeric, roomOf } = talk
  const [, fields, token = "0"] = /^[^%]*%([a-z]*)(?:,(\d{1,3}))?$/i.exec(options) ?? []
  const [first] = talk.shown()
  const asked = isChannel(mask) ? seenRoom(talk, mask) : undefined
  const channel =
    asked !== undefined ? channelOf(asked) : isChannel(mask) ? mask : first === undefined ? "*" : channelOf(first)
  const lines = meant(talk, mask).map((named) => {
    const { id } = named
    const { name, user } = talk.personOf(id)
    if (fields === undefined) {
      const words = [
        channel,
        user,
        host,
        house.policy.server,
        members.nickOf(id),
        whoFlags(talk, named, roomOf(channel))
      ]
      return numeric("RPL_WHOREPLY", ...words, `0 ${name}`)
    }
    const known: ReadonlyArray<readonly [string, string]> = [
      ["t", token],
      ["c", channel],
      ["u", user],
      ["i", "255.255.255.255"],
      ["h", host],
      ["s", house.policy.server],
      ["n", members.nickOf(id)],
      ["f", whoFlags(talk, named, roomOf(channel))],
      ["d", "0"],
      ["l", "0"],
      ["a", accountOf(id) ?? "0"],
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
  const { link, peer, site, through } = status
  if (site !== undefined) return `through ${title(serverOf(site))}`
  if (link === undefined) return through === undefined ? "no link" : `heard through ${through}`
  const trip = link.roundTrip === undefined ? "" : `, ${Duration.toMillis(link.roundTrip).toFixed(1)} ms`
  return `${formatAddress(peer.address)}, direct link since ${dateAndTime(link.since)}${trip}`
}

/** The channels that somebody is in: of a guest all of them, of others those that this client shows. */
const channelsOf = (talk: Talk, id: PeerId): ReadonlyArray<Room> => {
  const guest = talk.house.lobby?.guests.here.get(id)
  return guest === undefined
    ? talk.shown().filter((room) => talk.inside(room).some((each) => each.id === id))
    : [...guest.rooms].filter((room) => isToldOf(talk, room))
}

const whois: Command = (talk, params, answer) => {
  const { accountOf, house, members, numeric } = talk
  const nick = params.at(-1)
  if (nick === undefined) return answer([numeric("ERR_NONICKNAMEGIVEN", "No nickname given")])
  const end = numeric("RPL_ENDOFWHOIS", nick, "End of /WHOIS list")
  talk.whenListed(() => {
    const id = members.idOf(nick)
    const named = id === undefined ? undefined : members.get(id)
    const isKnown = id !== undefined && (named !== undefined || talk.statuses().has(id))
    if (!isKnown) return answer([noSuchNick(talk, nick), end])
    const name = members.nickOf(id)
    const person = talk.personOf(id)
    answer([
      numeric("RPL_WHOISUSER", name, person.user, host, "*", person.name),
      ...(named === undefined
        ? [numeric("RPL_AWAY", name, awayWords)]
        : [
            numeric(
              "RPL_WHOISCHANNELS",
              name,
              channelsOf(talk, id)
                .map((room) => prefixIn(talk, named, room) + channelOf(room))
                .join(" ")
            ),
            ...(person.away === undefined ? [] : [numeric("RPL_AWAY", name, person.away)])
          ]),
      numeric("RPL_WHOISSERVER", name, house.policy.server, wayTo(talk, id)),
      ...(accountOf(id) === undefined ? [] : [numeric("RPL_WHOISACCOUNT", name, id, "is logged in as")]),
      ...(named?.role === "server" ? [numeric("RPL_WHOISOPERATOR", name, "is the server")] : []),
      ...(isOperator(talk, id) ? [numeric("RPL_WHOISOPERATOR", name, "is an operator of this node")] : []),
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

const userhost: Command = atOnce((talk, nicks) => {
  const { members, numeric, personOf } = talk
  return [
    numeric(
      "RPL_USERHOST",
      nicks
        .slice(0, 5)
        .flatMap((nick) => {
          const named = memberNamed(talk, nick)
          const star = named?.role === "server" || (named !== undefined && isOperator(talk, named.id)) ? "*" : ""
          return named === undefined
            ? []
            : [
                `${members.nickOf(named.id)}${star}=${personOf(named.id).away === undefined ? "+" : "-"}${personOf(named.id).user}@${host}`
              ]
        })
        .join(" ")
    )
  ]
})

const ison: Command = atOnce((talk, nicks) => [
  talk.numeric(
    "RPL_ISON",
    nicks
      .flatMap((words) => words.split(" "))
      .filter((nick) => memberNamed(talk, nick) !== undefined)
      .join(" ")
  )
])

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

/** A conversation whose history a client may ask for. */
interface Conversation {
  readonly name: string
  readonly posts: () => ReadonlyArray<Post>
  readonly messagesOn: (post: Post) => ReadonlyArray<Outgoing>
}

const inRoom = ({ messagesOn, said }: Talk, room: Room): Conversation => ({
  name: channelOf(room),
  posts: () => said(room),
  messagesOn: (post) => messagesOn(post)
})
const withOther = ({ members, messagesOn, saidWith }: Talk, id: PeerId): Conversation => ({
  name: members.nickOf(id),
  posts: () => saidWith(id),
  messagesOn: (post) => messagesOn(post, id)
})

/** The conversation of that name: a channel that is shown, or somebody who is known or has said something. */
const conversationNamed = (talk: Talk, name: string): Conversation | undefined => {
  const room = shownRoom(talk, name)
  if (room !== undefined) return inRoom(talk, room)
  const { confidants, members } = talk
  const id = members.idOf(name) ?? confidants().find((each) => isSame(members.nickOf(each), name))
  return id === undefined || id === talk.house.self.id ? undefined : withOther(talk, id)
}

/** The conversations in which something was said between two times, and when that was last. */
const targets = (talk: Talk, words: ReadonlyArray<string>): ReadonlyArray<Outgoing> => {
  const source = talk.house.policy.server
  const rooms = talk.shown().map((room) => inRoom(talk, room))
  const all = [...rooms, ...talk.confidants().map((id) => withOther(talk, id))].map(
    ({ name, posts }) => [name, posts().reduce((latest, { at }) => Math.max(latest, at), 0)] as const
  )
  return Either.match(targetsIn(words), {
    onLeft: ({ code, words }) => failed(talk, code, "TARGETS", words),
    onRight: (request) =>
      batched(
        talk,
        "draft/chathistory-targets",
        [],
        selectTargets(all, request).map(([name, last]) => ({
          source,
          command: "CHATHISTORY",
          params: ["TARGETS", name, timeOf(last)]
        }))
      )
  })
}

const chathistory: Command = atOnce((talk, [name = "", target = "", ...rest]) => {
  const command = name.toUpperCase()
  if (!talk.has("draft/chathistory") || !talk.has("batch")) {
    return [talk.numeric("ERR_UNKNOWNCOMMAND", "CHATHISTORY", "Ask for draft/chathistory and batch first")]
  }
  if (command === "TARGETS") return targets(talk, [target, ...rest])
  const found = conversationNamed(talk, target)
  if (found === undefined) return failed(talk, "INVALID_TARGET", command || "*", target || "*", "Not there")
  return Either.match(requestIn(command, rest), {
    onLeft: ({ code, words }) => failed(talk, code, command || "*", target, words),
    onRight: (request) =>
      batched(talk, "chathistory", [found.name], select(found.posts(), request).flatMap(found.messagesOn))
  })
})

/** Up to when the person at this node has read a channel, or what was said in private with somebody. */
const markread: Command = (talk, [target = "", text], answer) => {
  const { house, marking, members } = talk
  if (marking === undefined || !talk.has("draft/read-marker"))
    return answer([talk.numeric("ERR_UNKNOWNCOMMAND", "MARKREAD", "Ask for draft/read-marker first")])
  const reader = isChannel(target) ? undefined : members.idOf(target)
  const place = reader === undefined || reader === house.self.id ? shownRoom(talk, target) : privatelyTo([reader])
  marking.whenKnown(() => answer(marking.perform(place, target, text)))
}

// ---- The rest

const ping: Command = atOnce(({ house: { policy }, numeric }, [token]) =>
  token === undefined
    ? [numeric("ERR_NOORIGIN", "No origin specified")]
    : [{ source: policy.server, command: "PONG", params: [policy.server, token] }]
)

/** A guest goes away, or is back. A node is away when nobody has a link to it. */
const away: Command = (talk, [words = ""], answer) => {
  const { house, numeric } = talk
  const { lobby, self } = house
  const person = lobby?.people.get(self.id)
  if (lobby === undefined || person === undefined) {
    return answer([numeric("ERR_UNKNOWNCOMMAND", "AWAY", "A node is away when there is no link to it")])
  }
  lobby.people.set(self.id, { ...person, away: words === "" ? undefined : harmless(words) })
  for (const { heardAway } of lobby.connections.values()) heardAway(self.id)
  answer([
    words === ""
      ? numeric("RPL_UNAWAY", "You are no longer marked as being away")
      : numeric("RPL_NOWAWAY", "You have been marked as being away")
  ])
}

const info: Command = atOnce(({ house, numeric }) => [
  numeric("RPL_INFO", `outlive ${house.version}, a chat that outlives its server`),
  numeric("RPL_ENDOFINFO", "End of /INFO list")
])

/** Nodes are people here: no server of IRC has a link to this one. */
const links: Command = atOnce(({ numeric }) => [numeric("RPL_ENDOFLINKS", "*", "There are no links to other servers")])

const time: Command = atOnce((talk) => [talk.numeric("RPL_TIME", talk.house.policy.server, dateAndTime(talk.now()))])

/** Another real name for a guest, told to those who share a channel with it, and have asked for such news. */
const setname: Command = atOnce((talk, [words = ""]) => {
  const { lobby, guest } = asGuest(talk) ?? {}
  const fail = (code: string, words: string): ReadonlyArray<Outgoing> => [
    { source: talk.house.policy.server, command: "FAIL", params: ["SETNAME", code, words] }
  ]
  if (lobby === undefined || guest === undefined)
    return fail("CANNOT_CHANGE_REALNAME", "A node has no other name than its id")
  const name = realName(words)
  if (name === "") return fail("INVALID_REALNAME", "A real name is not empty")
  lobby.people.set(guest.id, { ...talk.personOf(guest.id), name })
  const message = { source: talk.prefixOf(guest.id), command: "SETNAME", params: [name] }
  for (const [each, { has, send, shows }] of lobby.connections) {
    if (each !== guest && has("setname") && [...guest.rooms].some(shows)) send([message])
  }
  return talk.has("setname") ? [message] : []
})

/**
 * The commands of the node that a guest has: none that writes files, or lets somebody in, or says something in a channel
 * past its modes.
 */
const forGuests: ReadonlySet<string> = new Set(["help", "msg", "mute", "rooms", "unmute", "who"])

/** Runs a slash command of outlive: `OUTLIVE status`. */
const outlive: Command = (talk, params, answer) => {
  const line = params.length === 0 ? "help" : params.join(" ")
  const [name = ""] = /^\S*/.exec(line) ?? []
  if (talk.house.lobby !== undefined && !forGuests.has(name)) {
    return answer([talk.numeric("ERR_NOPRIVILEGES", `Guests have these commands: ${[...forGuests].join(", ")}`)])
  }
  talk.run(line)
  answer([])
}

/** Nothing is said to it: PONG, and what is between clients alone. */
const ignored: Command = atOnce(() => [])

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["AWAY", away],
  ["CHATHISTORY", chathistory],
  ["ISON", ison],
  ["INFO", info],
  ["INVITE", invite],
  ["JOIN", join],
  ["KICK", kick],
  ["KILL", kill],
  ["LINKS", links],
  ["LIST", list],
  ["LUSERS", atOnce(lusers)],
  ["MARKREAD", markread],
  ["MODE", mode],
  ["MONITOR", atOnce(({ monitor }, [command = "", list = ""]) => monitor.perform(command, list))],
  ["MOTD", atOnce(({ numeric }) => [numeric("ERR_NOMOTD", "There is no message of the day")])],
  ["NAMES", names],
  ["NOTICE", speak],
  ["OPER", oper],
  ["OUTLIVE", outlive],
  ["PART", part],
  ["PING", ping],
  ["PONG", ignored],
  ["PRIVMSG", speak],
  ["SETNAME", setname],
  ["TAGMSG", ignored],
  ["TIME", time],
  ["TOPIC", topic],
  ["USERHOST", userhost],
  [
    "VERSION",
    atOnce((talk) => [
      talk.numeric("RPL_VERSION", `outlive-${talk.house.version}`, talk.house.policy.server, ""),
      ...supported(talk)
    ])
  ],
  ["WALLOPS", wallops],
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
