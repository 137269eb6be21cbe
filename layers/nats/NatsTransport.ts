/**
 * A Transport through NATS, for links between the servers of a chat: a connection is two ends that send each other
 * numbered messages. What NATS loses ends it.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { Bus } from "../../services/Bus.ts"
import type { Accepted, Transport } from "../../services/Transport.ts"
import { PeerUnreachable, PortTaken } from "../../src/domain/Errors.ts"
import { defaultLimits } from "../../src/domain/Limits.ts"
import { type Address, Host, Port } from "../../src/domain/Peer.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { decode, encode, headerBytes, type Kind, type Message, noBody } from "../../src/protocol/TunnelMessage.ts"
import { ConnectionSlots, type Slot } from "../transport/ConnectionSlots.ts"
import { type Node, TunnelEnd } from "./TunnelEnd.ts"

/** The longest piece that is sent in one message. A server of NATS takes a megabyte in its default settings. */
const mostInMessage = 131_072

/** In `probeLimit`s: how long a node may take to say that it is still there when another one has come to its site. */
const untilDoubted = 4

/** What NATS did not take is tried again after this time. */
const tryAgainAfter = "50 millis"

export interface Settings {
  /** The host that the other side sees. */
  readonly from: Host
  /** How many connections are accepted. */
  readonly connections?: number
  /** The time limit for a dial, and how long somebody who listens at an address may take to say so. */
  readonly dialLimit?: Duration.DurationInput
  readonly probeLimit?: Duration.DurationInput
}

interface Listener {
  /** What its ends share. */
  readonly node: Node
  readonly slots: ConnectionSlots
  readonly serve: (end: TunnelEnd) => void
  readonly open: Set<TunnelEnd>
}

/** An end that a listener has accepted. */
class AcceptedEnd extends TunnelEnd {
  slot: Slot | undefined

  override introduced(): void {
    this.slot?.introduced()
  }
}

/** The subject of a listener. What has a meaning in a subject is written as a number. */
const subjectOf = ({ host, port }: Address): string =>
  `link.at.${host.replaceAll(/[^A-Za-z0-9_-]/g, (character) => `=${character.charCodeAt(0).toString(16)}`)}.${port}`

const inboxOf = (name: string): string => `link.to.${name}`

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() }

/** What stands in an `open`: the inbox and the host of the one who dials. */
const introduction = (inbox: string, from: Host): Uint8Array => utf8.encoder.encode(`${inbox} ${from}`)

const introduced = (body: Uint8Array): { readonly inbox: string; readonly from: Host } | undefined => {
  const [, inbox, from] = /^([a-z0-9]{8,32}) ([A-Za-z0-9_.:%-]{1,253})$/.exec(utf8.decoder.decode(body)) ?? []
  return inbox === undefined || from === undefined ? undefined : { inbox, from: Host.make(from) }
}

/** A name that no other life of a node has. */
const newName = Effect.map(Effect.all(Array.from({ length: 4 }, () => Random.nextIntBetween(0, 2 ** 32))), (parts) =>
  parts.map((part) => part.toString(36).padStart(7, "0")).join("")
)

/** A transport, and how many listeners and ends of connections it has open. */
export interface Made {
  readonly transport: {
    readonly dial: (address: Address) => Effect.Effect<Accepted, PeerUnreachable, Scope.Scope>
    readonly listen: Transport["Type"]["listen"]
  }
  readonly open: () => number
}

export const make = ({
  connections = defaultLimits.connections,
  dialLimit = "5 seconds",
  from,
  probeLimit = "250 millis"
}: Settings): Effect.Effect<Made, never, Bus | Scope.Scope> =>
  Effect.gen(function* () {
    const bus = yield* Bus
    const inbox = yield* newName
    const ends = new Map<number, TunnelEnd>()
    const listeners = new Map<string, Listener>()
    /** What is known of the answers to this node's questions: an end that was accepted or refused, a listener. */
    const answers = new Map<number, Deferred.Deferred<void, string>>()
    let lastNumber = 0
    const unsent = makeSignal()
    const inBackground = yield* FiberSet.makeRuntime<never>()

    const say = (to: string, kind: Kind, about: Partial<Pick<Message, "to" | "from" | "body">>): boolean =>
      bus.publish(to, encode({ kind, to: 0, from: 0, number: 0, body: noBody, ...about }))

    const node: Node = {
      mostBytes: () => Math.min(mostInMessage, bus.mostBytes() - headerBytes),
      send: (to, message) => bus.publish(inboxOf(to), message),
      unsent: unsent.changed,
      forget: (end) => ends.delete(end.number)
    }

    const answered = (number: number, outcome: Effect.Effect<void, string>): void => {
      const answer = answers.get(number)
      if (answer !== undefined) Deferred.unsafeDone(answer, outcome)
    }

    /** Somebody has accepted a dial. One that nobody waits for any more, or a second one, is told that it is over. */
    const accepted = ({ body, from: number, to }: Message): void => {
      const by = introduced(body)
      if (by === undefined) return
      if (ends.get(to)?.isWith(by.inbox, number) === true) answered(to, Effect.void)
      else say(inboxOf(by.inbox), "gone", { to: number, from: to })
    }

    /** Somebody asks whether this node, or a listener of it, is there. */
    const probed = ({ body, from: number }: Message): void => {
      const by = introduced(body)
      if (by !== undefined) say(inboxOf(by.inbox), "present", { to: number })
    }

    const heard = (bytes: Uint8Array): void => {
      const message = decode(bytes)
      if (message === undefined) return
      if (message.kind === "probe") return probed(message)
      if (message.kind === "accepted") accepted(message)
      else if (message.kind === "refused") answered(message.to, Effect.fail(utf8.decoder.decode(message.body)))
      else if (message.kind === "present") answered(message.to, Effect.void)
      else ends.get(message.to)?.heard(message)
    }

    yield* bus.subscribe(inboxOf(inbox), heard)
    yield* Effect.forkScoped(
      Effect.forever(
        unsent
          .until(() => [...ends.values()].some((end) => end.isBehind))
          .pipe(
            Effect.zipRight(Effect.sleep(tryAgainAfter)),
            Effect.zipRight(
              Effect.sync(() => {
                for (const end of ends.values()) end.resume()
              })
            )
          )
      )
    )

    // ---- Dialling

    /** Asks something, and returns the answer. Undefined if there is none within the limit. */
    const ask = (number: number, question: () => boolean, limit: Duration.DurationInput) =>
      Effect.acquireUseRelease(
        Effect.tap(Deferred.make<void, string>(), (answer) => Effect.sync(() => answers.set(number, answer))),
        (answer) =>
          question() ? Effect.timeoutOption(Deferred.await(answer), limit) : Effect.fail("there is no way to NATS now"),
        () => Effect.sync(() => answers.delete(number))
      )

    const dial = (address: Address): Effect.Effect<TunnelEnd, PeerUnreachable, Scope.Scope> =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const end = new TunnelEnd(node, ++lastNumber, address.host)
          ends.set(end.number, end)
          return end
        }),
        (end) => Effect.sync(() => end.release())
      ).pipe(
        Effect.tap(({ number }) =>
          ask(
            number,
            () => say(subjectOf(address), "open", { from: number, body: introduction(inbox, from) }),
            dialLimit
          ).pipe(
            Effect.flatten,
            Effect.mapError((error) =>
              typeof error === "string" ? error : `no answer within ${Duration.toSeconds(dialLimit)} s`
            ),
            Effect.mapError((detail) => new PeerUnreachable({ address, detail }))
          )
        )
      )

    // ---- Listening

    /** Ends all connections with a node, if it does not answer. */
    const endIfGone = (other: string): Effect.Effect<void> =>
      isPresent(inboxOf(other), Duration.times(probeLimit, untilDoubted)).pipe(
        Effect.orElseSucceed(() => true),
        Effect.tap((isThere) =>
          Effect.sync(() => {
            for (const end of isThere ? [] : [...ends.values()]) if (end.inbox === other) end.abort("closed")
          })
        ),
        Effect.asVoid
      )

    /**
     * A node dials. If it was killed and is back, nobody has said so to the ends of the connections with its life before,
     * and they would keep the new ones waiting for as long as a peer may be silent.
     */
    const askBefore = (by: { readonly inbox: string; readonly from: Host }): void => {
      const others = new Set<string>()
      for (const end of ends.values()) {
        if (end.from === by.from && end.inbox !== undefined && end.inbox !== by.inbox) others.add(end.inbox)
      }
      for (const other of others) inBackground(endIfGone(other))
    }

    const opened = ({ node, open, serve, slots }: Listener, message: Message): void => {
      const by = introduced(message.body)
      if (by === undefined) return
      const end: AcceptedEnd = new AcceptedEnd(node, ++lastNumber, by.from, {
        inbox: by.inbox,
        number: message.from
      })
      const slot = slots.take(from, () => end.abort("closed"))
      if (slot === undefined) {
        const words = utf8.encoder.encode("it takes no more connections")
        return void say(inboxOf(by.inbox), "refused", { to: message.from, body: words })
      }
      end.slot = slot
      ends.set(end.number, end)
      open.add(end)
      say(inboxOf(by.inbox), "accepted", { to: message.from, from: end.number, body: introduction(inbox, from) })
      serve(end)
      askBefore(by)
    }

    const accepting = (open: Set<TunnelEnd>): Node => ({
      ...node,
      forget: (end) => {
        node.forget(end)
        open.delete(end)
        if (end instanceof AcceptedEnd) end.slot?.free()
      }
    })

    const called = (listener: Listener, bytes: Uint8Array): void => {
      const message = decode(bytes)
      if (message?.kind === "open") opened(listener, message)
      else if (message?.kind === "probe") probed(message)
    }

    /** Whether somebody answers there within the limit. Fails if there is no way to find out. */
    const isPresent = (subject: string, limit: Duration.DurationInput) =>
      Effect.suspend(() => {
        const number = ++lastNumber
        const probe = () => say(subject, "probe", { from: number, body: introduction(inbox, from) })
        return Effect.map(ask(number, probe, limit), Option.isSome)
      })

    /** Whether somebody listens at that address. Nobody does while there is no way to find out. */
    const isTaken = (address: Address) => Effect.orElseSucceed(isPresent(subjectOf(address), probeLimit), () => false)

    const listen: Transport["Type"]["listen"] = (wanted, serve) =>
      Effect.gen(function* () {
        const port = wanted.port === 0 ? Port.make(yield* Random.nextIntBetween(1_024, 65_536)) : wanted.port
        const address = { ...wanted, port }
        const name = subjectOf(address)
        if (listeners.has(name) || (yield* isTaken(address))) {
          return yield* new PortTaken({ port, detail: "it is in use", lingers: false })
        }
        const open = new Set<TunnelEnd>()
        const listener: Listener = {
          node: accepting(open),
          slots: new ConnectionSlots({ connections, connectionsPerAddress: connections }),
          serve,
          open
        }
        yield* Effect.acquireRelease(
          Effect.sync(() => listeners.set(name, listener)),
          () =>
            Effect.sync(() => {
              listeners.delete(name)
              for (const end of open) end.release()
            })
        )
        yield* bus.subscribe(name, (bytes) => called(listener, bytes))
        return address
      })

    return { transport: { dial, listen }, open: () => ends.size + listeners.size }
  })
