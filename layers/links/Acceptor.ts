/** Accepts connections: decides which visitors are admitted and which are refused. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { JoinRequest } from "../../services/PeerMesh.ts"
import type { Accepted } from "../../services/Transport.ts"
import type { ChatId } from "../../src/domain/Chat.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { type Peer, type PeerId, serverId } from "../../src/domain/Peer.ts"
import { after, effectOf, type Rest } from "../../src/domain/Rest.ts"
import { reachableAt } from "../../src/domain/Security.ts"
import { inSpan, isTraced } from "../../src/domain/Span.ts"
import { encode, type Frame, named, naming, roomsNamed, type Visit } from "../../src/protocol/Frame.ts"
import { type Attempt, vanished } from "./Attempt.ts"
import type { Deadlines } from "./Deadlines.ts"
import type { Entrance } from "./Entrance.ts"
import * as Handshake from "./Handshake.ts"
import type { Heartbeat } from "./Heartbeat.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"
import { alike, type Objections, otherChat } from "./Objections.ts"
import { Wire } from "./Wire.ts"

/** How many visitors of other chats are reported. */
const mostForeigners = 64

/** Somebody who has introduced itself on a connection, and waits to be let in. What else it sends is held back. */
interface Visitor extends Handshake.Visit {
  readonly connection: Accepted
  readonly wire: Wire
  readonly peer: Peer
}

interface Needs extends Entrance {
  readonly objections: Objections
  readonly heartbeat: Heartbeat
  /** The time limit for visitors to introduce themselves. */
  readonly visits: Deadlines
  /** Runs what has to be waited for, until it is done or the node ends. */
  readonly run: (effect: Effect.Effect<void>) => unknown
}

/**
 * From the connection to the link, each step is a plain function. What remains of it when something must be waited for is
 * its `Rest`, for which there is a fiber as long as it lasts.
 */
export const make = (
  { clock, files, isLeaving, events, log, membership, settings, table }: Node,
  { begin, converse, deadlines, heartbeat, linkOver, objections, replication, run, self, visits }: Needs
) =>
  Effect.gen(function* () {
    const traced = yield* isTraced
    const foreigners = new Set<PeerId>()
    const joinRequests = yield* Mailbox.make<{ readonly joinRequest: JoinRequest; readonly isOver: () => boolean }>()

    const runRest = (rest: Rest): void => {
      if (rest !== undefined) run(rest)
    }

    const sendAway = (visitor: Visitor, objection: Handshake.Objection): Rest =>
      lastSaid(visitor, Handshake.refuse(visitor.wire, self(visitor.connection), objection))

    const lastSaid = ({ connection }: Visitor, said: Effect.Effect<void>): Rest =>
      Effect.ensuring(
        said,
        Effect.sync(() => connection.release())
      )

    /** Lets a visitor in, or sends it away. */
    const admit = (visitor: Visitor): Rest => {
      if (membership.admits === undefined) return admitMember(visitor)
      return Effect.matchEffect(membership.admits(visitor.connection, visitor.peer, visitor.hello.pass), {
        onFailure: (error) =>
          effectOf(() =>
            sendAway(
              visitor,
              error._tag === "IdLooksAlike"
                ? alike(error.id, error.like)
                : { reason: "unavailable", detail: error.detail }
            )
          ),
        onSuccess: (belongs) =>
          effectOf(() => (belongs ? admitMember(visitor) : lastSaid(visitor, Handshake.turnAway(visitor.wire))))
      })
    }

    const admitMember = (visitor: Visitor): Rest => {
      const { epoch, id } = visitor.hello
      const mistake = objections.mistakeOf(visitor.hello, visitor.connection.from)
      if (mistake !== undefined) {
        if (mistake.reason === "other-chat") tellOfForeigner(visitor)
        return sendAway(visitor, mistake)
      }
      const holder = table.links.get(id)
      return holder === undefined || holder.epoch === epoch
        ? reserve(visitor, true)
        : Effect.flatMap(proven(holder), (isProven) => effectOf(() => reserve(visitor, isProven)))
    }

    /**
     * The present owner of a visitor's id may be dead while nobody knows it yet. Waits until it has answered or is lost,
     * so that a client which comes back after a crash is not refused because of its own dead run. False if neither has
     * happened.
     */
    const proven = (holder: Link): Effect.Effect<boolean> =>
      Effect.map(Effect.timeoutOption(heartbeat.lives(holder), Duration.times(Handshake.limit, 0.8)), Option.isSome)

    /** Keeps the visitor's id for it, unless something speaks against that. */
    const reserve = (visitor: Visitor, isHolderProven: boolean): Rest => {
      const { hello } = visitor
      const objection = objections.objectionTo(hello, isHolderProven)
      if (objection !== undefined) return sendAway(visitor, objection)
      table.reserve(hello.id, hello.epoch)
      const attempt = begin(hello.id, { epoch: hello.epoch })
      attempt.connected()
      const ready = hello.member ? undefined : replication.ready(hello.history ?? 0, roomsNamed(hello.rooms))
      return after(ready, () => chooseChat(visitor, attempt))
    }

    /**
     * The chat that this node and the visitor will share. A server enters one now: the visitor's, if the server is in
     * none, or a new one. A client is in none before a link is up.
     */
    const chooseChat = (visitor: Visitor, attempt: Attempt): Rest => {
      const { chat: named } = visitor.hello
      const chat = (settings.member ? undefined : (membership.chat() ?? named)) ?? membership.enterNow(named)
      if (chat !== undefined) return askProgram(visitor, attempt, chat)
      return Effect.matchEffect(membership.enter(named), {
        onFailure: ({ detail }) => effectOf(() => turnBack(visitor, attempt, { reason: "unavailable", detail })),
        onSuccess: (entered) => effectOf(() => askProgram(visitor, attempt, entered))
      })
    }

    /** Asks the program to admit the visitor. No fiber waits for its answer, except for the sake of a span. */
    const askProgram = (visitor: Visitor, attempt: Attempt, chat: ChatId): Rest => {
      const { chat: named } = visitor.hello
      // While it waited, this node has entered another.
      if (named !== undefined && named !== chat) return turnBack(visitor, attempt, otherChat)
      const decided = (refusal: Handshake.Objection | undefined): Rest =>
        refusal === undefined ? letIn(visitor, attempt, chat) : turnBack(visitor, attempt, refusal)
      if (traced) {
        return Effect.async((resume) => joinRequest(visitor, (refusal) => resume(effectOf(() => decided(refusal)))))
      }
      joinRequest(visitor, (refusal) => runRest(decided(refusal)))
      return undefined
    }

    /** Calls back once with the program's objection, if there is one, or with what has kept it from deciding. */
    const joinRequest = (
      { connection, hello: { epoch, passing = false }, peer }: Visitor,
      decided: (refusal?: Handshake.Objection) => void
    ): void => {
      let isOver = false
      const decide = (refusal?: Handshake.Objection): void => {
        if (isOver) return
        isOver = true
        met()
        connection.onEnd(undefined)
        decided(refusal)
      }
      const notNow = (detail: string): Handshake.Objection => ({ reason: "unavailable", detail })
      const met = deadlines(() => decide(notNow("it is too busy")))
      joinRequests.unsafeOffer({
        isOver: () => isOver,
        joinRequest: {
          peer,
          run: epoch,
          passing,
          admit: Effect.sync(() => decide()),
          refuse: (detail, reason) =>
            Effect.sync(() => decide(reason === undefined ? notNow(detail) : { reason, detail }))
        }
      })
      connection.onEnd(() => decide(notNow("it has gone")))
    }

    const letIn = ({ connection, hello, peer, rest, wire }: Visitor, attempt: Attempt, chat: ChatId): undefined => {
      const shown = self(connection)
      Handshake.welcome(wire, shown, chat)
      connection.introduced()
      const release = () => connection.release()
      converse(linkOver(wire, peer, { ...hello, chat }, { byUs: false, attempt, told: shown.rooms, release }), rest)
    }

    const turnBack = (visitor: Visitor, attempt: Attempt, objection: Handshake.Objection): Rest =>
      after(sendAway(visitor, objection), () => attempt.settle(Exit.fail(vanished(visitor.peer))))

    /**
     * Reports a visitor of another chat that looks for its server here: once for each, and a limited number of them,
     * because they come again and again.
     */
    const tellOfForeigner = ({ hello: { to = settings.id }, peer }: Visitor): void => {
      if (
        !settings.member ||
        (to !== settings.id && to !== serverId) ||
        foreigners.has(peer.id) ||
        foreigners.size >= mostForeigners
      )
        return
      foreigners.add(peer.id)
      events.note(MeshEvent.Foreigner({ peer }))
    }

    /** A connection that is to be no link: whoever sends more before it is answered does not speak the protocol. */
    const transfer = (connection: Accepted, visit: Visit, rest: ReadonlyArray<Frame>): void => {
      if (files === undefined || rest.length > 0) return connection.release()
      files.visited(connection, visit)
    }

    return {
      /** Accepts a connection, and serves the link until it ends. */
      receive: (connection: Accepted): void => {
        const wire = new Wire(connection, log, clock)
        Handshake.answer(wire, visits, (opening) => {
          if (opening === undefined || isLeaving()) return connection.release()
          const { first: hello, rest } = opening
          if (hello.type === "fetch" || hello.type === "serve" || hello.type === "connect") {
            return transfer(connection, hello, rest)
          }
          if (hello.type !== "hello") return connection.release()
          const { host, id, port } = hello
          const peer = { ...named(hello), address: reachableAt({ host, port }, connection.from) }
          const admission = () => admit({ hello, rest, connection, wire, peer })
          runRest(traced ? inSpan("PeerMesh.admit", () => ({ id }))(effectOf(admission)) : admission())
        })
      },
      /** What a caller hears when no connection slot is free. */
      regret: encode({
        type: "refused",
        ...naming(settings),
        reason: "unavailable",
        detail: "it has too many connections"
      }),
      /**
       * The visitors that ask for admission, one at a time. A visitor that has gone by its turn is skipped: recording it
       * would hold up the others.
       */
      joinRequests: Stream.filterMap(Stream.rechunk(Mailbox.toStream(joinRequests), 1), ({ isOver, joinRequest }) =>
        isOver() ? Option.none() : Option.some(joinRequest)
      )
    }
  })
