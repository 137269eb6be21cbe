/** A PeerMesh over a Transport: one link a peer, from the handshake to the goodbye. */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberMap from "effect/FiberMap"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Subscribable from "effect/Subscribable"
import { Membership } from "../services/Membership.ts"
import { type EncodedPost, type Mark, MessageLog } from "../services/MessageLog.ts"
import { type Knock, PeerMesh, type Route } from "../services/PeerMesh.ts"
import { type Connection, Transport } from "../services/Transport.ts"
import type { Acquaintance } from "../src/domain/Acquaintance.ts"
import {
  type HostElsewhere,
  type IdTaken,
  type NotAdmitted,
  NotInvited,
  PeerLost,
  PeerUnreachable,
  type PortTaken,
  StreamForked
} from "../src/domain/Errors.ts"
import { Happening, type LossReason } from "../src/domain/Happening.ts"
import { within } from "../src/domain/Limit.ts"
import { defaultLimits, type Limits, timesAsMuch } from "../src/domain/Limits.ts"
import { LinkTable, type Row } from "../src/domain/LinkTable.ts"
import { type Address, formatAddress, isDialable, type Peer, type PeerId, serverId } from "../src/domain/Peer.ts"
import {
  authorOf,
  type Epoch,
  epochIn,
  mainRoom,
  mostHistory,
  type Room,
  roomIn,
  type StreamId,
  type Summary,
  streamOf
} from "../src/domain/Post.ts"
import { Quota } from "../src/domain/Quota.ts"
import { redial } from "../src/domain/Redial.ts"
import type { Member } from "../src/domain/Roster.ts"
import { reachableAt } from "../src/domain/Security.ts"
import { makeSignal } from "../src/domain/Signal.ts"
import type { Delivery } from "../src/domain/Standing.ts"
import {
  type Control,
  type Dropped,
  encode,
  type Frame,
  type Gap,
  type Have,
  type Hello,
  type Members,
  maxListed,
  maxMembersListed,
  protocolVersion
} from "../src/protocol/Frame.ts"
import * as Deadlines from "./mesh/Deadlines.ts"
import * as Handshake from "./mesh/Handshake.ts"
import * as Wire from "./mesh/Wire.ts"

export interface Settings {
  readonly id: PeerId
  /** Where this node listens, and at which host the others reach it. Port 0: one that the system chooses. */
  readonly listen: Address
  /** Whether this node is in the chat from the start, as a server is, or must be admitted by another. */
  readonly member: boolean
  /** How many lines of what was said before it came this node would like to see: none by default. */
  readonly history?: number
  /** A peer that gives no sign of life for this long is lost. */
  readonly silence: Duration.DurationInput
  /** A client that can't be reached for this long is given up. */
  readonly patience: Duration.DurationInput
  /** How much it takes from others: `defaultLimits` where nothing else is said. */
  readonly limits?: Partial<Limits>
}

/** A node that leaves waits no longer than this for slow peers to take what it said last. */
const goodbyeLimit = Duration.seconds(2)

/** A node that leaves waits no longer than this for those whom it is dialling. */
const searchLimit = Duration.seconds(1)

/** So many whom others name are dialled at a time: with more, those who are there dial the newcomer. */
const mostSought = 256

/** Whoever is dropped is told so within this time, if it listens. */
const droppedLimit = Duration.seconds(1)

/** A newcomer is expected to call first; it is dialled after half to three halves of this time. */
const courtesy = Duration.seconds(1)

/** So long those who come are gathered, before all are told of them: when a server is back, they all come at once. */
const gathering = Duration.millis(10)

/** Who has lost a link takes a breath, of half to three halves of this time, so that links which break at once make no storm. */
const breath = Duration.millis(100)

/** Somebody who is sought for so long is not reached directly for now, and what it says meanwhile comes through others. */
const searchUntilThrough = Duration.toMillis("5 seconds")

/** How often each node tells the others how far it has what they have not told it themselves. */
const offerEvery = Duration.seconds(1)

/** What nobody keeps is taken for gone after so many offers; after more while the server, who may keep it, is away. */
const ticksUntilGone = 5
const ticksUntilGoneWithoutServer = 30

/** How often all is compared with all, whatever was told before. */
const compareEvery = Duration.seconds(15)

/** Somebody who takes part no more has so long to hear it. */
const lastWords = Duration.seconds(1)

/** A roster has no more members than this: a peer that goes on telling of them tells nonsense. */
const mostMembers = 10_000

/** Silence is counted in ticks, so that a node which itself was frozen does not take its peers for dead when it wakes. */
const ticksOfSilence = 4

/** Quiet links are pinged, and so measured; busy ones each so many ticks. */
const ticksUntilMeasured = 20

/** A connection on which both sides have introduced themselves. It is up when the peer has said how far it has each stream. */
interface Link extends Row, Wire.Wire {
  /** What the ids of all streams of this peer begin with. */
  readonly prefix: string
  /** Whether the peer is in no chat yet. */
  readonly newcomer: boolean
  /** How many lines it would like to see of what was said before it came. */
  readonly history: number
  /** Which version of the roster the peer has, and what it has begun to tell of it. */
  roster: number
  news: Array<Member>
  /** How far the peer has each stream, as far as it has said. */
  readonly theirs: Map<StreamId, number>
  /** Up to where the peer does not keep a stream any more. */
  readonly floors: Map<StreamId, number>
  /** What the peer may send, by itself and when it was asked. */
  readonly quota: Quotas
  /** How many bytes were counted; of what was not counted yet, what was asked for. */
  counted: number
  askedFrames: number
  askedBytes: number
  /** What was named in frames: streams and peers take as long as frames do. */
  named: number
  /** Whether it is left unread just now since it has sent more. */
  slowed: boolean
  /** The rooms of which it has spoken, but the one where everybody is. */
  rooms: Set<Room> | undefined
  /** What it has come from. */
  readonly attempt: Attempt
  /** Whether it has come up, and what says so to its deadline. */
  isUp: boolean
  readonly met: Deadlines.Met
  summarized: boolean
  /** When it came up, in ms since 1970. */
  since: number
  /** How long a ping took last, and when the one went out that has no answer yet, in ns. */
  roundTrip: Duration.Duration | undefined
  pinged: bigint | undefined
  /** How often it gave a sign of life, and whether somebody waits for the next. */
  heard: number
  probed: boolean
  quietTicks: number
}

/** What a peer sends by itself, and what of others it was asked for: that it hands on much is not its fault. */
interface Quotas {
  readonly unasked: Quota
  readonly asked: Quota
}

/** Signs of life, the same bytes for all. */
const ping = [encode({ type: "ping" })]
const pong = [encode({ type: "pong" })]

type CallFailed = PeerUnreachable | PortTaken | NotAdmitted | NotInvited | IdTaken

/** A call or a visit under way: the link comes up, or the attempt has failed. */
interface Attempt {
  /** Whether it asks whoever answers to let this node in. */
  readonly joins: boolean
  /** Says what has become of it: the first time counts. What broke meanwhile may be replaced by it until then. */
  readonly settle: (outcome: Exit.Exit<void, CallFailed>) => Effect.Effect<void>
}

/** The peer leaves for good. */
class Goodbye extends Data.TaggedError("Goodbye") {}

const make = (settings: Settings) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const log = yield* MessageLog
    const membership = yield* Membership

    const clock = yield* Effect.clock
    const limits = { ...defaultLimits, ...settings.limits }
    const deadlines = yield* Deadlines.make(Handshake.limit)
    const visits = yield* Deadlines.make(limits.handshake)
    const knocks = yield* Mailbox.make<{ readonly knock: Knock; readonly isOver: () => boolean }>()
    const conversations = yield* FiberSet.make<void, never>()
    const searches = yield* FiberMap.make<PeerId, void, never>()
    const contested = yield* Deferred.make<never, IdTaken | NotInvited>()
    const forked = yield* Deferred.make<never, StreamForked>()
    const peers = makeSignal()

    // Mutable, each change in one synchronous step.
    const table = new LinkTable<Link>(settings.id)
    const addresses = new Map<PeerId, Address>()
    const answering = new Set<PeerId>()
    /** Since when each is sought, in ms since 1970, and whether people have heard through whom it comes. */
    const soughtSince = new Map<PeerId, { readonly since: number; told: boolean }>()
    let member = settings.member
    // Whether this node knows what was said before it came, and so must not take that for news.
    let rooted = log.restored
    let leaving = false

    /** Who was dropped, and when it may come again, in ms since 1970: those first who may come first. */
    const dropped = new Map<PeerId, number>()
    /** What each may send, those last who came last. */
    const quotas = new Map<PeerId, Quotas>()
    /** Who was in the chat before this node began, and may come back to tell of it. */
    const expected = new Set<PeerId>()
    /** Who has come, and the others have yet to hear of. */
    let introduced: Array<Link> = []
    /** Who has asked for what others have said: looked at whenever the log grows, where all links would be too many. */
    const asking = new Set<Link>()
    /** What was asked of whom. */
    const wanted = new Map<StreamId, { readonly link: Link; readonly to: number }>()
    /** Streams of which the next post is kept by nobody who was asked, and for how many offers that has been so. */
    const blocked = new Map<StreamId, number>()
    /** How many are being reached who are not clients. */
    let reaching = 0
    /** How far everybody knows this node to have each stream. */
    let offered: Summary = new Map()
    /** How far this node had each stream when all was compared last: what has not moved since, and should have, is stuck. */
    let compared: Summary = new Map()
    /** How far some peer is known to have what this node says. */
    let delivered = 0
    /** How far each peer is known to have, or to have had, what this node says. */
    const heardBy = new Map<PeerId, number>()

    /** Through whom came last what somebody says who has no link to this node. */
    const relays = new Map<PeerId, PeerId>()
    /** How many posts links that are no more were handed. */
    let sentBefore = 0
    let ticks = 0

    const scope = yield* Effect.scope
    const begun = clock.unsafeCurrentTimeMillis()
    const regret = encode({
      type: "refused",
      id: settings.id,
      reason: "unavailable",
      detail: "it has as many connections as it takes"
    })
    const address = yield* transport.listen(settings.listen, (connection) => receive(connection), regret)
    const peer: Peer = { id: settings.id, address }
    const self = (connection: Connection): Handshake.Self => ({
      pass: membership.pass(connection),
      peer,
      epoch: log.epoch,
      member,
      history: rooted ? 0 : (settings.history ?? 0)
    })

    // ---- What comes over a link

    const handleAll = (link: Link, frames: ReadonlyArray<Frame>): Effect.Effect<void, Goodbye | PeerLost> =>
      Effect.suspend(() => {
        link.quietTicks = 0
        link.heard += 1
        if (link.probed) peers.changed()
        const steps: Array<Effect.Effect<void, Goodbye | PeerLost>> = []
        let posts: Array<EncodedPost> = []
        for (const frame of frames) {
          if (frame.type === "post") {
            posts.push(frame)
            continue
          }
          if (posts.length > 0) steps.push(receivePosts(link, posts))
          posts = []
          steps.push(handle(link, frame))
        }
        if (posts.length > 0) steps.push(receivePosts(link, posts))
        return steps.length === 1 ? (steps[0] ?? Effect.void) : Effect.all(steps, { discard: true })
      })

    const handle = (link: Link, frame: Control): Effect.Effect<void, Goodbye | PeerLost> => {
      switch (frame.type) {
        case "have":
          return heardSummary(link, frame)
        case "roster":
          return seekAll(frame.peers, Effect.succeed(Duration.zero))
        case "introduce":
          return seekAll(
            frame.peers,
            Effect.map(Random.nextRange(0.5, 1.5), (share) => Duration.times(courtesy, share))
          )
        case "members":
          return heardRoster(link, frame)
        case "gap":
          return heardGap(link, frame)
        case "want":
          if (!isKnown(frame.stream)) return Effect.void
          link.outbox.start(frame.stream, frame.after, frame.to)
          asking.add(link)
          return Effect.sync(link.connection.wake)
        case "earlier":
          return log.recall(frame.post)
        case "ping":
          return Effect.suspend(() => (link.give(pong) ? Effect.void : link.connection.abort("overrun")))
        case "pong":
          return Effect.sync(() => {
            if (link.pinged === undefined) return
            link.roundTrip = Duration.nanos(clock.unsafeCurrentTimeNanos() - link.pinged)
            link.pinged = undefined
          })
        case "dropped":
          return new PeerLost({ reason: "dropped" })
        case "bye":
          return new Goodbye()
        default:
          return new PeerLost({ reason: "malformed" })
      }
    }

    // ---- Who belongs to the chat

    /** Seeks those whom a peer lists, each after some time; nobody for whom the server has not vouched. */
    const seekAll = (
      all: ReadonlyArray<ReturnType<typeof listed>>,
      after: Effect.Effect<Duration.Duration>
    ): Effect.Effect<void> =>
      Effect.forEach(
        all,
        (each) =>
          membership.knows(each.id) ? Effect.flatMap(after, (duration) => meet(unlisted(each), duration)) : Effect.void,
        { discard: true }
      )

    const heardRoster = (link: Link, { members, more }: Members): Effect.Effect<void, PeerLost> =>
      Effect.suspend(() => {
        link.news.push(...members)
        if (link.news.length > mostMembers) return new PeerLost({ reason: "malformed" })
        if (more) return Effect.void
        const news = link.news
        link.news = []
        link.roster = Math.max(link.roster, news.at(-1)?.version ?? 0)
        return Effect.flatMap(membership.learn(news), (genuine) =>
          genuine ? Effect.void : new PeerLost({ reason: "malformed" })
        )
      })

    /** What the peer lacks of the roster, if anything. */
    const rosterFor = (link: Link): ReadonlyArray<Control> => {
      const news = link.roster < membership.version() ? membership.since(link.roster) : []
      link.roster = Math.max(link.roster, membership.version())
      return news.length === 0
        ? []
        : partsOf(news, maxMembersListed).map((members, index, parts) => ({
            type: "members",
            members,
            more: index < parts.length - 1
          }))
    }

    /** The roster has changed, or whose key is known: hands it on, and parts from those who take part no more. */
    const followMembership = Stream.runForEach(membership.changes, () =>
      Effect.forEach(
        [...table.links.values()],
        (link) => {
          const frames = rosterFor(link)
          if (membership.isCalled(link.connection, link.peer.id)) return link.send(...frames)
          return Effect.zipRight(
            Effect.forkIn(Handshake.sayLast(link, ...frames), scope),
            Effect.forkIn(Effect.delay(link.connection.abort("expelled"), lastWords), scope)
          )
        },
        { discard: true }
      )
    )

    const tellOfMembers = Stream.runForEach(membership.events, (happening) =>
      Effect.zipRight(
        log.note(happening),
        happening._tag === "Expelled" && happening.id === settings.id
          ? Deferred.fail(contested, new NotInvited({ id: settings.id }))
          : Effect.void
      )
    )

    // ---- Who has what

    const heardSummary = (link: Link, { more, streams }: Have): Effect.Effect<void, PeerLost> =>
      Effect.suspend(() => {
        const marks = Object.entries(streams) as unknown as ReadonlyArray<Mark>
        link.named += marks.length
        for (const mark of marks) hasUpTo(link, mark)
        const overstepped = limitOverstepped(link)
        if (overstepped !== undefined) return drop(link, overstepped)
        if ((link.theirs.get(log.stream) ?? 0) > log.have(log.stream)) {
          return Deferred.fail(forked, new StreamForked({ id: settings.id }))
        }
        if (table.links.get(link.peer.id) === link) return pull(link, marks)
        return more ? Effect.void : comeUp(link)
      })

    const hasUpTo = (link: Link, [stream, n]: Mark): void => {
      const before = link.theirs.get(stream)
      if (n > (before ?? 0)) link.theirs.set(stream, n)
      if (before === undefined && roomIn(stream) !== mainRoom) {
        link.rooms ??= new Set()
        link.rooms.add(roomIn(stream))
      }
      if (stream === log.stream && n > (heardBy.get(link.peer.id) ?? 0)) {
        heardBy.set(link.peer.id, Math.min(n, log.have(stream)))
        delivered = Math.max(delivered, Math.min(n, log.have(stream)))
        peers.changed()
      }
    }

    /** Whether this node has something of that stream. */
    const isKnown = (stream: StreamId): boolean => {
      const have = log.have(stream)
      return have > 0 && have < Number.POSITIVE_INFINITY
    }

    const receivePosts = (link: Link, sent: ReadonlyArray<EncodedPost>): Effect.Effect<void, PeerLost> => {
      // What others have said is taken only from whom it was asked of.
      const posts = sent.filter(({ line, post }) => {
        if (post.stream.startsWith(link.prefix)) return true
        if (wanted.get(post.stream)?.link !== link) return false
        relays.set(authorOf(post.stream), link.peer.id)
        link.askedFrames += 1
        link.askedBytes += line.length
        return true
      })
      const taken = Effect.flatMap(log.receive(posts), (missing) => {
        if (missing.length === 0) return Effect.void
        // Whoever hands on a post has all that must come before it; what other posts wait for says nothing of this peer.
        for (const { post } of posts) {
          hasUpTo(link, [post.stream, post.n - 1])
          const deps = Object.entries(post.deps) as unknown as ReadonlyArray<Mark>
          link.named += deps.length
          for (const mark of deps) hasUpTo(link, mark)
        }
        const overstepped = limitOverstepped(link)
        if (overstepped !== undefined) return drop(link, overstepped)
        return pull(link, missing)
      })
      const through = posts.find(comesThrough)
      return through === undefined ? taken : Effect.zipRight(tellThrough(link, through), taken)
    }

    /** Whether a post was said while its author was sought, and people should hear by which way it came. */
    const comesThrough = ({ post }: EncodedPost): boolean => {
      const sought = soughtSince.size === 0 ? undefined : soughtSince.get(authorOf(post.stream))
      return sought !== undefined && !sought.told && post.at > sought.since + searchUntilThrough
    }

    const tellThrough = (link: Link, { post }: EncodedPost): Effect.Effect<void> =>
      Effect.suspend(() => {
        const id = authorOf(post.stream)
        const sought = soughtSince.get(id)
        if (sought !== undefined) sought.told = true
        return log.note(Happening.Through({ id, by: link.peer }))
      })

    /** Whether the author itself is there and sends that stream as it grows. */
    const comesByItself = (stream: StreamId): boolean => {
      const author = table.links.get(authorOf(stream))
      return author !== undefined && streamOf(author.peer.id, mainRoom, author.epoch) === stream
    }

    /** Asks a peer for what it has and this node lacks, unless that comes by itself or was asked of somebody else. */
    const pull = (link: Link, marks: Iterable<Mark>, isStuck = (_: StreamId) => false): Effect.Effect<void> =>
      Effect.suspend(() => {
        const frames: Array<Control> = []
        for (const [stream] of marks) {
          const to = link.theirs.get(stream) ?? 0
          const after = log.have(stream)
          if (to <= after || (link.floors.get(stream) ?? 0) > after) continue
          if (stream === log.stream || (comesByItself(stream) && !isStuck(stream))) continue
          // What room there is left is for those who are here.
          if (after === 0 && log.isCrowded() && !table.links.has(authorOf(stream))) continue
          const asked = wanted.get(stream)
          if (asked !== undefined && table.links.get(asked.link.peer.id) === asked.link && asked.to > after) continue
          wanted.set(stream, { link, to })
          frames.push({ type: "want", stream, after, to })
        }
        return frames.length === 0 ? Effect.void : link.send(...frames)
      })

    /** The peer does not keep that any more: somebody else may. */
    const heardGap = (link: Link, { stream, to }: Gap): Effect.Effect<void, PeerLost> =>
      Effect.suspend(() => {
        link.floors.set(stream, to)
        const overstepped = limitOverstepped(link)
        if (overstepped !== undefined) return drop(link, overstepped)
        if (wanted.get(stream)?.link === link) wanted.delete(stream)
        if (!blocked.has(stream)) blocked.set(stream, 0)
        return Effect.forEach(table.links.values(), (other) => pull(other, [[stream, to]]), { discard: true })
      })

    /** What nobody who is here keeps any more, and nobody who is sought could bring, is gone; that is said, not hidden. */
    const skipWhatIsGone = Effect.gen(function* () {
      const sought = (yield* FiberMap.size(searches)) > 0 || table.unsettled
      for (const [stream, ticks] of blocked) {
        const have = log.have(stream)
        const holders = [...table.links.values()].filter((link) => (link.theirs.get(stream) ?? 0) > have)
        const floors = holders.map((link) => link.floors.get(stream) ?? 0)
        if (holders.length === 0 || floors.some((floor) => floor <= have)) {
          blocked.delete(stream)
          for (const holder of holders) yield* pull(holder, [[stream, 0]])
        } else if (ticks < (reaching > 0 ? ticksUntilGoneWithoutServer : ticksUntilGone) || sought) {
          blocked.set(stream, ticks + 1)
        } else {
          blocked.delete(stream)
          yield* log.skip(stream, Math.min(...floors))
        }
      }
    })

    const summarize = (link: Link): Effect.Effect<void> =>
      Effect.flatMap(log.summary, (summary) => {
        if (link.summarized) return Effect.void
        link.summarized = true
        return link.send(...haveFrames([...summary]))
      })

    /** Tells everybody which streams have grown since it was told last. */
    const offer = Effect.flatMap(log.summary, (summary) => {
      const grown = [...summary].filter(([stream, n]) => offered.get(stream) !== n)
      offered = summary
      return grown.length === 0 ? Effect.void : sendToAll(haveFrames(grown))
    })

    /** Tells everybody everything, and asks again for what is missing still: it repairs whatever went wrong. */
    const compare = Effect.gen(function* () {
      const summary = yield* log.summary
      const isStuck = (stream: StreamId) => compared.get(stream) === summary.get(stream)
      wanted.clear()
      yield* sendToAll(haveFrames([...summary]))
      for (const link of table.links.values()) yield* pull(link, link.theirs, isStuck)
      compared = summary
    })

    const sendToAll = (frames: ReadonlyArray<Control>) =>
      Effect.suspend(() => sendTo([...table.links.values()], frames))

    /** Sends the same to all of these: it is encoded once. */
    const sendTo = (links: ReadonlyArray<Link>, frames: ReadonlyArray<Control>): Effect.Effect<void> => {
      const lines = frames.map(encode)
      return Effect.forEach(
        links.filter((link) => !link.give(lines)),
        ({ connection }) => connection.abort("overrun"),
        { discard: true }
      )
    }

    // ---- Limits

    const limitOverstepped = (link: Link): Dropped["limit"] | undefined => {
      if (Math.max(link.theirs.size, link.floors.size) > limits.streams) return "streams"
      return (link.rooms?.size ?? 0) > limits.rooms ? "rooms" : undefined
    }

    /** Tells a peer that it went too far, and lets it go. It is not called back, and not let in for a while. */
    const drop = (link: Link, limit: Dropped["limit"]): Effect.Effect<never, PeerLost> =>
      Effect.gen(function* () {
        const now = clock.unsafeCurrentTimeMillis()
        for (const [id, until] of dropped) if (until <= now) dropped.delete(id)
        dropped.set(link.peer.id, now + Duration.toMillis(limits.overload))
        yield* link.send({ type: "dropped", limit })
        yield* link.connection.finish.pipe(Effect.timeoutOption(droppedLimit))
        return yield* new PeerLost({ reason: "excessive" })
      })

    /** A peer that comes again goes on with the quota it had: to come anew is no way to send more. */
    const quotaOf = (id: PeerId): Quotas => {
      const now = clock.unsafeCurrentTimeMillis()
      const quota = quotas.get(id) ?? { unasked: new Quota(limits, now), asked: new Quota(timesAsMuch(limits), now) }
      quotas.delete(id)
      quotas.set(id, quota)
      const gone =
        quotas.size > limits.connections ? [...quotas.keys()].find((other) => !table.links.has(other)) : undefined
      if (gone !== undefined) quotas.delete(gone)
      return quota
    }

    const isDropped = (id: PeerId): boolean => (dropped.get(id) ?? 0) > clock.unsafeCurrentTimeMillis()

    /** What has come is handled; one that sends too much is left unread for a while then, and dropped if that never ends. */
    const handleAllWithin = (link: Link, frames: ReadonlyArray<Frame>): Effect.Effect<void, Goodbye | PeerLost> =>
      Effect.flatMap(handleAll(link, frames), () => {
        const wait = waitFor(link, frames.length)
        if (wait === 0) return Effect.void
        return wait === Number.POSITIVE_INFINITY ? drop(link, "rate") : leaveUnread(link, wait)
      })

    /** Counts what has come; how long the peer is to be left unread for that, in ms. */
    const waitFor = (link: Link, frames: number): number => {
      const { askedBytes, askedFrames, named, quota } = link
      const now = clock.unsafeCurrentTimeMillis()
      const received = link.connection.received()
      const bytes = Math.max(0, received - link.counted - askedBytes)
      link.counted = received
      link.askedFrames = 0
      link.askedBytes = 0
      link.named = 0
      return Math.max(
        quota.unasked.count(frames - askedFrames + named, bytes, now),
        askedFrames === 0 ? 0 : quota.asked.count(askedFrames, askedBytes, now)
      )
    }

    const leaveUnread = (link: Link, millis: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        link.slowed = true
        return Effect.sleep(millis)
      }).pipe(
        Effect.zipRight(
          Effect.sync(() => {
            link.slowed = false
          })
        )
      )

    // ---- A link's life

    /** Both sides have introduced themselves: goes on with this link until it ends. */
    const converse = (link: Link, rest: ReadonlyArray<Frame>): Effect.Effect<void> =>
      Effect.suspend(() => {
        // What waits for the next frames is all that an idle link has of a fiber: nothing else may stand on its stack.
        const listen: Effect.Effect<never, Goodbye | PeerLost> = Effect.flatMap(link.frames, (frames) =>
          Effect.flatMap(handleAllWithin(link, frames), () => listen)
        )
        // A node that is not rooted hears first what a member has, and then says that it has the same.
        return (rooted || link.newcomer ? summarize(link) : Effect.void).pipe(
          Effect.zipRight(handleAllWithin(link, rest)),
          Effect.zipRight(listen),
          Effect.catchAll((end) => (end._tag === "Goodbye" ? ended(link) : ended(link, end.reason))),
          Effect.zipRight(
            Effect.suspend(() => (link.isUp ? Effect.void : link.attempt.settle(Exit.fail(vanished(link.peer)))))
          )
        )
      })

    /** A peer that has introduced itself must soon say how far it has each stream, or is cut. */
    const untilUp = ({ connection }: Wire.Wire): Deadlines.Met => visits(connection.abort("silent"))

    /** The peer has said how far it has each stream: the link is up, or there is a better one. */
    const comeUp = (link: Link): Effect.Effect<void> =>
      Effect.gen(function* () {
        const outcome = table.connect(link)
        link.since = yield* Clock.currentTimeMillis
        if (leaving || outcome._tag === "Redundant" || outcome._tag === "Taken") {
          return yield* link.connection.abort("closed")
        }
        // The first who was in the chat before tells what was said there.
        if (!rooted && outcome._tag === "Linked" && !outcome.known && !link.newcomer) yield* takeRoot(split(link))
        if (link.newcomer) yield* expectNoMore(link.peer.id)
        yield* summarize(link)
        // A server that lets us in goes without saying, even if somebody who was dialling us has been faster.
        const isUnderstood = link.peer.id === serverId && (!member || link.attempt.joins)
        const isNews = !member || outcome._tag === "Linked"
        const wasMet = member && outcome._tag === "Linked" && outcome.known
        if (!member) {
          member = true
          yield* log.note(Happening.Admitted({ by: link.peer }))
        }
        if (isNews && !isUnderstood) yield* noteLink(link, wasMet)
        yield* link.send(...rosterFor(link))
        link.outbox.start(log.stream, link.theirs.get(log.stream) ?? 0)
        link.connection.wake()
        if (outcome._tag === "Superseded") yield* outcome.other.connection.abort("closed")
        if (link.newcomer) yield* recallFor(link)
        else yield* announceCatchUp(link)
        yield* pull(link, link.theirs)
        if (settings.id === serverId || link.newcomer) yield* introduce(link)
        soughtSince.delete(link.peer.id)
        yield* FiberMap.remove(searches, link.peer.id)
        link.isUp = true
        link.met()
        yield* link.attempt.settle(Exit.void)
      })

    const takeRoot = ({ news, old }: { readonly old: Summary; readonly news: Summary }): Effect.Effect<void> => {
      rooted = true
      peers.changed()
      return log.adopt(old, news)
    }

    /** That one does not come back from before this node began. Where nobody is left who could, the chat begins. */
    const expectNoMore = (id: PeerId): Effect.Effect<void> =>
      Effect.suspend(() => {
        expected.delete(id)
        peers.changed()
        return rooted || expected.size > 0 || table.links.size === 0
          ? Effect.void
          : takeRoot({ old: new Map(), news: new Map() })
      })

    /** What a peer has, in two: what those have said whom this node has met, it must hear; the rest was said before it came. */
    const split = (link: Link): { readonly old: Summary; readonly news: Summary } => {
      const [old, news] = Arr.partition(
        link.theirs,
        ([stream]) => !stream.startsWith(link.prefix) && table.hasMet(authorOf(stream), epochIn(stream))
      )
      return { old: new Map(old), news: new Map(news) }
    }

    const noteLink = ({ newcomer, peer: other }: Link, known: boolean) =>
      log.note(Happening.Linked({ peer: other, newcomer, known }))

    /** Shows a newcomer what was said last before it came, if it would like to see it. */
    const recallFor = (link: Link): Effect.Effect<void> =>
      link.history === 0
        ? Effect.void
        : Effect.flatMap(log.recent(Math.min(link.history, mostHistory)), (posts) =>
            link.send(...posts.map((post): Control => ({ type: "earlier", post })))
          )

    /** Says how much of what was missed this peer will send. */
    const announceCatchUp = (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => {
        let count = 0
        for (const [stream, n] of link.theirs) {
          const fromHere = stream.startsWith(link.prefix) || !comesByItself(stream)
          if (fromHere && !wanted.has(stream) && n > log.have(stream) && stream !== log.stream)
            count += n - log.have(stream)
        }
        return count === 0 ? Effect.void : log.note(Happening.CatchingUp({ peer: link.peer, count }))
      })

    /** Tells the peer who is there; those who are there hear of it soon. */
    const introduce = (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (link.peer.id === serverId) return link.send({ type: "roster", peers: [] })
        introduced.push(link)
        peers.changed()
        return link.send(
          ...listing(
            "roster",
            clients().filter((other) => other !== link)
          )
        )
      })

    const clients = (): ReadonlyArray<Link> => [...table.links.values()].filter(({ peer }) => peer.id !== serverId)

    /** Tells everybody of all who have come within a while: the same to all, themselves among them. */
    const tellOfNewcomers = peers
      .until(() => introduced.length > 0)
      .pipe(
        Effect.zipRight(Effect.sleep(gathering)),
        Effect.zipRight(
          Effect.suspend(() => {
            const here = introduced.filter((link) => table.links.get(link.peer.id) === link)
            introduced = []
            return here.length === 0 ? Effect.void : sendTo(clients(), listing("introduce", here))
          })
        )
      )

    /** The link is no more. Without a reason, the peer has said goodbye. */
    const ended = (link: Link, reason?: LossReason): Effect.Effect<void> =>
      Effect.gen(function* () {
        link.met()
        asking.delete(link)
        sentBefore += link.outbox.sent()
        const final = table.disconnect(link, reason)
        peers.changed()
        const orphaned = [...wanted].filter(([, asked]) => asked.link === link).map(([stream]) => stream)
        for (const stream of orphaned) wanted.delete(stream)
        for (const other of table.links.values()) {
          yield* pull(
            other,
            orphaned.map((stream): Mark => [stream, 0])
          )
        }
        if (leaving) return
        if (final) yield* reason === undefined ? left(link.peer) : lost(link.peer, reason)
        // A newcomer that was let in, and perhaps put on record, but has not come through the door.
        else if (!link.isUp && link.newcomer && !link.byUs) yield* seek(link.peer, Duration.zero, true)
      })

    const lost = (gone: Peer, reason: LossReason): Effect.Effect<void> =>
      membership.knows(gone.id)
        ? Effect.flatMap(log.note(Happening.Lost({ peer: gone, reason })), () =>
            Effect.flatMap(Random.nextRange(0.5, 1.5), (share) => seek(gone, Duration.times(breath, share)))
          )
        : forget(gone.id)

    const forget = (id: PeerId): Effect.Effect<void> => {
      addresses.delete(id)
      soughtSince.delete(id)
      return FiberMap.remove(searches, id)
    }

    const left = (gone: Peer): Effect.Effect<void> =>
      Effect.gen(function* () {
        yield* forget(gone.id)
        yield* log.note(Happening.Left({ peer: gone }))
        yield* expectNoMore(gone.id)
      })

    /** An attempt to have a link to that peer begins, or to whoever answers. `told` hears what has become of it. */
    const attempt = (
      id: PeerId | undefined,
      { epoch, told }: { readonly epoch?: Epoch; readonly told?: Deferred.Deferred<void, CallFailed> } = {}
    ): Attempt => {
      let over = false
      if (id !== undefined) table.begin(id)
      return {
        joins: id === undefined,
        settle: (outcome) =>
          Effect.suspend(() => {
            if (over) return Effect.void
            over = true
            const broken = id === undefined ? undefined : table.end(id, epoch)
            peers.changed()
            return Effect.zipRight(
              told === undefined ? Effect.void : Deferred.done(told, outcome),
              broken === undefined || leaving ? Effect.void : lost(broken.link.peer, broken.reason)
            )
          })
      }
    }

    // ---- Visitors

    const receive = (connection: Connection): Effect.Effect<void> =>
      Effect.flatMap(Wire.make(connection, log), (wire) =>
        Effect.flatMap(Handshake.answer(wire, visits), (visit) =>
          visit === undefined || leaving
            ? Effect.void
            : Effect.flatMap(admit(wire, visit), (link) =>
                link === undefined ? Effect.void : converse(link, visit.rest)
              )
        )
      )

    /** The link to a visitor that is let in; undefined if it was sent away. */
    const admit = (wire: Wire.Wire, { hello }: Handshake.Visit): Effect.Effect<Link | undefined> => {
      const { connection } = wire
      const visitor: Peer = {
        id: hello.id,
        address: reachableAt({ host: hello.host, port: hello.port }, connection.from)
      }
      return Effect.matchEffect(membership.admits(connection, visitor, hello.pass), {
        onFailure: ({ detail }) =>
          Effect.as(Handshake.refuse(wire, self(connection), { reason: "unavailable", detail }), undefined),
        onSuccess: (belongs) =>
          belongs ? admitMember(wire, visitor, hello) : Effect.as(Handshake.turnAway(wire), undefined)
      })
    }

    const admitMember = (wire: Wire.Wire, visitor: Peer, hello: Hello): Effect.Effect<Link | undefined> =>
      Effect.flatMap(holderProven(hello), () => {
        const me = self(wire.connection)
        const objection = objectionTo(hello)
        if (objection !== undefined) return Effect.as(Handshake.refuse(wire, me, objection), undefined)
        table.reserve(hello.id, hello.epoch)
        const visit = attempt(hello.id, { epoch: hello.epoch })
        return (hello.member ? Effect.void : rootsFirst).pipe(
          Effect.zipRight(knock(visitor, wire.connection)),
          Effect.flatMap((refusal) =>
            refusal === undefined
              ? Effect.map(
                  Effect.suspend(() => Handshake.welcome(wire, self(wire.connection))),
                  () => {
                    wire.connection.introduced()
                    return linkOf(wire, visitor, hello, false, visit, untilUp(wire), quotaOf(hello.id))
                  }
                )
              : Effect.zipRight(
                  Handshake.refuse(wire, me, { reason: "unavailable", detail: refusal }),
                  Effect.as(visit.settle(Exit.fail(vanished(visitor))), undefined)
                )
          ),
          Effect.onInterrupt(() => visit.settle(Exit.fail(vanished(visitor))))
        )
      })

    /** A newcomer learns from this node what was said before it came: when this node begins, those who can tell it come first. */
    const rootsFirst = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      peers
        .until(() => rooted || expected.size === 0)
        .pipe(Effect.timeoutOption(Math.max(0, begun + Duration.toMillis(courtesy) - now)), Effect.asVoid)
    )

    /**
     * Whoever has the visitor's id may be dead without anybody knowing yet: waits until it gives a sign of life, or is
     * lost, so that a client which comes back after a crash is not sent away for its own ghost.
     */
    const holderProven = ({ epoch, id }: Hello): Effect.Effect<void> =>
      Effect.suspend(() => {
        const held = table.links.get(id)
        if (held === undefined || held.epoch === epoch) return Effect.void
        const before = held.heard
        held.probed = true
        return held.send({ type: "ping" }).pipe(
          Effect.zipRight(peers.until(() => table.links.get(id) !== held || held.heard > before)),
          // What a dead one had sent before is no sign of life: its end comes right behind.
          Effect.zipRight(
            Effect.timeoutOption(
              peers.until(() => table.links.get(id) !== held),
              "500 millis"
            )
          ),
          Effect.timeoutOption(Duration.times(Handshake.limit, 0.8)),
          Effect.asVoid
        )
      })

    const objectionTo = (hello: Hello): Handshake.Objection | undefined => {
      if (hello.protocol !== protocolVersion) {
        return { reason: "protocol", detail: `it speaks version ${protocolVersion} of the protocol` }
      }
      if (hello.to !== undefined && hello.to !== settings.id) {
        return { reason: "mistaken", detail: `${settings.id} answers there, not ${hello.to}` }
      }
      if (hello.epoch === log.epoch) return { reason: "mistaken", detail: "that is this program itself" }
      const holder = hello.id === settings.id ? log.epoch : table.holder(hello.id, hello.epoch)
      if (holder !== undefined) return { reason: "id-taken", detail: `the id ${hello.id} is taken`, holder }
      if (isDropped(hello.id)) return { reason: "unavailable", detail: "it was sent more than it takes" }
      if (log.have(streamOf(hello.id, mainRoom, hello.epoch)) === Number.POSITIVE_INFINITY) {
        return { reason: "unavailable", detail: "it knows as many runs of programs as it takes" }
      }
      if (table.isAdmitting(hello.id, hello.epoch)) {
        return { reason: "unavailable", detail: `somebody with the id ${hello.id} is just coming in` }
      }
      return member || hello.member ? undefined : { reason: "unavailable", detail: "it is in no chat itself" }
    }

    /** Asks whether that visitor may come in; what speaks against it, if anything does. */
    const knock = (visitor: Peer, connection: Connection): Effect.Effect<string | undefined> =>
      Effect.gen(function* () {
        const verdict = yield* Deferred.make<string | undefined>()
        let isOver = false
        yield* knocks.offer({
          isOver: () => isOver,
          knock: {
            peer: visitor,
            admit: Effect.asVoid(Deferred.succeed(verdict, undefined)),
            refuse: (detail) => Effect.asVoid(Deferred.succeed(verdict, detail))
          }
        })
        const met = deadlines(Deferred.succeed(verdict, "it is too busy"))
        connection.onEnd(() => Deferred.unsafeDone(verdict, Effect.succeed("it has gone")))
        return yield* Effect.ensuring(
          Deferred.await(verdict),
          Effect.sync(() => {
            isOver = true
            met()
            connection.onEnd(undefined)
          })
        )
      })

    // ---- Calls

    /** Calls whoever listens there, once: the link is up when this returns, and goes on in the background. */
    const call = (route: Route, to?: PeerId): Effect.Effect<void, CallFailed> =>
      Effect.gen(function* () {
        const told = yield* Deferred.make<void, CallFailed>()
        yield* FiberSet.run(conversations, conversation(route, attempt(to, { told }), to))
        yield* Deferred.await(told)
      }).pipe(Effect.withSpan("PeerMesh.call", { attributes: { address: formatAddress(route.address), to } }))

    const conversation = (route: Route, begun: Attempt, to?: PeerId): Effect.Effect<void> =>
      Effect.gen(function* () {
        const connection = yield* transport.dial(route.address, route.from)
        const mistaken = (detail: string) => new PeerUnreachable({ address: route.address, detail })
        yield* Effect.mapError(membership.meets(connection, to ?? route.id), mistaken)
        const wire = yield* Wire.make(connection, log)
        if (to !== undefined) yield* answered(to)
        // Who asks to be let in is a newcomer there, even if somebody else has been faster to let it in.
        const shown = begun.joins ? { ...self(connection), member: false } : self(connection)
        const { rest, welcome } = yield* Handshake.call(wire, deadlines, shown, route.address, to)
        if (!membership.isCalled(connection, welcome.id)) return yield* mistaken("it has the key of somebody else")
        yield* converse(
          linkOf(
            wire,
            { id: welcome.id, address: route.address },
            welcome,
            true,
            begun,
            untilUp(wire),
            quotaOf(welcome.id)
          ),
          rest
        )
      }).pipe(
        Effect.scoped,
        Effect.catchAll((error) => begun.settle(Exit.fail(error))),
        Effect.ensuring(
          Effect.suspend(() =>
            begun.settle(Exit.fail(new PeerUnreachable({ address: route.address, detail: "it hung up" })))
          )
        )
      )

    /** That peer has taken a call, until the scope closes. */
    const answered = (id: PeerId) =>
      Effect.acquireRelease(
        Effect.sync(() => answering.add(id)),
        () => Effect.sync(() => answering.delete(id))
      )

    const reach = (id: PeerId, route: Route): Effect.Effect<void> =>
      Effect.suspend(() =>
        table.links.has(id) ? Effect.void : call({ ...route, address: addresses.get(id) ?? route.address }, id)
      ).pipe(
        Effect.tapErrorTag("IdTaken", (error) => Deferred.fail(contested, error)),
        Effect.retry(redial),
        Effect.ignore
      )

    /** For the program: to reach the server, that is, whose return others may depend on. */
    const reachServer = (id: PeerId, route: Route): Effect.Effect<void> =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          reaching += 1
          addresses.set(id, addresses.get(id) ?? route.address)
        }),
        () =>
          Effect.flatMap(Random.nextRange(0.5, 1.5), (share) =>
            Effect.delay(reach(id, route), Duration.times(breath, share))
          ),
        () =>
          Effect.sync(() => {
            reaching -= 1
          })
      )

    /** Keeps a link to a client: dials it after that time, until there is a link or patience ends. */
    const seek = (sought: Peer, after: Duration.Duration, ghost = false): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (leaving || sought.id === settings.id || sought.id === serverId) return Effect.void
        addresses.set(sought.id, sought.address)
        if (table.links.has(sought.id)) return Effect.void
        if (!soughtSince.has(sought.id)) {
          soughtSince.set(sought.id, { since: clock.unsafeCurrentTimeMillis(), told: false })
        }
        return FiberMap.run(searches, sought.id, Effect.delay(search(sought, ghost), after), { onlyIfMissing: true })
      })

    /** Whom others name is sought if there is room for one more, and it may be dialled. */
    const meet = (named: Peer, after: Duration.Duration): Effect.Effect<void> =>
      Effect.flatMap(FiberMap.size(searches), (sought) =>
        sought < mostSought && isDialable(named.address, address) ? seek(named, after) : Effect.void
      )

    /** One that must not be dialled may still come by itself. */
    const search = (sought: Peer, ghost: boolean): Effect.Effect<void> =>
      Effect.suspend(() =>
        isDialable(sought.address, address) && !isDropped(sought.id)
          ? reach(sought.id, sought)
          : peers.until(() => table.links.has(sought.id))
      ).pipe(
        Effect.timeoutTo({
          duration: ghost ? Handshake.limit : settings.patience,
          onSuccess: () => Effect.void,
          onTimeout: () =>
            Effect.suspend(() => {
              addresses.delete(sought.id)
              return Effect.zipRight(expectNoMore(sought.id), log.note(Happening.GivenUp({ peer: sought, ghost })))
            })
        }),
        Effect.flatten
      )

    // ---- How far what is said here has come

    const delivery = (): Delivery => ({ upTo: delivered, alone: table.links.size === 0 })

    /** What there is to tell after that was told. */
    const deliveryAfter = (told: Delivery | undefined) =>
      Effect.map(
        peers.until(() => told?.upTo !== delivered || told.alone !== delivery().alone),
        () => Option.some([delivery(), delivery()] as const)
      )

    const holders = (n: number): number => {
      let count = 0
      for (const upTo of heardBy.values()) if (upTo >= n) count += 1
      return count
    }

    // ---- Who is there

    const acquaintances = (): ReadonlyArray<Acquaintance> => {
      const last = log.have(log.stream)
      const linked = Array.from(table.links.values(), (link) => ({
        peer: link.peer,
        link: { since: link.since, roundTrip: link.roundTrip, behind: last - (link.theirs.get(log.stream) ?? 0) },
        through: undefined
      }))
      const sought = [...addresses]
        .filter(([id]) => !table.links.has(id))
        .map(([id, listening]) => ({ peer: { id, address: listening }, link: undefined, through: relays.get(id) }))
      return [...linked, ...sought]
    }

    // ---- What runs as long as the node does

    /** What is said goes out to all: one Stream a node, a cursor a link. What others said goes to those who have asked. */
    const fanOut = Effect.suspend(() => {
      let said = log.have(log.stream)
      return Stream.runForEachChunk(
        log.grown(() => log.have(log.stream) > said || asking.size > 0),
        () =>
          Effect.sync(() => {
            const last = log.have(log.stream)
            for (const link of asking) if (!link.outbox.isAsked()) asking.delete(link)
            for (const link of last > said ? table.links.values() : asking) link.connection.wake()
            said = last
          })
      )
    })

    /** A plain loop, and the same bytes to all: it is what idle links cost. */
    const tick = Effect.suspend(() => {
      const cut: Array<Effect.Effect<void>> = []
      const now = clock.unsafeCurrentTimeNanos()
      const allAreMeasured = ticks % ticksUntilMeasured === 0
      ticks += 1
      for (const link of table.links.values()) {
        // Whoever is not read can't be heard.
        link.quietTicks = link.slowed ? 0 : link.quietTicks + 1
        if (link.quietTicks >= ticksOfSilence) cut.push(link.connection.abort("silent"))
        else if (link.quietTicks > 1 || allAreMeasured || link.roundTrip === undefined) {
          link.pinged ??= now
          if (!link.give(ping)) cut.push(link.connection.abort("overrun"))
        }
      }
      return Effect.all(cut, { discard: true })
    })

    const interval = Duration.times(Duration.decode(settings.silence), 1 / ticksOfSilence)
    const heartbeat = Effect.repeat(tick, Schedule.spaced(interval))

    const offering = Effect.repeat(Effect.zipRight(offer, skipWhatIsGone), Schedule.spaced(offerEvery))
    const comparing = Effect.repeat(compare, Schedule.spaced(compareEvery))

    /** Says goodbye to all, after everything else that was said. */
    const leave = Effect.gen(function* () {
      yield* untilFound
      yield* untilSettled.pipe(within(searchLimit))
      leaving = true
      const open = [...table.links.values()]
      for (const link of open) link.outbox.leave()
      yield* FiberMap.clear(searches)
      yield* Effect.forEach(open, (link) => link.connection.finish, { concurrency: "unbounded", discard: true }).pipe(
        within(goodbyeLimit)
      )
    })

    /** Whoever is still being dialled should hear what this node has said: waits a little for them. */
    const untilFound = Effect.suspend(() =>
      log.slice(log.stream, 0, 1) === undefined
        ? Effect.void
        : FiberMap.awaitEmpty(searches).pipe(within(searchLimit), Effect.asVoid)
    )

    /** A link that is up at the other side alone has taken another's place there: the goodbye must go over it. */
    const untilSettled = peers.until(() => !table.unsettled)

    yield* Effect.forkScoped(followMembership)
    yield* Effect.forkScoped(tellOfMembers)
    yield* Effect.forkScoped(fanOut)
    yield* Effect.forkScoped(heartbeat)
    yield* Effect.forkScoped(offering)
    yield* Effect.forkScoped(comparing)
    yield* Effect.forkScoped(Effect.forever(tellOfNewcomers))
    yield* Effect.addFinalizer(() => leave)

    return PeerMesh.of({
      self: peer,
      join: (route) => Effect.suspend(() => (member ? Effect.void : call(route))),
      // Who has gone meanwhile is not let in, nor put on record: that would hold up those who wait behind.
      knocks: Stream.filterMap(Mailbox.toStream(knocks), ({ isOver, knock }) =>
        isOver() ? Option.none() : Option.some(knock)
      ),
      keep: (kept) =>
        Effect.suspend(() => {
          expected.add(kept.id)
          return seek(kept, Duration.zero)
        }),
      reach: reachServer,
      awaitLoss: (id) => peers.until(() => !table.links.has(id)),
      contested: Deferred.await(contested),
      forked: Deferred.await(forked),
      isAnswering: (id) => answering.has(id) && !table.links.has(id),
      linked: Effect.sync(() => Array.from(table.links.values(), (link) => link.peer)),
      acquaintances: Effect.sync(acquaintances),
      delivery: Subscribable.make({
        get: Effect.sync(delivery),
        changes: Stream.unfoldEffect(undefined as Delivery | undefined, deliveryAfter)
      }),
      sent: Effect.sync(() => {
        let sent = sentBefore
        for (const link of table.links.values()) sent += link.outbox.sent()
        return sent
      }),
      holders: (n) => Effect.sync(() => holders(n)),
      awaitHolders: (n, count) => peers.until(() => holders(n) >= count),
      events: Stream.filterMap(
        log.follow(({ _tag }) => _tag === "Happened"),
        (entry) => (entry._tag === "Happened" ? Option.some(entry.happening) : Option.none())
      )
    })
  })

const linkOf = (
  wire: Wire.Wire,
  peer: Peer,
  { epoch, history = 0, member, pass }: Pick<Hello, "epoch" | "member" | "history" | "pass">,
  byUs: boolean,
  attempt: Attempt,
  met: Deadlines.Met,
  quota: Quotas
): Link => ({
  ...wire,
  peer,
  epoch,
  prefix: `${peer.id}/`,
  newcomer: !member,
  history,
  roster: pass?.version ?? 0,
  news: [],
  byUs,
  attempt,
  isUp: false,
  met,
  theirs: new Map(),
  floors: new Map(),
  quota,
  counted: 0,
  askedFrames: 0,
  askedBytes: 0,
  named: 0,
  slowed: false,
  rooms: undefined,
  summarized: false,
  since: 0,
  roundTrip: undefined,
  pinged: undefined,
  heard: 0,
  probed: false,
  quietTicks: 0
})

const listed = ({ address, id }: Peer) => ({ id, ...address })
const unlisted = ({ host, id, port }: ReturnType<typeof listed>): Peer => ({ id, address: { host, port } })

const vanished = ({ address }: Peer) => new PeerUnreachable({ address, detail: "it vanished" })

/** Those peers, by their addresses. */
const listing = (type: "roster" | "introduce", links: ReadonlyArray<Link>): ReadonlyArray<Control> =>
  partsOf(links).map((part) => ({ type, peers: part.map(({ peer }) => listed(peer)) }))

const haveFrames = (marks: ReadonlyArray<Mark>): ReadonlyArray<Control> =>
  partsOf(marks).map((part, index, parts) => ({
    type: "have",
    streams: Object.fromEntries(part),
    more: index < parts.length - 1
  }))

/** In parts small enough for a frame, one at least. */
const partsOf = <A>(all: ReadonlyArray<A>, most = maxListed): ReadonlyArray<ReadonlyArray<A>> =>
  all.length === 0 ? [[]] : Arr.chunksOf(all, most)

/** A mesh for that node. */
export const layer = (
  settings: Settings
): Layer.Layer<PeerMesh, PortTaken | HostElsewhere, Transport | MessageLog | Membership> =>
  Layer.scoped(PeerMesh, make(settings))
