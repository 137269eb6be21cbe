/** Accepts connections: decides which visitors are admitted and which are refused. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { JoinRequest } from "../../services/PeerMesh.ts"
import type { Connection } from "../../services/Transport.ts"
import type { ChatId } from "../../src/domain/Chat.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import type { Peer, PeerId } from "../../src/domain/Peer.ts"
import { reachableAt } from "../../src/domain/Security.ts"
import { inSpan } from "../../src/domain/Span.ts"
import { encode, type Hello, named, naming } from "../../src/protocol/Frame.ts"
import { vanished } from "./Attempt.ts"
import type { Deadlines } from "./Deadlines.ts"
import type { Entrance } from "./Entrance.ts"
import * as Handshake from "./Handshake.ts"
import type { Heartbeat } from "./Heartbeat.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"
import { alike, type Objections, otherChat } from "./Objections.ts"
import * as Wire from "./Wire.ts"

/** How many visitors of other chats are reported. */
const mostForeigners = 64

/** The result of a visit. */
type Outcome =
  | { readonly _tag: "Welcome"; readonly chat: ChatId }
  | { readonly _tag: "SentAway"; readonly objection: Handshake.Objection }

const sentAway = (objection: Handshake.Objection): Outcome => ({ _tag: "SentAway", objection })

interface Needs extends Entrance {
  readonly objections: Objections
  readonly heartbeat: Heartbeat
  /** The time limit for visitors to introduce themselves. */
  readonly visits: Deadlines
}

export const make = (
  { isLeaving, events, log, membership, settings, table }: Node,
  { begin, converse, deadlines, heartbeat, linkOver, objections, replication, self, visits }: Needs
) =>
  Effect.gen(function* () {
    const foreigners = new Set<PeerId>()
    const joinRequests = yield* Mailbox.make<{ readonly joinRequest: JoinRequest; readonly isOver: () => boolean }>()

    /** The link to an admitted visitor; undefined if it was refused. */
    const admit = (wire: Wire.Wire, { hello }: Handshake.Visit): Effect.Effect<Link | undefined> => {
      const { connection } = wire
      const visitor: Peer = {
        ...named(hello),
        address: reachableAt({ host: hello.host, port: hello.port }, connection.from)
      }
      const admitted = Effect.matchEffect(membership.admits(connection, visitor, hello.pass), {
        onFailure: (error) =>
          Effect.as(
            Handshake.refuse(
              wire,
              self(connection),
              error._tag === "IdLooksAlike"
                ? alike(error.id, error.like)
                : { reason: "unavailable", detail: error.detail }
            ),
            undefined
          ),
        onSuccess: (belongs) =>
          belongs ? admitMember(wire, visitor, hello) : Effect.as(Handshake.turnAway(wire), undefined)
      })
      return inSpan("PeerMesh.admit", () => ({ id: hello.id }))(admitted)
    }

    const admitMember = (wire: Wire.Wire, visitor: Peer, hello: Hello): Effect.Effect<Link | undefined> => {
      const sendAway = (objection: Handshake.Objection) =>
        Effect.as(Handshake.refuse(wire, self(wire.connection), objection), undefined)
      const mistake = objections.mistakeOf(hello)
      if (mistake !== undefined) {
        return Effect.zipRight(
          mistake.reason === "other-chat" ? tellOfForeigner(visitor, hello.to) : Effect.void,
          sendAway(mistake)
        )
      }
      return Effect.flatMap(holderProven(hello), (proven) => {
        const objection = objections.objectionTo(hello, proven)
        if (objection !== undefined) return sendAway(objection)
        table.reserve(hello.id, hello.epoch)
        const visit = begin(hello.id, { epoch: hello.epoch })
        visit.connected()
        return (hello.member ? Effect.void : replication.ready(hello.history ?? 0)).pipe(
          Effect.zipRight(letIn(visitor, hello, wire.connection)),
          Effect.flatMap((outcome) =>
            outcome._tag === "Welcome"
              ? Effect.map(
                  Effect.suspend(() => Handshake.welcome(wire, self(wire.connection), outcome.chat)),
                  () => {
                    wire.connection.introduced()
                    return linkOver(wire, visitor, { ...hello, chat: outcome.chat }, { byUs: false, attempt: visit })
                  }
                )
              : Effect.zipLeft(sendAway(outcome.objection), visit.settle(Exit.fail(vanished(visitor))))
          ),
          Effect.onInterrupt(() => visit.settle(Exit.fail(vanished(visitor))))
        )
      })
    }

    /**
     * Reports a visitor of another chat that looks for its server here: once for each, and a limited number of them,
     * because they come again and again.
     */
    const tellOfForeigner = (visitor: Peer, to: PeerId = settings.id): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (!settings.member || to !== settings.id || foreigners.has(visitor.id) || foreigners.size >= mostForeigners)
          return Effect.void
        foreigners.add(visitor.id)
        return events.note(MeshEvent.Foreigner({ peer: visitor }))
      })

    /** The last step for a visitor without objections so far: the chat that it is welcomed to, or why it is refused. */
    const letIn = (visitor: Peer, hello: Hello, connection: Connection): Effect.Effect<Outcome> =>
      chatWith(hello).pipe(
        Effect.flatMap((chat): Effect.Effect<Outcome> => {
          // While it waited, this node has entered another.
          if (hello.chat !== undefined && hello.chat !== chat) return Effect.succeed(sentAway(otherChat))
          return Effect.map(joinRequest(visitor, hello, connection), (refusal) =>
            refusal === undefined ? { _tag: "Welcome", chat } : sentAway({ reason: "unavailable", detail: refusal })
          )
        }),
        Effect.catchAll(({ detail }) => Effect.succeed(sentAway({ reason: "unavailable", detail })))
      )

    /**
     * The chat that this node and a visitor will share. A server enters one now: the visitor's, if the server is in
     * none, or a new one. A client is in none before a link is up.
     */
    const chatWith = (hello: Hello) => {
      const named = settings.member ? undefined : (membership.chat() ?? hello.chat)
      return named === undefined ? membership.enter(hello.chat) : Effect.succeed(named)
    }

    /**
     * The present owner of the visitor's id may be dead while nobody knows it yet. Waits until it has answered or is
     * lost, so that a client which comes back after a crash is not refused because of its own dead run. False if
     * neither has happened.
     */
    const holderProven = ({ epoch, id }: Hello): Effect.Effect<boolean> =>
      Effect.suspend(() => {
        const held = table.links.get(id)
        return held === undefined || held.epoch === epoch
          ? Effect.succeed(true)
          : Effect.map(Effect.timeoutOption(heartbeat.lives(held), Duration.times(Handshake.limit, 0.8)), Option.isSome)
      })

    /** Asks the program to admit a visitor. Returns the objection, if there is one. */
    const joinRequest = (
      visitor: Peer,
      { passing = false }: Hello,
      connection: Connection
    ): Effect.Effect<string | undefined> =>
      Effect.gen(function* () {
        const verdict = yield* Deferred.make<string | undefined>()
        let isOver = false
        yield* joinRequests.offer({
          isOver: () => isOver,
          joinRequest: {
            peer: visitor,
            passing,
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

    return {
      /** Accepts a connection, and serves the link until it ends. */
      receive: (connection: Connection): Effect.Effect<void> =>
        Effect.flatMap(Wire.make(connection, log), (wire) =>
          Effect.flatMap(Handshake.answer(wire, visits), (visit) =>
            visit === undefined || isLeaving()
              ? Effect.void
              : Effect.flatMap(admit(wire, visit), (link) =>
                  link === undefined ? Effect.void : converse(link, visit.rest)
                )
          )
        ),
      /** What a caller hears when no connection slot is free. */
      regret: encode({
        type: "refused",
        ...naming(settings),
        reason: "unavailable",
        detail: "it has too many connections"
      }),
      /**
       * The visitors that ask for admission. A visitor that has gone meanwhile is skipped: recording it would hold up
       * the others.
       */
      joinRequests: Stream.filterMap(Mailbox.toStream(joinRequests), ({ isOver, joinRequest }) =>
        isOver() ? Option.none() : Option.some(joinRequest)
      )
    }
  })
