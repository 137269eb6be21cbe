/** The options that several commands have. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { defaultLimits, type Limits } from "../domain/Limits.ts"
import { AddressFromString, ClientId, Host, isLoopback, PortFromString } from "../domain/Peer.ts"
import { mostHistory } from "../domain/Post.ts"
import { usual } from "../domain/Settings.ts"

/** Where a node listens, and how the others reach it. */
export const host = Options.text("host").pipe(
  Options.withPseudoName("HOST"),
  Options.withFallbackConfig(Config.string("OUTLIVE_HOST")),
  Options.withDefault<string>(usual.host),
  Options.withSchema(Host),
  Options.withDescription("The host to listen at. The others reach this node there.")
)

/** An option of that name, and a variable, that take seconds. */
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

/** One of the limits: how many, one at least unless it is said. */
const limit = (name: string, standard: number, description: string, least = 1) =>
  whole(`limit-${name}`, `OUTLIVE_LIMIT_${name.toUpperCase()}`, least).pipe(
    Options.withDefault(standard),
    Options.withDescription(description)
  )

const limitInSeconds = (name: string, standard: Duration.Duration, description: string) =>
  seconds(`limit-${name}`, `OUTLIVE_LIMIT_${name.toUpperCase()}`).pipe(
    Options.withDefault(Duration.toSeconds(standard)),
    Options.map(Duration.seconds),
    Options.withDescription(description)
  )

/** How much a node takes from others. */
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
  rooms: limit("rooms", defaultLimits.rooms, "How many rooms one peer may name."),
  pending: limit("pending", defaultLimits.pending, "How many lines may wait for earlier ones."),
  logEntries: limit("entries", defaultLimits.logEntries, "How many lines and events it keeps.", 10),
  logBytes: limit("log", defaultLimits.logBytes, "How many bytes of lines it keeps.", 65_536)
})

/** After how much silence a peer counts as lost; none if the host is to decide. */
export const silence = seconds("silence", "OUTLIVE_SILENCE").pipe(
  Options.withDescription(
    "A peer that is silent for this long counts as lost. By default 3 on this machine and 15 elsewhere, but at least 0.03 for each link."
  ),
  Options.optional
)

/** How long a client is sought before it is given up. */
export const patience = seconds("patience", "OUTLIVE_PATIENCE").pipe(
  Options.withDefault<number>(usual.patience),
  Options.map(Duration.seconds),
  Options.withDescription("A lost client is dialled often for this long, and rarely after that.")
)

/** How long a node that leaves waits for somebody to take what it said. */
export const within = seconds("within", "OUTLIVE_WITHIN").pipe(
  Options.withDefault<number>(usual.within),
  Options.map(Duration.seconds),
  Options.withDescription(
    "Leaving waits until a peer has your last lines. It gives up, with status 1, when no peer has taken any for this long."
  )
)

/** Where a node keeps its log, if it is to outlive the process. */
export const data = Options.text("data").pipe(
  Options.withPseudoName("FOLDER"),
  Options.withFallbackConfig(Config.string("OUTLIVE_DATA")),
  Options.withSchema(Schema.String.pipe(Schema.minLength(1, { message: () => "--data takes the name of a folder" }))),
  Options.withDescription("The folder where this node keeps its log for the next start. Without it: in memory."),
  Options.optional
)

/** How much of what was said before a node came it shows; none if its screen is to decide. */
export const history = whole("history", "OUTLIVE_HISTORY", 0, mostHistory).pipe(
  Options.withDescription("How many earlier lines to show at the start. By default 20 at a terminal, else 0."),
  Options.optional
)

/** Where a node keeps its key, and whom it knows; none if its user's own place is to be taken. */
export const state = Options.text("state").pipe(
  Options.withPseudoName("FOLDER"),
  Options.withFallbackConfig(Config.string("OUTLIVE_STATE")),
  Options.withSchema(Schema.String.pipe(Schema.minLength(1, { message: () => "--state takes the name of a folder" }))),
  Options.withDescription(
    "The folder with the keys of this user's nodes. By default outlive in $XDG_STATE_HOME or in ~/.local/state."
  ),
  Options.optional
)

/** Where a server listens. */
export const port = Options.text("port").pipe(
  Options.withPseudoName("PORT"),
  Options.withFallbackConfig(Config.string("OUTLIVE_PORT")),
  Options.withDefault<string>(usual.port),
  Options.withSchema(PortFromString("--port")),
  Options.withDescription("The port where the clients find the server.")
)

/** Where a server remembers its clients. */
export const ports = Options.text("ports").pipe(
  Options.withPseudoName("FILE"),
  Options.withFallbackConfig(Config.string("OUTLIVE_PORTS")),
  Options.withDefault<string>(usual.ports),
  Options.withDescription("The file that records where each client listens.")
)

const serverText = Options.text("server").pipe(
  Options.withPseudoName("HOST:PORT"),
  Options.withFallbackConfig(Config.string("OUTLIVE_SERVER"))
)

/** Where a client finds the server. */
export const server = serverText.pipe(
  Options.withDefault<string>(usual.server),
  Options.withSchema(AddressFromString),
  Options.withDescription("Where the server is.")
)

/** The same for somebody who may be where the server is; none if nobody says where that is. */
export const serverElsewhere = serverText.pipe(
  Options.withSchema(AddressFromString),
  Options.withDescription("Where the server is. By default where --host and --port say."),
  Options.optional
)

/** Through whom else a client may join. */
export const peer = Options.text("peer").pipe(
  Options.withPseudoName("HOST:PORT"),
  Options.withFallbackConfig(Config.string("OUTLIVE_PEER")),
  Options.withSchema(AddressFromString),
  Options.withDescription("A client to join through while the server is down."),
  Options.optional
)

/** Whether a program reads and writes in place of a person. */
export const json = Options.boolean("json").pipe(
  Options.withFallbackConfig(Config.boolean("OUTLIVE_JSON")),
  Options.withDefault(false),
  Options.withDescription("Write events and read commands as lines of JSON.")
)

/** What a client is called whose name nobody has to remember. */
export const passingId = Options.text("id").pipe(
  Options.withPseudoName("ID"),
  Options.withSchema(ClientId),
  Options.withDescription("What the others call this client. By default a random id."),
  Options.optional
)

/** Where a node's figures can be read. */
const metrics = Options.text("metrics").pipe(
  Options.withPseudoName("PORT"),
  Options.withFallbackConfig(Config.string("OUTLIVE_METRICS")),
  Options.withSchema(PortFromString("--metrics")),
  Options.withDescription("The port on 127.0.0.1 where Prometheus reads metrics."),
  Options.optional
)

const logLevels = ["none", "error", "warning", "info", "debug", "trace"] as const

/** From what level on a node has a structured log. */
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

/** Where a node's structured log goes, if it has one. */
const logFile = Options.text("log-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withFallbackConfig(Config.string("OUTLIVE_LOG_FILE")),
  Options.withDescription("The file that the log is appended to. Without it: stderr, unless that is a terminal."),
  Options.optional
)

const flag = (name: string, variable: string, description: string) =>
  Options.boolean(name).pipe(
    Options.withFallbackConfig(Config.boolean(variable)),
    Options.withDefault(false),
    Options.withDescription(description)
  )

/** Whether connections are to be secure or plain, whatever the hosts say; not both. */
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

/** For whoever looks inside a node. */
export const insight = { metrics, logLevel, logFile }

/** How long silence may last between nodes on that host: short where no network is in between. */
export const silenceOn = (listening: Host): Duration.Duration =>
  isLoopback(listening) ? Duration.seconds(3) : Duration.seconds(15)

/** Unless it was said: so long for each link, if that is longer. 1,000 idle links are asked 56 times a second then, and have 30 s. */
export const silenceALink = Duration.millis(30)

/** Words with commas between them, as a variable has them. */
const wordsIn = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "")

/** What a person can say of the screen. */
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
  highlight: Options.text("highlight").pipe(
    Options.withPseudoName("WORD"),
    Options.withDescription("Ring for this word too. Can be given several times."),
    Options.repeated,
    // Without any, the variable and the settings file are asked.
    Options.mapEffect((words) =>
      words.length === 0
        ? Effect.fail(ValidationError.missingValue(HelpDoc.p("--highlight is missing")))
        : Effect.succeed<ReadonlyArray<string>>(words)
    ),
    Options.withFallbackConfig(Config.string("OUTLIVE_HIGHLIGHT").pipe(Config.map(wordsIn))),
    Options.withDefault<ReadonlyArray<string>>([])
  )
}

/** What can be said of every node at which somebody talks. */
export const talking = { data, history, silence, patience, within, limits, screen, json, ...insight }

/** What was said of the screen. */
export interface Screen {
  readonly plain: boolean
  readonly times: boolean
  readonly noBell: boolean
  readonly highlight: ReadonlyArray<string>
}
