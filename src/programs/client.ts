/** The program of a client: it joins the chat and talks with everybody there, with or without the server. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Console } from "../../services/Console.ts"
import { Membership } from "../../services/Membership.ts"
import { PeerMesh, type Route } from "../../services/PeerMesh.ts"
import {
  FolderOfAnotherChat,
  type ForeignChat,
  type IdLooksAlike,
  type IdTaken,
  type NotAdmitted,
  type NotInvited,
  type PeerUnreachable,
  type PortTaken,
  ServerLost,
  ServerUnreachable
} from "../domain/Errors.ts"
import type { Address, PeerId } from "../domain/Peer.ts"
import { redial } from "../domain/Redial.ts"
import { notice } from "../domain/ScreenLine.ts"
import { untilAsked, untilHeard } from "./leaving.ts"
import * as Sessions from "./sessions.ts"

export interface Settings {
  /** The server to join through, and to look for when it is lost. */
  readonly server: Route & { readonly id: PeerId }
  /** Other servers of the chat. Each is tried after those before it. */
  readonly others?: ReadonlyArray<Address>
  /** A client to join through. It is tried before the server. */
  readonly peer?: Address
}

/** The settings of a client. */
export interface Stay extends Settings {
  /** When the client leaves, its last posts are given up when no peer has taken any for this long. */
  readonly within: Duration.Duration
}

/**
 * Talks until `Exit`, the end of input or Ctrl-C, and then waits until a peer has every post of this client. The mesh
 * says goodbye when its scope closes.
 */
export const client = (settings: Stay) =>
  Effect.gen(function* () {
    const mesh = yield* PeerMesh

    /** Fails when the server says goodbye, dies, freezes or is cut off. */
    const talkWithTheServer: Effect.Effect<never, ServerLost> = Effect.zipRight(
      mesh.awaitLoss(settings.server.id),
      new ServerLost()
    )
    /**
     * The links to all others stay up. The server calls back, or this client finds it at its known port, or, if the chat
     * has several servers, another one.
     */
    const others = (settings.others ?? []).map((address) => ({ address }))
    const goOnWithoutTheServer = mesh.reach(settings.server.id, settings.server, others)
    const talk = talkWithTheServer.pipe(
      Effect.catchTag("ServerLost", () => goOnWithoutTheServer),
      Effect.forever
    )

    const goHome = mesh.goHome(settings.server)

    const { ended, ...main } = yield* Sessions.open
    yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, (joinRequest) => joinRequest.admit))
    const joined = yield* Effect.forkScoped(join(settings))
    yield* Effect.forkScoped(Effect.zipRight(Fiber.join(joined), Effect.zipRight(Effect.forkScoped(goHome), talk)))
    yield* untilAsked(ended).pipe(
      Effect.flatMap((ending) =>
        // The server may come back at any time, and the client looks for it until then.
        untilHeard({ ending, ...main, within: settings.within, hasHope: Effect.succeed(true) })
      ),
      Effect.raceFirst(Effect.zipRight(Fiber.join(joined), Effect.never)),
      Effect.raceFirst(mesh.contested),
      Effect.raceFirst(mesh.forked)
    )
  }).pipe(Effect.scoped)

/**
 * Joins through the server or a client, as soon as it is there. Shows on the screen why that takes time. `failed` is
 * called for each failed attempt if the next one may succeed.
 */
export const join = (
  { others = [], peer, server }: Settings,
  failed: (error: JoinFailed) => Effect.Effect<void> = () => Effect.void
) =>
  Effect.gen(function* () {
    const console = yield* Console
    const mesh = yield* PeerMesh
    const told = yield* Ref.make("")
    const tell = (message: string) =>
      Effect.flatMap(Ref.getAndSet(told, message), (before) =>
        before === message
          ? Effect.void
          : console.show([notice(`${message} Retrying; what you type is sent as soon as it works.`)])
      )
    const { chatFrom } = yield* Membership
    const inItsPlace = <E>(address: Address, error: E) =>
      Effect.catchTag(mesh.join({ ...server, address }), "PeerUnreachable", () => Effect.fail(error))
    /** Any of the servers will do. What is reported is why the first one did not. */
    const throughAny = others.reduce(
      (attempt, address) =>
        Effect.catchTags(attempt, {
          PeerUnreachable: (error) => inItsPlace(address, error),
          NotAdmitted: (error) => inItsPlace(address, error)
        }),
      mesh.join(server)
    )
    const throughServer = Effect.catchTags(throughAny, {
      PeerUnreachable: (error) => new ServerUnreachable({ ...error }),
      ForeignChat: (error) =>
        chatFrom === undefined ? error : new FolderOfAnotherChat({ path: chatFrom, address: error.address })
    })
    const attempt: Effect.Effect<void, JoinFailed> =
      peer === undefined
        ? throughServer
        : // The client first, then the server: two clients that wait for each other would wait for ever.
          Effect.catchAll(mesh.join({ address: peer }), (error) =>
            mayPass(error) || error._tag === "NotInvited"
              ? Effect.mapError(throughServer, () => error)
              : Effect.fail(error)
          )
    yield* attempt.pipe(
      Effect.retry({ schedule: untilPortIsFree, while: (error) => error._tag === "PortTaken" && error.lingers }),
      Effect.tapError((error) => (mayPass(error) ? Effect.zipRight(failed(error), tell(error.message)) : Effect.void)),
      Effect.retry({ schedule: redial, while: mayPass })
    )
  }).pipe(Effect.withSpan("Client.join"))

/** Retries a port whose last connection has just ended: it is usually free again soon. */
const untilPortIsFree = Schedule.intersect(Schedule.spaced("500 millis"), Schedule.recurs(10))

type JoinFailed =
  | ServerUnreachable
  | PeerUnreachable
  | NotAdmitted
  | NotInvited
  | IdTaken
  | IdLooksAlike
  | PortTaken
  | ForeignChat
  | FolderOfAnotherChat

/** Whether a failure may pass by itself, so that a retry may succeed. */
const passes: Record<JoinFailed["_tag"], boolean> = {
  ServerUnreachable: true,
  PeerUnreachable: true,
  NotAdmitted: true,
  ForeignChat: true,
  IdTaken: false,
  IdLooksAlike: false,
  PortTaken: false,
  NotInvited: false,
  FolderOfAnotherChat: false
}

const mayPass = ({ _tag }: JoinFailed): boolean => passes[_tag]
