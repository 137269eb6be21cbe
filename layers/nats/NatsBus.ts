/** A Bus over NATS: core for what is published, JetStream for what is stored. */
import * as Fs from "node:fs/promises"
import * as Net from "node:net"
import * as Tls from "node:tls"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type Bucket, Bus, BusState } from "../../services/Bus.ts"
import { BusUnavailable, KeyTaken } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import type { Change, Entry } from "../../src/domain/Stored.ts"
import { Appending } from "./Appending.ts"
import { consume, followOnce, lastOfEach, type Message, type Place, placeOf, type Source } from "./Following.ts"
import { connect, credsAuthenticator, type NatsConnection, type Subscription } from "./nats.ts"
import { isTaken, limit, namesOf, open, type Stores } from "./Stores.ts"
import { unavailable } from "./unavailable.ts"

/** How to reach NATS, and the chat there. */
export interface Settings {
  /** URLs, `nats://HOST:PORT` or `tls://HOST:PORT`, perhaps with a user and a password. */
  readonly servers: ReadonlyArray<string>
  readonly chat: string
  /** What this node is called in NATS' own lists of connections. */
  readonly name: string
  /** A file with credentials, as NATS' own tools write it. */
  readonly creds?: string | undefined
  /** A file with the certificates, in PEM, that the servers' certificates are checked with. */
  readonly ca?: string | undefined
}

/** Messages that are sent and not yet known to be taken may have so many bytes. */
const mostUnflushed = 8 * 1024 * 1024

/** After so many bytes, NATS is asked how far it is. */
const flushEvery = 256 * 1024

/** What a message costs besides its bytes, roughly. */
const overhead = 64

/** The time for one answer to a question that may be asked again, and how often it is asked. */
const answering = Duration.millis(2_500)
const mostAsked = 4

/** Asks again if there is no answer: just after a leader was elected, NATS may lose a request. */
const asked = <A>(question: Effect.Effect<A, BusUnavailable>): Effect.Effect<A, BusUnavailable> =>
  question.pipe(
    Effect.timeoutFail({
      duration: answering,
      onTimeout: () => new BusUnavailable({ detail: "no answer in time" })
    }),
    Effect.retry({ times: mostAsked - 1 })
  )

/** What was removed so long ago, in ms, is forgotten: so many entries at a time. */
const tombs = 24 * 60 * 60 * 1_000
const mostForgotten = 100

/** How long to wait for the rest to go out when the node ends. */
const lastWords = "1 second"

/** The time for NATS to take note of a subscription. */
const subscribing = "2 seconds"

/** The pauses between the tries to connect at first, and to open the stores. Later NATS' client connects by itself. */
const patiently = Schedule.jittered(Schedule.union(Schedule.exponential("250 millis"), Schedule.spaced("2 seconds")))

/**
 * What the client of NATS is told: it tries the servers in the order in which they are given, notices within 10 s that NATS
 * is gone, and tries again every 1 or 2 s.
 */
const timing = {
  noRandomize: true,
  timeout: 3_000,
  pingInterval: 4_000,
  maxPingOut: 2,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 1_000,
  reconnectJitter: 1_000,
  reconnectJitterTLS: 1_000,
  ignoreAuthErrorAbort: true,
  noAsyncTraces: true
}

/** The user and the password in a URL, if there are any. */
const accountIn = (url: string): { readonly user?: string; readonly pass?: string; readonly token?: string } => {
  const { password, username } = new URL(url)
  if (username === "") return {}
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)]
  return pass === "" ? { token: user } : { user, pass }
}

const withoutAccount = (url: string): string => url.replace(/^([a-z]+:\/\/)[^@/]*@/, "$1")

/** The text of a file that an option names. Fails unless it looks as it should. */
const textOf = async (option: string, path: string, looks: RegExp, kind: string): Promise<string> => {
  const text = await Fs.readFile(path, "utf8").catch(() => undefined)
  if (text !== undefined && looks.test(text)) return text
  const detail = `${option}: ${text === undefined ? "can't read" : `there are no ${kind} in`} ${path}`
  throw new BusUnavailable({ detail, remedy: `name a file with ${kind}` })
}

const credentials = /BEGIN NATS USER JWT[\s\S]*BEGIN USER NKEY SEED/
const certificates = /BEGIN CERTIFICATE/

/**
 * Compares a certificate with the host that was connected to. NATS' client names a host only if it is no IP address;
 * then Node would compare the certificate with "localhost". Any of the addresses that are given will do.
 */
const identityFor = (servers: ReadonlyArray<string>) => {
  const hosts = servers.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ""))
  const unnamed = hosts.filter((host) => host === "localhost" || Net.isIP(host) > 0)
  return (name: string, certificate: Tls.PeerCertificate): Error | undefined => {
    const mistakes = (name === "localhost" ? unnamed : [name]).map((host) => Tls.checkServerIdentity(host, certificate))
    return mistakes.includes(undefined) ? undefined : (mistakes[0] ?? Tls.checkServerIdentity(name, certificate))
  }
}

/** Connects to NATS, in one attempt. */
const connectTo = async ({ ca, creds, name, servers }: Settings): Promise<NatsConnection> => {
  const isTls = ca !== undefined || servers.some((url) => url.startsWith("tls://"))
  const trusted = ca === undefined ? undefined : await textOf("--nats-ca", ca, certificates, "certificates in PEM")
  const shown =
    creds === undefined ? undefined : await textOf("--nats-creds", creds, credentials, "credentials of NATS")
  const tls = {
    checkServerIdentity: identityFor(servers),
    ...(trusted === undefined ? {} : { ca: trusted })
  }
  return connect({
    ...timing,
    ...accountIn(servers[0] ?? ""),
    ...(shown === undefined ? {} : { authenticator: credsAuthenticator(new TextEncoder().encode(shown)) }),
    ...(isTls ? { tls } : {}),
    servers: servers.map(withoutAccount),
    name
  })
}

/** A connection that closes with the scope. */
export const opened = (settings: Settings): Effect.Effect<NatsConnection, BusUnavailable, Scope.Scope> =>
  Effect.acquireRelease(Effect.tryPromise({ try: () => connectTo(settings), catch: unavailable }), (nc) =>
    within(lastWords)(Effect.promise(() => nc.drain().catch(() => nc.close().catch(() => {}))))
  )

interface Listening {
  readonly subject: string
  readonly take: (bytes: Uint8Array, subject: string) => void
  subscription?: Subscription
}

const make = (settings: Settings) =>
  Effect.gen(function* () {
    const names = namesOf(settings.chat)
    const { prefix } = names
    const signal = makeSignal()
    /** Why NATS can't be used, while it is away. */
    let why = new BusUnavailable({ detail: "not connected yet" })
    const away = (): BusState => BusState.Away({ detail: why.detail, remedy: why.remedy })
    const state = yield* SubscriptionRef.make(away())

    // Mutable: changed in synchronous steps, by the fiber that keeps the connection.
    let nc: NatsConnection | undefined
    /** Whether the connection is up. */
    let isUp = false
    /** The stores of the chat, while they can be used. */
    let stores: Stores | undefined
    let reconnects = 0
    let unflushed = 0
    let isFlushing = false
    const appending = new Appending()
    const listening = new Set<Listening>()

    const subscribeOn = (connection: NatsConnection, each: Listening): void => {
      each.subscription = connection.subscribe(prefix + each.subject, {
        callback: (error, message) => {
          if (error === null) each.take(message.data, message.subject.slice(prefix.length))
        }
      })
    }

    const stateNow = (): BusState => (nc !== undefined && isUp && stores !== undefined ? BusState.Connected() : away())

    /** Takes note of a change. `now`: why NATS can't be used now. */
    const note = (now = why): void => {
      why = now
      signal.changed()
    }

    const lost = (now: BusUnavailable): void => {
      isUp = false
      stores = undefined
      unflushed = 0
      isFlushing = false
      appending.fail(now)
      note(now)
    }

    /** Tells of each change between connected, away, and away until somebody does something. */
    const isOther = (told: BusState): boolean => {
      const now = stateNow()
      return now._tag !== told._tag || (now._tag === "Away" && told._tag === "Away" && now.remedy !== told.remedy)
    }
    const tell = (told: BusState): Effect.Effect<never> =>
      Effect.zipRight(
        signal.until(() => isOther(told)),
        Effect.suspend(() => {
          const now = stateNow()
          return Effect.zipRight(SubscriptionRef.set(state, now), tell(now))
        })
      )

    /** Opens the stores whenever the connection is up and they are not open. */
    const openStores = (connection: NatsConnection) =>
      signal
        .until(() => isUp && stores === undefined)
        .pipe(
          Effect.zipRight(
            Effect.tryPromise({ try: () => open(connection, settings.chat), catch: unavailable }).pipe(
              Effect.tapError((error) => Effect.sync(() => note(error))),
              Effect.retry(patiently)
            )
          ),
          Effect.flatMap((made) =>
            Effect.sync(() => {
              if (isUp) stores = made
              note()
            })
          ),
          Effect.forever
        )

    /** Ends with the connection. It is no Stream: the end of one would wait for the next status. */
    const watchStatus = async (connection: NatsConnection): Promise<void> => {
      for await (const status of connection.status()) {
        if (connection !== nc) return
        if (status.type === "disconnect") lost(new BusUnavailable({ detail: "the connection was lost" }))
        if (status.type === "error") note(unavailable(status.error))
        if (status.type !== "reconnect") continue
        isUp = true
        reconnects += 1
        note()
      }
    }

    /** One connection, from its beginning to its end. NATS' client restores it as often as it breaks. */
    const life = Effect.gen(function* () {
      const connection = yield* opened(settings)
      nc = connection
      isUp = true
      appending.listen(connection)
      for (const each of listening) subscribeOn(connection, each)
      note()
      yield* Effect.raceAll([
        openStores(connection),
        Effect.promise(() => watchStatus(connection)),
        Effect.promise(() => connection.closed())
      ])
      return yield* new BusUnavailable({ detail: "the connection was closed" })
    }).pipe(
      Effect.scoped,
      Effect.tapError((error) =>
        Effect.sync(() => {
          nc = undefined
          lost(error)
        })
      )
    )
    yield* Effect.forkScoped(tell(yield* state.get))
    yield* Effect.forkScoped(Effect.retry(life, patiently))

    /** Runs a step on JetStream. */
    const ask = <A, E>(run: (stores: Stores) => Promise<A>, failed: (error: unknown) => E) =>
      Effect.suspend((): Effect.Effect<A, E | BusUnavailable> => {
        const mine = stores
        if (mine === undefined) return Effect.fail(why)
        return Effect.timeoutFail(Effect.tryPromise({ try: () => run(mine), catch: failed }), {
          duration: limit,
          onTimeout: () => new BusUnavailable({ detail: "no answer in time" })
        })
      })

    const flush = (connection: NatsConnection): void => {
      isFlushing = true
      const sent = unflushed
      connection.flush().then(
        () => {
          if (connection !== nc) return
          isFlushing = false
          unflushed = Math.max(0, unflushed - sent)
        },
        () => {
          isFlushing = false
        }
      )
    }

    const publish = (subject: string, bytes: Uint8Array): boolean => {
      if (nc === undefined || !isUp || unflushed > mostUnflushed || bytes.length > mostBytes()) return false
      nc.publish(prefix + subject, bytes)
      unflushed += bytes.length + overhead
      if (unflushed > flushEvery && !isFlushing) flush(nc)
      return true
    }

    const subscribe = (subject: string, take: Listening["take"]) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const mine: Listening = { subject, take }
          listening.add(mine)
          if (nc !== undefined) subscribeOn(nc, mine)
          return mine
        }),
        (mine) =>
          Effect.sync(() => {
            listening.delete(mine)
            mine.subscription?.unsubscribe()
          })
      ).pipe(
        Effect.zipRight(
          Effect.suspend(() => {
            const connection = isUp ? nc : undefined
            return connection === undefined
              ? Effect.void
              : within(subscribing)(Effect.ignore(Effect.tryPromise(() => connection.flush())))
          })
        ),
        Effect.asVoid
      )

    const append: Context.Tag.Service<typeof Bus>["append"] = (subject, id, bytes, then) => {
      if (nc === undefined || stores === undefined) return then(why)
      appending.append(nc, prefix + subject, id, bytes, then)
    }

    const mostBytes = () => (nc?.info?.max_payload ?? 1_048_576) - 1_024

    const follow: Context.Tag.Service<typeof Bus>["follow"] = (after, take) => {
      let place: Place | undefined = after === undefined ? undefined : placeOf(after)
      const once = Effect.suspend(() =>
        nc === undefined || stores === undefined
          ? Effect.fail(why)
          : followOnce(
              nc,
              stores,
              { stream: names.stream, prefix },
              place,
              (reached) => {
                place = reached
              },
              take
            )
      )
      const whileUp = Effect.raceFirst(
        once,
        Effect.zipRight(
          signal.until(() => stores === undefined),
          Effect.suspend(() => Effect.fail(why))
        )
      )
      return Effect.zipRight(
        signal.until(() => stores !== undefined),
        Effect.catchAll(whileUp, () => Effect.sleep(pauseOfFollowers))
      ).pipe(Effect.forever)
    }

    /** Entries whose keys begin so. */
    const entriesUnder = (under: string): Source => ({
      stream: names.bucketStream,
      prefix: names.entries,
      filter: `${names.entries}${under}>`
    })

    const changeOf = ({ bytes, isGone, number, subject }: Message): Change => ({
      key: subject,
      revision: number,
      bytes: isGone ? undefined : bytes
    })

    /** Forgets what was removed long ago. A message that came later is not touched. */
    const forgetTombs = ({ jsm }: Stores, messages: ReadonlyArray<Message>): void => {
      const newest = messages.reduce((most, { at }) => Math.max(most, at), 0)
      const old = messages.filter(({ at, isGone }) => isGone && at < newest - tombs)
      for (const { number, subject } of old.slice(0, mostForgotten)) {
        const only = { filter: `${names.entries}${subject}`, seq: number + 1 }
        jsm.streams.purge(names.bucketStream, only).catch(() => {})
      }
    }

    const all = (under: string): Effect.Effect<ReadonlyArray<Entry>, BusUnavailable> =>
      Effect.suspend(() => {
        const [connection, mine] = [nc, stores]
        if (connection === undefined || mine === undefined) return Effect.fail(why)
        return lastOfEach(connection, mine, entriesUnder(under)).pipe(
          asked,
          Effect.map((messages) => {
            forgetTombs(mine, messages)
            return messages.flatMap(({ bytes, isGone, number, subject }) =>
              isGone ? [] : [{ key: subject, revision: number, bytes }]
            )
          })
        )
      })

    /** The changes as long as the connection holds. `seen`: the revisions that were told, with none of what is gone. */
    const watchOnce = (under: string, seen: Map<string, number>): Stream.Stream<Change, BusUnavailable> => {
      const isNews = ({ bytes, key, revision }: Change): boolean => {
        const before = seen.get(key)
        if (bytes === undefined) return seen.delete(key)
        seen.set(key, revision)
        return before !== revision
      }
      const present = Effect.map(all(under), (entries) => {
        const there = new Set(entries.map(({ key }) => key))
        const gone = [...seen.keys()].filter((key) => !there.has(key))
        return [...entries, ...gone.map((key) => ({ key, revision: 0, bytes: undefined }))]
      })
      const later = Stream.asyncPush<Change, BusUnavailable>(
        (emit) =>
          Effect.suspend(() => {
            const [connection, mine] = [nc, stores]
            if (connection === undefined || mine === undefined) return Effect.fail(why)
            const take = (batch: ReadonlyArray<Message>) => void emit.array(batch.map(changeOf))
            return consume(connection, mine, entriesUnder(under), "last of each", () => {}, take).pipe(
              Effect.catchAll((error) => Effect.sync(() => emit.fail(error))),
              Effect.forkScoped
            )
          }),
        { bufferSize: "unbounded" }
      )
      return Stream.concat(Stream.fromIterableEffect(present), later).pipe(Stream.filter(isNews))
    }

    const watch = (under: string): Stream.Stream<Change> =>
      Stream.suspend(() => {
        const seen = new Map<string, number>()
        const whileUp = Stream.suspend(() => {
          const mine = stores
          return Stream.interruptWhen(
            watchOnce(under, seen),
            signal.until(() => stores !== mine)
          )
        })
        return Stream.fromEffect(signal.until(() => stores !== undefined)).pipe(
          Stream.drain,
          Stream.concat(
            Stream.catchAll(whileUp, () => Stream.drain(Stream.fromEffect(Effect.sleep(pauseOfFollowers))))
          ),
          Stream.forever
        )
      })

    /** What a change failed with. */
    const orTaken = (key: string) => (error: unknown) => (isTaken(error) ? new KeyTaken({ key }) : unavailable(error))

    const bucket: Bucket = {
      get: (key) =>
        Effect.map(asked(ask(({ kv }) => kv.get(key), unavailable)), (entry) =>
          entry === null || entry.operation !== "PUT"
            ? undefined
            : { key, revision: entry.revision, bytes: entry.value }
        ),
      create: (key, bytes) => ask(({ kv }) => kv.create(key, bytes), orTaken(key)),
      update: (key, bytes, revision) => ask(({ kv }) => kv.update(key, bytes, revision), orTaken(key)),
      remove: (key, revision) => ask(({ kv }) => kv.delete(key, { previousSeq: revision }), orTaken(key)),
      all,
      watch
    }

    return Bus.of({ state, reconnects: () => reconnects, mostBytes, publish, subscribe, append, follow, bucket })
  })

/** A follower whose consumer was lost makes another one after this. */
const pauseOfFollowers = Duration.millis(250)

/** Connects in the background: the node starts without NATS too. */
export const layer = (settings: Settings): Layer.Layer<Bus> => Layer.scoped(Bus, make(settings))
