/** The program of `outlive doctor`: it looks for problems and says how to fix them. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { HostChecks, type KeptLog } from "../../services/HostChecks.ts"
import { Probe } from "../../services/Probe.ts"
import { Transport } from "../../services/Transport.ts"
import type { ChatId } from "../domain/Chat.ts"
import type { BusUnavailable, PortStoreUnavailable } from "../domain/Errors.ts"
import { defaultLimits } from "../domain/Limits.ts"
import type { NatsFound, NatsStore } from "../domain/NatsFound.ts"
import { type Address, formatAddress, type Peer, Port, title } from "../domain/Peer.ts"
import { mainRoom, type Room, roomTitle } from "../domain/Post.ts"
import { dateAndTime } from "../domain/Time.ts"

/** The result of one check. Each `text` says what was checked, what was found, and what to do. */
export type Finding = Data.TaggedEnum<{
  Fine: { readonly text: string }
  /** Worth knowing. Nothing need be done. */
  Note: { readonly text: string }
  Wrong: { readonly text: string }
}>

export const Finding = Data.taggedEnum<Finding>()
const fine = (text: string): Finding => Finding.Fine({ text })
const note = (text: string): Finding => Finding.Note({ text })
const wrong = (text: string): Finding => Finding.Wrong({ text })

interface Records {
  readonly peers: ReadonlyArray<Peer>
  readonly chat: ChatId | undefined
}

export interface Settings<R> {
  /** The address to look for the server at. */
  readonly server: Address
  /** The address where a server or client of this machine would listen. */
  readonly listen: Address
  /** The file of the server's records, and the records: the clients, and which chat it is. */
  readonly ports: string
  readonly records: Effect.Effect<Records, PortStoreUnavailable, R>
  readonly data: Option.Option<string>
  /** The folder with the keys of this user's nodes. */
  readonly state: string
  /** The rooms that are set for every start. */
  readonly rooms: ReadonlyArray<Room>
  /** What is found in NATS; undefined if it is told of none. */
  readonly nats?: Effect.Effect<NatsFound, BusUnavailable> | undefined
}

/** A folder with less free space than this, in bytes, is nearly full. It is twice the limit of a log. */
const littleRoom = 128 * 1024 * 1024

/** A correct clock is never before this, in ms since 1970: 2026-01-01. */
const earliest = 1_767_225_600_000

/** The clock may have been set back by this many ms before the doctor reports it. */
const tolerance = 60_000

/** The finding about a node of a secure chat. The doctor uses no key, because a dial with a key counts as a visit. */
const unsure = (who: string, place: string): Finding =>
  note(
    `${who}: a node of a secure chat answers at ${place}. The doctor can't check its key, or whether it knows yours. Run outlive join LINK, or add --secure if you have been in that chat.`
  )

const checkServer = ({ ports, server }: Pick<Settings<never>, "server" | "ports">, chat: ChatId | undefined) =>
  Effect.gen(function* () {
    const { addressesOf } = yield* HostChecks
    const { whoAnswers } = yield* Probe
    const place = formatAddress(server)
    if ((yield* addressesOf(server.host)).length === 0) {
      return wrong(
        `The server: this machine can't resolve the name ${server.host}. Fix --server, or give an IP address there.`
      )
    }
    return yield* whoAnswers(server, chat).pipe(
      Effect.map(({ id, role }) =>
        role === "server"
          ? fine(`The server answers at ${place}.`)
          : wrong(`The server: ${title(id)} answers at ${place}. Give the server's own address with --server.`)
      ),
      Effect.catchTag("StrangersTurnedAway", () => Effect.succeed(unsure("The server", place))),
      Effect.catchTag("ForeignChat", ({ id }) =>
        Effect.succeed(
          wrong(
            `The server: ${title(id)} answers at ${place}, and belongs to another chat than ${ports}. Give the server's own address with --server, or its own file with --ports.`
          )
        )
      ),
      Effect.catchAll(({ detail }) =>
        Effect.succeed(
          wrong(
            `The server can't be reached at ${place} (${detail}). Start it, fix --server, or join through a client with --peer.`
          )
        )
      )
    )
  })

const checkListening = ({ listen, server }: Pick<Settings<never>, "listen" | "server">) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const { whoAnswers } = yield* Probe
    const attempt = (address: Address) => Effect.scoped(transport.listen(address, () => Effect.void))
    const anyPort = yield* Effect.either(attempt({ ...listen, port: Port.make(0) }))
    if (anyPort._tag === "Left") return wrong(`Listening: ${anyPort.left.message}`)
    const place = formatAddress(listen)
    return yield* attempt(listen).pipe(
      Effect.as(fine(`A node can listen at ${place}.`)),
      Effect.catchAll(({ message }) =>
        whoAnswers(listen).pipe(
          Effect.map(({ id }) =>
            note(
              `${title(id)} already listens at ${place}${formatAddress(server) === place ? "" : "; another node needs another port"}.`
            )
          ),
          Effect.catchTag("StrangersTurnedAway", () =>
            Effect.succeed(note(`A node of a secure chat already listens at ${place}.`))
          ),
          Effect.orElseSucceed(() => wrong(`Listening: ${message}`))
        )
      )
    )
  })

const checkPeer = ({ address, id }: Peer, chat: ChatId | undefined) =>
  Effect.flatMap(Probe, ({ whoAnswers }) =>
    whoAnswers(address, chat).pipe(
      Effect.map(({ id: found }) =>
        found === id
          ? fine(`${title(id)} answers at ${formatAddress(address)}.`)
          : wrong(
              `${title(id)}: ${title(found)} answers at ${formatAddress(address)}. Fix that line of the file while the server is down. Clients find the server by themselves.`
            )
      ),
      Effect.catchTag("StrangersTurnedAway", () => Effect.succeed(unsure(title(id), formatAddress(address)))),
      Effect.catchTag("ForeignChat", ({ id: found }) =>
        Effect.succeed(
          note(
            `${title(id)} is no longer at ${formatAddress(address)}: ${title(found)} of another chat answers there. It finds the server by itself.`
          )
        )
      ),
      Effect.catchAll(({ detail }) =>
        Effect.succeed(
          // A client that left while the server was down is still on record. The doctor can't tell that from here.
          note(
            `${title(id)} does not answer at ${formatAddress(address)} (${detail}). If it has left, nothing need be done. If not, check firewalls, and the host that it was given with --host.`
          )
        )
      )
    )
  )

const checkPeers = <R>({ ports, records }: Pick<Settings<R>, "records" | "ports">) =>
  records.pipe(
    Effect.flatMap(({ chat, peers }) =>
      peers.length === 0
        ? Effect.succeed<ReadonlyArray<Finding>>([
            note(`${ports}: no clients are recorded there. Only a server has such a file.`)
          ])
        : Effect.forEach(peers, (peer) => checkPeer(peer, chat), { concurrency: 16 })
    ),
    Effect.catchAll(({ message }) => Effect.succeed([wrong(`The record of the clients: ${message}`)]))
  )

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

/** What is kept in a folder, in a sentence. */
const checkLog = (path: string, log: KeptLog): ReadonlyArray<Finding> => {
  const { carried, damaged, joined, posts, privatePosts, sealed, streams, unreadable } = log
  const rooms = (names: ReadonlyArray<Room>, what: string) =>
    names.length === 0 ? [] : [`${what} ${names.map(roomTitle).join(", ")}`]
  const kept = [
    `${counted(posts, "line")} in ${counted(streams, "stream")}`,
    ...(privatePosts + sealed === 0 ? [] : [`${privatePosts + sealed} of them private`]),
    ...rooms(joined, "rooms joined:"),
    ...rooms(carried, "rooms carried for others:")
  ]
  const most = defaultLimits.rooms
  return [
    fine(`The log in ${path}: ${kept.join("; ")}.`),
    ...(joined.length + carried.length > most
      ? [
          wrong(
            `Rooms: the log in ${path} names ${joined.length + carried.length}, and others accept ${most}. /leave some.`
          )
        ]
      : []),
    ...(unreadable === 0
      ? []
      : [
          wrong(
            `Private messages: ${unreadable} in ${path} ${unreadable === 1 ? "is" : "are"} for you and can't be opened. The author's program may be faulty; ask for the text again.`
          )
        ]),
    ...(damaged === 0
      ? []
      : [wrong(`The log in ${path}: ${counted(damaged, "line")} can't be read. The next start skips them.`)])
  ]
}

const checkData = ({
  data,
  state
}: Pick<Settings<never>, "data" | "state">): Effect.Effect<ReadonlyArray<Finding>, never, HostChecks> =>
  Option.match(data, {
    onNone: () => Effect.succeed([note("No data folder: the log is kept in memory only. See --data.")]),
    onSome: (path) =>
      Effect.gen(function* () {
        const { folder } = yield* HostChecks
        const { exists, freeBytes, lastRun, log } = yield* folder(path, state)
        const now = yield* Clock.currentTimeMillis
        const kept = log === undefined ? [] : checkLog(path, log)
        if (freeBytes < littleRoom) {
          const free = Math.floor(freeBytes / 1_048_576)
          return [
            wrong(
              `The data folder: only ${free} MiB are free for ${path}. Free some space, or name another folder with --data.`
            ),
            ...kept
          ]
        }
        if (lastRun > now + tolerance) {
          return [
            wrong(
              `The clock was set back: the last run in ${path} began at ${dateAndTime(lastRun)}. Set the clock, or times will be wrong. Nothing is lost.`
            ),
            ...kept
          ]
        }
        return [fine(`The data folder ${path} ${exists ? "can be used" : "will be made when it is needed"}.`), ...kept]
      }).pipe(Effect.catchAll(({ message }) => Effect.succeed([wrong(`The data folder: ${message}`)])))
  })

const checkRooms = ({ rooms }: Pick<Settings<never>, "rooms">): ReadonlyArray<Finding> => {
  const [first] = rooms
  if (first === undefined) return []
  const others = new Set(rooms.filter((room) => room !== mainRoom))
  const names = [mainRoom, ...others].map(roomTitle).join(", ")
  return [
    others.size > defaultLimits.rooms
      ? wrong(`Rooms: ${others.size} are set with --room, and others accept ${defaultLimits.rooms}. Name fewer.`)
      : fine(`A node is in these rooms from its start: ${names}. It begins in ${roomTitle(first)}.`)
  ]
}

const kinds = { posts: "stream of posts", entries: "bucket of entries" } as const

const checkNatsStore = ({ found, name, what }: NatsStore, { chat, copies }: NatsFound): Finding => {
  const store = `NATS: the ${kinds[what]} ${name}`
  if (found === undefined) return note(`${store} is not there yet. The first server of the chat ${chat} makes it.`)
  if (found.odd !== undefined) return wrong(`${store}: ${found.odd}. See docs/SITES.md for its settings.`)
  if (found.copies < copies) {
    return wrong(
      `${store} has ${found.copies === 1 ? "1 copy" : `${found.copies} copies`}, and should have ${copies}. The next server that connects makes them, if so many nodes of NATS are there.`
    )
  }
  if (found.behind > 0) {
    return note(`${store}: ${found.behind} of its ${found.copies} copies are behind.`)
  }
  return fine(`${store} has ${counted(found.messages, "message")}, ${Math.ceil(found.bytes / 1_024)} KiB.`)
}

const checkNats = <R>({ nats }: Pick<Settings<R>, "nats">): Effect.Effect<ReadonlyArray<Finding>> =>
  nats === undefined
    ? Effect.succeed([])
    : Effect.match(nats, {
        onFailure: ({ message, remedy }) => [
          wrong(
            remedy === undefined
              ? `${message} Start nats-server with JetStream (-js), or fix --nats. See docs/SITES.md.`
              : message
          )
        ],
        onSuccess: (found) => [
          fine(
            `NATS ${found.version} answers, with JetStream: ${found.cluster === undefined ? "a server alone" : `the cluster ${found.cluster}`}.`
          ),
          ...found.stores.map((store) => checkNatsStore(store, found)),
          found.sites.length === 0
            ? note(`NATS: no site of the chat ${found.chat} has a server now.`)
            : fine(`NATS: these sites of the chat ${found.chat} have a server: ${found.sites.join(", ")}.`)
        ]
      })

const checkClock = Effect.map(Clock.currentTimeMillis, (now) =>
  now < earliest
    ? wrong(`The clock says ${dateAndTime(now)}. Set it: others see the time of your lines.`)
    : fine(`The clock says ${dateAndTime(now)}.`)
)

const checkTerminal = Effect.gen(function* () {
  const { columns, isThere, kind, utf8 } = yield* (yield* HostChecks).terminal
  if (!isThere) return note("No terminal: input and output are plain lines, as scripts need them.")
  if (kind === "" || kind === "dumb") {
    return wrong(
      `The terminal: TERM is '${kind}', which can't be drawn on. Set it to the terminal's type, such as xterm-256color.`
    )
  }
  if (!utf8) {
    return wrong("The terminal: the locale is not UTF-8, so many letters won't show. Set LANG, for example to C.UTF-8.")
  }
  if (columns > 0 && columns < 40) {
    return note(`The terminal has ${columns} columns. It is easier to read with 40 or more.`)
  }
  return fine(`The terminal is a ${kind} with ${columns} columns.`)
})

/** All findings, in the order in which people read them. */
export const examine = <R>(settings: Settings<R>) =>
  Effect.gen(function* () {
    const chat = yield* Effect.match(settings.records, { onFailure: () => undefined, onSuccess: ({ chat }) => chat })
    return [
      yield* checkListening(settings),
      yield* checkServer(settings, chat),
      ...(yield* checkPeers(settings)),
      ...(yield* checkData(settings)),
      ...checkRooms(settings),
      ...(yield* checkNats(settings)),
      yield* checkClock,
      yield* checkTerminal
    ]
  })
