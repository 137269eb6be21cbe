/** What can be set, and where a value comes from: an option, a variable, the settings file, or nobody at all. */
import * as Duration from "effect/Duration"
import { defaultLimits } from "./Limits.ts"
import { nearest } from "./Nearest.ts"

/** The values that hold if nobody says otherwise. */
export const usual = {
  host: "localhost",
  port: "4000",
  ports: "ports.txt",
  server: "localhost:4000",
  patience: 300,
  within: 10,
  rooms: "all",
  irc: "6667",
  web: "0",
  share: "yes",
  transfers: 8,
  upload: "4G",
  natsChat: "main",
  logLevel: "none"
} as const

/** How much a node takes from others, by what its options are called. */
const limits = {
  connections: defaultLimits.connections,
  address: defaultLimits.connectionsPerAddress,
  handshake: Duration.toSeconds(defaultLimits.handshake),
  bytes: defaultLimits.bytesPerSecond,
  posts: defaultLimits.framesPerSecond,
  overload: Duration.toSeconds(defaultLimits.overload),
  streams: defaultLimits.streams,
  rooms: defaultLimits.rooms,
  pending: defaultLimits.pending,
  entries: defaultLimits.logEntries,
  log: defaultLimits.logBytes,
  transfer: "none",
  transfers: usual.transfers,
  upload: usual.upload
}

export interface Setting {
  /** Of its option and of its line in the settings file. */
  readonly name: string
  /** What holds if nobody says otherwise; in words where that depends on something. */
  readonly usual: string
}

/** Everything that can be set for good. Each is an option too, and a variable. */
export const settings: ReadonlyArray<Setting> = [
  { name: "server", usual: usual.server },
  { name: "peer", usual: "none" },
  { name: "host", usual: usual.host },
  { name: "port", usual: usual.port },
  { name: "ports", usual: usual.ports },
  { name: "data", usual: "none: in memory" },
  { name: "history", usual: "20 on a terminal, else 0" },
  { name: "room", usual: "main" },
  { name: "room-notices", usual: "false" },
  { name: "rooms", usual: usual.rooms },
  { name: "silence", usual: "3 on this machine, 15 elsewhere, or 0.03 for each link if that is more" },
  { name: "patience", usual: String(usual.patience) },
  { name: "within", usual: String(usual.within) },
  { name: "secure", usual: "beyond this machine" },
  { name: "insecure", usual: "false" },
  { name: "state", usual: "outlive in the user's state folder" },
  { name: "json", usual: "false" },
  { name: "plain", usual: "false" },
  { name: "times", usual: "false" },
  { name: "no-bell", usual: "false" },
  { name: "highlight", usual: "none" },
  { name: "irc", usual: "none" },
  { name: "irc-password", usual: "none" },
  { name: "irc-cert", usual: "none" },
  { name: "irc-key", usual: "none" },
  { name: "irc-guests", usual: "false" },
  { name: "irc-oper-password", usual: "none" },
  { name: "web", usual: "none" },
  { name: "web-cert", usual: "none" },
  { name: "web-key", usual: "none" },
  { name: "downloads", usual: "outlive in the user's folder for downloads" },
  { name: "share", usual: usual.share },
  { name: "accept", usual: "nothing" },
  { name: "accept-from", usual: "everybody, with accept" },
  { name: "nats", usual: "none: one server" },
  { name: "site", usual: "none: one server" },
  { name: "nats-chat", usual: usual.natsChat },
  { name: "nats-creds", usual: "none" },
  { name: "nats-ca", usual: "none" },
  { name: "nats-blind", usual: "false" },
  { name: "metrics", usual: "none" },
  { name: "log-level", usual: usual.logLevel },
  { name: "log-file", usual: "none: stderr" },
  ...Object.entries(limits).map(([name, most]) => ({ name: `limit-${name}`, usual: String(most) }))
]

/** The variable of a setting. */
export const variableOf = (name: string): string => `OUTLIVE_${name.toUpperCase().replaceAll("-", "_")}`

/** What a file says of what can be set; a sentence for each name that can't. */
export const unknownSettings = (names: Iterable<string>): ReadonlyArray<string> => {
  const known = settings.map(({ name }) => name)
  return [...names].flatMap((name) => {
    if (known.includes(name)) return []
    const meant = nearest(name, known)
    return [`${name} is not a setting${meant === undefined ? "" : `; did you mean ${meant}?`}`]
  })
}

/** Values by their settings' names, and where they come from, in words. */
export interface Source {
  readonly from: (name: string) => string
  readonly values: ReadonlyMap<string, string>
}

/** Every setting with its value, and where that comes from: the first of these sources that has it. */
export const resolve = (sources: ReadonlyArray<Source>): ReadonlyArray<{ name: string; value: string; from: string }> =>
  settings.map(({ name, usual: value }) => {
    const source = sources.find(({ values }) => values.has(name))
    return { name, value: source?.values.get(name) ?? value, from: source?.from(name) ?? "by default" }
  })
