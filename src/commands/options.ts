/** The options that several commands share. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { flow } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Acceptance } from "../domain/Acceptance.ts"
import { LinkFromString } from "../domain/Invitation.ts"
import { defaultLimits, type Limits, mostRooms } from "../domain/Limits.ts"
import {
  Address,
  AddressFromString,
  ClientId,
  formatAddress,
  Host,
  isLoopback,
  notAnAddress,
  PeerId,
  Port,
  PortFromString
} from "../domain/Peer.ts"
import { mostHistory, RoomFromString } from "../domain/Post.ts"
import { usual } from "../domain/Settings.ts"
import { Site } from "../domain/Site.ts"
import { sizeIn } from "../domain/Size.ts"

/** Where a node listens, and where the others reach it. */
export const host = Options.text("host").pipe(
  Options.withPseudoName("HOST"),
  Options.withFallbackConfig(Config.string("OUTLIVE_HOST")),
  Options.withDefault<string>(usual.host),
  Options.withSchema(Host),
  Options.withDescription("The host to listen at. The others reach this node there.")
)

/** An option, and its environment variable, that take seconds. */
export const seconds = (name: string, variable: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("SECONDS"),
    Options.withFallbackConfig(Config.string(variable)),
    Options.withSchema(
      Schema.NumberFromString.pipe(Schema.between(0.1, 86_400)).annotations({
        message: () => ({ message: `--${name} takes 0.1 to 86400 seconds`, override: true })
      })
    )
  )

/** A billion of anything is as good as no limit. */
const mostOfAnything = 1_000_000_000

const whole = (name: string, variable: string, least: number, most = mostOfAnything) =>
  Options.text(name).pipe(
    Options.withPseudoName("NUMBER"),
    Options.withFallbackConfig(Config.string(variable)),
    Options.withSchema(
      Schema.NumberFromString.pipe(Schema.int(), Schema.between(least, most)).annotations({
        message: () => ({ message: `--${name} takes a whole number from ${least} to ${most}`, override: true })
      })
    )
  )

/** A number of bytes, such as `10M`. None: what is usual. */
const size = (name: string, variable: string, least: number, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("SIZE"),
    Options.withFallbackConfig(Config.string(variable)),
    Options.mapEffect((given) => {
      const bytes = sizeIn(given)
      return bytes === undefined || bytes < least
        ? Effect.fail(
            ValidationError.invalidValue(HelpDoc.p(`--${name} takes ${least} bytes or more, such as 500k, 10M or 2G`))
          )
        : Effect.succeed(bytes)
    }),
    Options.withDescription(description),
    Options.optional
  )

/** One of the limits: a number of at least `least`. */
const limit = (name: string, standard: number, description: string, least = 1, most = mostOfAnything) =>
  whole(`limit-${name}`, `OUTLIVE_LIMIT_${name.toUpperCase()}`, least, most).pipe(
    Options.withDefault(standard),
    Options.withDescription(description)
  )

const limitInSeconds = (name: string, standard: Duration.Duration, description: string) =>
  seconds(`limit-${name}`, `OUTLIVE_LIMIT_${name.toUpperCase()}`).pipe(
    Options.withDefault(Duration.toSeconds(standard)),
    Options.map(Duration.seconds),
    Options.withDescription(description)
  )

/** The limits on what a node accepts from others. */
export const limits: Options.Options<Limits> = Options.all({
  connections: limit("connections", defaultLimits.connections, "How many connections others may open to it."),
  connectionsPerAddress: limit("address", defaultLimits.connectionsPerAddress, "How many of these from one address."),
  handshake: limitInSeconds("handshake", defaultLimits.handshake, "Time for a caller to introduce itself."),
  bytesPerSecond: limit("bytes", defaultLimits.bytesPerSecond, "Bytes per second from one peer.", 1_024),
  framesPerSecond: limit("posts", defaultLimits.framesPerSecond, "Lines per second from one peer."),
  overload: limitInSeconds(
    "overload",
    defaultLimits.overload,
    "A peer that exceeds these rates for this long is dropped."
  ),
  streams: limit("streams", defaultLimits.streams, "How many runs of authors it remembers."),
  rooms: limit(
    "rooms",
    defaultLimits.rooms,
    `How many rooms it, and each peer, may be in. ${mostRooms} at most.`,
    1,
    mostRooms
  ),
  pending: limit("pending", defaultLimits.pending, "How many lines may wait for earlier ones."),
  logEntries: limit("entries", defaultLimits.logEntries, "How many lines and events it keeps.", 10),
  logBytes: limit("log", defaultLimits.logBytes, "How many bytes of lines it keeps.", 65_536)
})

/** After how much silence a peer counts as lost. None: the default for the host. */
export const silence = seconds("silence", "OUTLIVE_SILENCE").pipe(
  Options.withDescription(
    "A peer that is silent for this long counts as lost. By default 3 on this machine and 15 elsewhere, but at least 0.03 for each link."
  ),
  Options.optional
)

/** How long a lost client is dialled often. */
export const patience = seconds("patience", "OUTLIVE_PATIENCE").pipe(
  Options.withDefault<number>(usual.patience),
  Options.map(Duration.seconds),
  Options.withDescription("A lost client is dialled often for this long, and rarely after that.")
)

/** How long a node that leaves waits while no peer takes any of its last posts. */
export const within = seconds("within", "OUTLIVE_WITHIN").pipe(
  Options.withDefault<number>(usual.within),
  Options.map(Duration.seconds),
  Options.withDescription(
    "Leaving waits until a peer has your last lines. It gives up, with status 1, when no peer has taken any for this long."
  )
)

const folder = (name: string, variable: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("FOLDER"),
    Options.withFallbackConfig(Config.string(variable)),
    Options.withSchema(
      Schema.String.pipe(Schema.minLength(1, { message: () => `--${name} takes the name of a folder` }))
    ),
    Options.withDescription(description),
    Options.optional
  )

/** The folder of the log, if it is to outlive the process. */
export const data = folder(
  "data",
  "OUTLIVE_DATA",
  "The folder where this node keeps its log for the next start. Without it: in memory."
)

/** The words of a text with commas between them, as in a variable. */
const wordsIn = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "")

/** An option that can be given several times, and must be given at least once. */
const repeated = (name: string, value: string, description: string): Options.Options<ReadonlyArray<string>> =>
  Options.text(name).pipe(
    Options.withPseudoName(value),
    Options.withDescription(description),
    Options.repeated,
    Options.mapEffect((given) =>
      given.length === 0
        ? Effect.fail(ValidationError.missingValue(HelpDoc.p(`--${name} is missing`)))
        : Effect.succeed<ReadonlyArray<string>>(given)
    )
  )

/** The same, or a variable with commas between the words, or nothing at all. */
const settable = (option: Options.Options<ReadonlyArray<string>>, variable: string) =>
  option.pipe(
    Options.withFallbackConfig(Config.string(variable).pipe(Config.map(wordsIn))),
    Options.withDefault<ReadonlyArray<string>>([])
  )

/** Decodes a word of such an option. `wrong`: what to say of one that does not fit. */
const decoding =
  <A>(decode: (word: string) => Either.Either<A, unknown>, wrong: (word: string) => string) =>
  (word: string): Effect.Effect<A, ValidationError.ValidationError> =>
    Either.match(decode(word), {
      onLeft: () => Effect.fail(ValidationError.invalidValue(HelpDoc.p(wrong(word)))),
      onRight: (value) => Effect.succeed(value)
    })

const roomOf = decoding(
  Schema.decodeEither(RoomFromString),
  (word) => `--room takes 1 to 32 letters, digits, - and _, not '${word}'`
)

/** Rooms, `main` or others, in the order in which they are named. `given`: the words. */
const roomsIn = (given: Options.Options<ReadonlyArray<string>>) =>
  given.pipe(
    Options.mapEffect((given) =>
      given.length > mostRooms
        ? Effect.fail(ValidationError.invalidValue(HelpDoc.p(`--room names ${mostRooms} rooms at most`)))
        : Effect.succeed(given)
    ),
    Options.mapEffect((given) => Effect.forEach(given, roomOf))
  )

/** The rooms of a node at which a person or program talks. */
export const rooms = roomsIn(
  settable(
    repeated(
      "room",
      "ROOM",
      "Be in this room too, and speak in the first one that is named. Can be given several times."
    ),
    "OUTLIVE_ROOM"
  )
)

/** In which rooms of others a server takes part without joining them. */
export const carries = Options.choice("rooms", ["all", "none"]).pipe(
  Options.withFallbackConfig(Config.literal("all", "none")("OUTLIVE_ROOMS")),
  Options.withDefault<"all" | "none">(usual.rooms),
  Options.withDescription("Whether it keeps the lines of all rooms for those who join later, or of its own alone.")
)

/** The rooms of a command that shows something of them. No variable sets them: who is in a room need not show it alone. */
export const shownRooms = roomsIn(
  repeated("room", "ROOM", "Show this room, and not main. Can be given several times.").pipe(
    Options.withDefault<ReadonlyArray<string>>([])
  )
)

/** How many earlier posts a node shows at its start. None: the default for its screen. */
export const history = whole("history", "OUTLIVE_HISTORY", 0, mostHistory).pipe(
  Options.withDescription(
    "How many earlier lines to show at the start. By default 20 at a terminal and with outlive web, else 0."
  ),
  Options.optional
)

/** The folder of a node's key and of the keys it knows. None: the default for the user. */
export const state = folder(
  "state",
  "OUTLIVE_STATE",
  "The folder with the keys of this user's nodes. By default outlive in $XDG_STATE_HOME or in ~/.local/state."
)

/** The port where a server listens. */
export const port = Options.text("port").pipe(
  Options.withPseudoName("PORT"),
  Options.withFallbackConfig(Config.string("OUTLIVE_PORT")),
  Options.withDefault<string>(usual.port),
  Options.withSchema(PortFromString("--port")),
  Options.withDescription("The port where the clients find the server.")
)

/** The file where a server records its clients. */
export const ports = Options.text("ports").pipe(
  Options.withPseudoName("FILE"),
  Options.withFallbackConfig(Config.string("OUTLIVE_PORTS")),
  Options.withDefault<string>(usual.ports),
  Options.withDescription("The file that records where each client listens.")
)

const addressOf = decoding(Schema.decodeEither(AddressFromString), (word) => `--server: ${notAnAddress}, not '${word}'`)

/** Where a client finds the server, or the servers of a chat that has several: one at least. */
export const servers = repeated(
  "server",
  "HOST:PORT",
  "Where the server is. Can be given several times, if the chat has several: the next one is tried if one does not answer."
).pipe(
  Options.withFallbackConfig(Config.string("OUTLIVE_SERVER").pipe(Config.map(wordsIn))),
  Options.withDefault<ReadonlyArray<string>>([usual.server]),
  Options.mapEffect((given) =>
    Effect.forEach(Arr.isNonEmptyReadonlyArray(given) ? given : Arr.of<string>(usual.server), addressOf)
  )
)

/** The address of the server, for commands that may run on the server's machine. None: where --host and --port say. */
export const serverElsewhere = Options.text("server").pipe(
  Options.withPseudoName("HOST:PORT"),
  Options.withFallbackConfig(Config.string("OUTLIVE_SERVER").pipe(Config.map((text) => wordsIn(text)[0] ?? text))),
  Options.withSchema(AddressFromString),
  Options.withDescription("Where the server is. By default where --host and --port say."),
  Options.optional
)

/** A client to join through. */
export const peer = Options.text("peer").pipe(
  Options.withPseudoName("HOST:PORT"),
  Options.withFallbackConfig(Config.string("OUTLIVE_PEER")),
  Options.withSchema(AddressFromString),
  Options.withDescription("A client to join through while the server is down."),
  Options.optional
)

/** Whether a program reads and writes, and not a person. */
export const json = Options.boolean("json").pipe(
  Options.withFallbackConfig(Config.boolean("OUTLIVE_JSON")),
  Options.withDefault(false),
  Options.withDescription("Write events and read commands as lines of JSON.")
)

/** The id of a client that stays only for a while. None: a random one. */
export const passingId = Options.text("id").pipe(
  Options.withPseudoName("ID"),
  Options.withSchema(ClientId),
  Options.withDescription("What the others call this client. By default a random id."),
  Options.optional
)

/** The port where a node's metrics can be read. */
const metrics = Options.text("metrics").pipe(
  Options.withPseudoName("PORT"),
  Options.withFallbackConfig(Config.string("OUTLIVE_METRICS")),
  Options.withSchema(PortFromString("--metrics")),
  Options.withDescription("The port on 127.0.0.1 where Prometheus reads metrics."),
  Options.optional
)

const hostIn = Schema.decodeOption(Host)

/** Where a front end listens: a port on this machine, or one of its addresses with a port. `usualHost`: without one. */
const ListenAddressFromString = (name: string, usualHost: string) =>
  Schema.transformOrFail(Schema.String, Schema.typeSchema(Address), {
    strict: true,
    decode: (text, _, ast) => {
      const parts = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text)
      const host = Either.fromOption(hostIn(parts?.[1] ?? parts?.[2] ?? usualHost), () => undefined)
      const port = Number(parts?.[3])
      return parts !== null && Either.isRight(host) && port <= 65535
        ? ParseResult.succeed({ host: host.right, port: Port.make(port) })
        : ParseResult.fail(new ParseResult.Type(ast, text))
    },
    encode: (address) => ParseResult.succeed(formatAddress(address))
  }).annotations({
    message: () => ({
      message: `--${name} takes PORT, or HOST:PORT with a name or an address of this machine`,
      override: true
    })
  })

/** Where a node serves clients of another kind: nowhere unless it is asked for, or at a usual port. */
const serving = (name: string, variable: string, usualHost: string, description: string) => {
  const text = Options.text(name).pipe(
    Options.withPseudoName("PORT"),
    Options.withFallbackConfig(Config.string(variable))
  )
  const address = flow(
    Options.withSchema(ListenAddressFromString(name, usualHost)),
    Options.withDescription(description)
  )
  return {
    ifAsked: text.pipe(address, Options.optional),
    at: (port: string) => text.pipe(Options.withDefault(port), address)
  }
}

const servingIrc = serving(
  "irc",
  "OUTLIVE_IRC",
  "localhost",
  "The port, or HOST:PORT, where IRC clients such as weechat join this node. 0: any. Beyond this machine it needs --irc-cert, --irc-key and --irc-password."
)

/** For a node at which people are that way alone. */
export const ircHere = servingIrc.at(usual.irc)

const passwordOfIrc = (name: string, variable: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("PASSWORD"),
    Options.withFallbackConfig(Config.string(variable)),
    Options.withSchema(
      Schema.String.pipe(
        Schema.pattern(/^[^\s:][^\n\r]{0,399}$/, {
          message: () => `--${name} takes 1 to 400 characters, and begins with neither a space nor a colon`
        })
      )
    ),
    Options.withDescription(description),
    Options.optional
  )

/** What IRC clients must say first. None: nothing. */
export const ircPassword = passwordOfIrc(
  "irc-password",
  "OUTLIVE_IRC_PASSWORD",
  "The password that IRC clients must send. Other users of this machine see it in the command line: set the variable."
)

/** What a guest must say with OPER to become an operator of the node. None: nobody becomes one. */
export const ircOperPassword = passwordOfIrc(
  "irc-oper-password",
  "OUTLIVE_IRC_OPER_PASSWORD",
  "The password with which a guest becomes an operator (OPER), who can remove guests. Set the variable, as above."
)

const pemFile = (name: string, variable: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("FILE"),
    Options.withFallbackConfig(Config.string(variable)),
    Options.withDescription(description),
    Options.optional
  )

/** How IRC clients know this node. None: they connect without TLS. */
export const ircCert = pemFile(
  "irc-cert",
  "OUTLIVE_IRC_CERT",
  "The certificate that IRC clients see, in PEM: they must use TLS then."
)
export const ircKey = pemFile("irc-key", "OUTLIVE_IRC_KEY", "The private key of that certificate, in PEM.")

const servingPage = serving(
  "web",
  "OUTLIVE_WEB",
  "127.0.0.1",
  "The port, or HOST:PORT, where browsers find the page of this node. 0: any. A link to it is printed. Beyond this machine it needs --web-cert and --web-key."
)

/** For a node at which people are that way alone. */
export const webHere = servingPage.at(usual.web)

/** How browsers know this node. None: they connect without TLS. */
const webCert = pemFile("web-cert", "OUTLIVE_WEB_CERT", "The certificate of the page, in PEM: https is spoken then.")
const webKey = pemFile("web-key", "OUTLIVE_WEB_KEY", "The private key of that certificate, in PEM.")

/** How much one upload of a page may have, in bytes. None: the usual limit. */
const limitUpload = size(
  "limit-upload",
  "OUTLIVE_LIMIT_UPLOAD",
  1_000,
  `The most that the page hands over at a time to be offered. By default ${usual.upload}.`
)

const flag = (name: string, variable: string, description: string) =>
  Options.boolean(name).pipe(
    Options.withFallbackConfig(Config.boolean(variable)),
    Options.withDefault(false),
    Options.withDescription(description)
  )

/** What the node calls itself to IRC clients. */
export const ircName = Options.text("irc-name").pipe(
  Options.withPseudoName("NAME"),
  Options.withSchema(
    Schema.String.pipe(
      Schema.pattern(/^[A-Za-z0-9.-]{1,63}$/, { message: () => "--irc-name takes 1 to 63 letters, digits, . and -" })
    )
  ),
  Options.withDescription("The name of the server that IRC clients see: by default, Server.outlive."),
  Options.optional
)

/** Whether each IRC client is a guest: a person of its own under its own nick. */
export const ircGuests = flag(
  "irc-guests",
  "OUTLIVE_IRC_GUESTS",
  "Each IRC client is a guest with its own nick, for anybody on this machine. In a plain chat only."
)

const natsUrl = decoding(
  Schema.decodeEither(
    Schema.String.pipe(
      Schema.pattern(/^(nats|tls):\/\/([^\s/@]+@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(:\d{1,5})?\/?$/)
    )
  ),
  () => "--nats takes nats://HOST:PORT or tls://HOST:PORT"
)

/** Where NATS is. */
export const nats = settable(
  repeated(
    "nats",
    "URL",
    "Where NATS is, such as nats://HOST:4222: it links servers of one chat. Can be given several times."
  ),
  "OUTLIVE_NATS"
).pipe(Options.mapEffect((given) => Effect.forEach(given, natsUrl)))

export const natsChat = Options.text("nats-chat").pipe(
  Options.withPseudoName("NAME"),
  Options.withFallbackConfig(Config.string("OUTLIVE_NATS_CHAT")),
  Options.withDefault<string>(usual.natsChat),
  Options.withSchema(
    Schema.String.pipe(
      Schema.pattern(/^[A-Za-z0-9_-]{1,32}$/, { message: () => "--nats-chat takes 1 to 32 letters, digits, - and _" })
    )
  ),
  Options.withDescription("What the chat is called in NATS, where several chats use one.")
)

export const natsCreds = pemFile(
  "nats-creds",
  "OUTLIVE_NATS_CREDS",
  "The file with credentials for NATS, as its own tools write it."
)
export const natsCa = pemFile(
  "nats-ca",
  "OUTLIVE_NATS_CA",
  "The certificates that NATS must show one of, in PEM: TLS is used then."
)

/** What a server needs that is one of several. None: it is the only one. */
export const sites = Options.all({
  nats,
  site: Options.text("site").pipe(
    Options.withPseudoName("NAME"),
    Options.withFallbackConfig(Config.string("OUTLIVE_SITE")),
    Options.withSchema(Site),
    Options.withDescription("The site of this server, which is called Server NAME then. With --nats only."),
    Options.optional
  ),
  natsChat,
  natsCreds,
  natsCa,
  natsBlind: flag("nats-blind", "OUTLIVE_NATS_BLIND", "In a secure chat: NATS does not even learn the names of rooms."),
  invited: Options.text("invited").pipe(
    Options.withPseudoName("LINK"),
    Options.withSchema(LinkFromString),
    Options.withDescription("In a secure chat, at the first start of a further server: the invitation for its site."),
    Options.optional
  )
}).pipe(
  Options.mapEffect(({ site, ...given }) => {
    const isAlone = given.nats.length === 0
    if (isAlone !== Option.isNone(site))
      return Effect.fail(ValidationError.invalidValue(HelpDoc.p("--nats and --site need each other")))
    return Effect.succeed(Option.map(site, (site) => ({ ...given, site })))
  })
)

const logLevels = ["none", "error", "warning", "info", "debug", "trace"] as const

/** The least level of messages in a node's structured log. */
const logLevel = Options.text("log-level").pipe(
  Options.withPseudoName("LEVEL"),
  Options.withFallbackConfig(Config.string("OUTLIVE_LOG_LEVEL")),
  Options.withDefault<string>(usual.logLevel),
  Options.withSchema(
    Schema.Literal(...logLevels).annotations({
      message: () => ({ message: `--log-level is one of ${logLevels.join(", ")}`, override: true })
    })
  ),
  Options.withDescription(`What is logged, as lines of JSON: ${logLevels.join(", ")}.`)
)

/** The file of a node's structured log. None: stderr. */
const logFile = Options.text("log-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withFallbackConfig(Config.string("OUTLIVE_LOG_FILE")),
  Options.withDescription("The file that the log is appended to. Without it: stderr, unless that is a terminal."),
  Options.optional
)

/** Forces secure or plain connections, whatever the hosts are. At most one of both may be given. */
export const security = Options.all({
  secure: flag("secure", "OUTLIVE_SECURE", "Encrypt, and admit invited people only. The default beyond this machine."),
  insecure: flag(
    "insecure",
    "OUTLIVE_INSECURE",
    "Plain connections beyond this machine too: anybody can read the chat and join."
  ),
  state
}).pipe(
  Options.mapEffect((given) =>
    given.secure && given.insecure
      ? Effect.fail(ValidationError.invalidValue(HelpDoc.p("--secure and --insecure exclude each other")))
      : Effect.succeed(given)
  )
)

/** The options for looking inside a node. */
export const insight = { metrics, logLevel, logFile }

/** The default limit of silence for a node that listens at a host: short where no network is in between. */
export const silenceOn = (listening: Host): Duration.Duration =>
  isLoopback(listening) ? Duration.seconds(3) : Duration.seconds(15)

/**
 * Without --silence, the limit is at least this for each link. With 1,000 idle links it is 30 s, and 56 links a second
 * are probed.
 */
export const silenceALink = Duration.millis(30)

/** The options for the screen of a person. */
export const screen = {
  plain: Options.boolean("plain").pipe(
    Options.withFallbackConfig(Config.boolean("OUTLIVE_PLAIN")),
    Options.withDefault(false),
    Options.withDescription("Print line after line and redraw nothing: for screen readers.")
  ),
  times: Options.boolean("times").pipe(
    Options.withFallbackConfig(Config.boolean("OUTLIVE_TIMES")),
    Options.withDefault(false),
    Options.withDescription("Begin each line with its time.")
  ),
  noBell: Options.boolean("no-bell").pipe(
    Options.withFallbackConfig(Config.boolean("OUTLIVE_NO_BELL")),
    Options.withDefault(false),
    Options.withDescription("Do not ring or notify when somebody mentions you.")
  ),
  highlight: settable(
    repeated("highlight", "WORD", "Ring for this word too. Can be given several times."),
    "OUTLIVE_HIGHLIGHT"
  )
}

const acceptedOf = decoding(
  Schema.decodeEither(PeerId),
  (word) => `--accept-from takes ids of 1 to 32 letters, digits, - and _, not '${word}'`
)

/** Which offers are fetched unasked. None: no offer is. */
const accept = Options.all({
  most: size(
    "accept",
    "OUTLIVE_ACCEPT",
    1_000,
    "Fetch what others offer unasked, if it is no larger than this. By default nothing is."
  ),
  from: settable(
    repeated("accept-from", "ID,...", "With --accept: fetch only what these offer. Can be given several times."),
    "OUTLIVE_ACCEPT_FROM"
  ).pipe(Options.mapEffect((given) => Effect.forEach(given.flatMap(wordsIn), acceptedOf)))
}).pipe(
  Options.mapEffect(({ from, most }) =>
    Option.isNone(most) && from.length > 0
      ? Effect.fail(ValidationError.invalidValue(HelpDoc.p("--accept-from needs --accept")))
      : Effect.succeed(
          Option.map(
            most,
            (most): Acceptance => ({ most, from: from.length === 0 ? undefined : new Set<PeerId>(from) })
          )
        )
  )
)

/** How a node gets files, and gives them to others. */
const transferring = Options.all({
  accept,
  downloads: folder(
    "downloads",
    "OUTLIVE_DOWNLOADS",
    "The folder for files that are fetched. By default outlive in $XDG_DOWNLOAD_DIR or in ~/Downloads."
  ),
  share: Options.choice("share", ["yes", "no"]).pipe(
    Options.withFallbackConfig(Config.literal("yes", "no")("OUTLIVE_SHARE")),
    Options.withDefault<"yes" | "no">(usual.share),
    Options.map((share) => share === "yes"),
    Options.withDescription("Whether others can fetch from here what was fetched here.")
  ),
  bytesPerSecond: size(
    "limit-transfer",
    "OUTLIVE_LIMIT_TRANSFER",
    1_024,
    "Bytes per second of files to all peers together. By default without limit."
  ),
  transfers: limit("transfers", usual.transfers, "How many files it gives to others at a time; half of them to one.")
})

/** Whether joining and leaving of rooms is shown. */
const roomNotices = flag(
  "room-notices",
  "OUTLIVE_ROOM_NOTICES",
  "Show who joins and who leaves a room that you are in."
)

/** The options of every node at which a person or program talks. */
export const talking = {
  rooms,
  roomNotices,
  data,
  history,
  silence,
  patience,
  within,
  limits,
  transferring,
  screen,
  json,
  irc: servingIrc.ifAsked,
  ircPassword,
  ircCert,
  ircKey,
  web: servingPage.ifAsked,
  webCert,
  webKey,
  limitUpload,
  ...insight
}

/** The values of the options for the screen. */
export interface Screen {
  readonly plain: boolean
  readonly times: boolean
  readonly noBell: boolean
  readonly highlight: ReadonlyArray<string>
}
