/** How two nodes introduce themselves to each other; `docs/PROTOCOL.md` has it frame by frame. */

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { absurd } from "../../src/domain/Absurd.ts"
import type { ChatId } from "../../src/domain/Chat.ts"
import {
  ForeignChat,
  IdLooksAlike,
  IdTaken,
  NotAdmitted,
  NotInvited,
  PeerUnreachable
} from "../../src/domain/Errors.ts"
import type { Pass } from "../../src/domain/Pass.ts"
import { type Address, isServerId, type Peer, type PeerId, serverId } from "../../src/domain/Peer.ts"
import { type Epoch, isEarlier, type Room } from "../../src/domain/Post.ts"
import { strangerTo } from "../../src/domain/Security.ts"
import {
  type Control,
  type Frame,
  type Hello,
  named,
  naming,
  namingRooms,
  protocolVersion,
  type Refused,
  type Welcome
} from "../../src/protocol/Frame.ts"
import type { Deadlines } from "./Deadlines.ts"
import type { Sender, Wire } from "./Wire.ts"

/** Each side must answer within this time. */
export const limit = Duration.seconds(5)

/** A node's introduction. */
export interface Self {
  readonly peer: Peer
  readonly epoch: Epoch
  /** The chat that it is in, if it is in one. */
  readonly chat: ChatId | undefined
  readonly member: boolean
  /** How much history it wants. */
  readonly history: number
  /** Whether it only passes through. */
  readonly passing: boolean
  /** The rooms in which it takes part, `main` among them. */
  readonly rooms: ReadonlySet<Room>
  /** Whether it wants to be told of guests. */
  readonly guests: boolean
  /** Whether it takes frames about files. */
  readonly files: boolean
  /** What it shows on this connection, if that is secure. */
  readonly pass: Pass | undefined
}

/** Introduces this node to the node at that address, and waits for the `welcome`. */
export const call = (
  wire: Wire,
  deadlines: Deadlines,
  self: Self,
  address: Address,
  to?: PeerId
): Effect.Effect<
  { readonly welcome: Welcome; readonly rest: ReadonlyArray<Frame> },
  PeerUnreachable | NotAdmitted | NotInvited | IdTaken | IdLooksAlike | ForeignChat
> =>
  Effect.gen(function* () {
    wire.put({
      type: "hello",
      protocol: protocolVersion,
      ...naming(self.peer),
      epoch: self.epoch,
      ...self.peer.address,
      ...(self.chat === undefined ? {} : { chat: self.chat }),
      member: self.member,
      ...(self.history === 0 ? {} : { history: self.history }),
      ...(self.passing ? { passing: true } : {}),
      ...(to === undefined ? {} : { to }),
      ...roomsOf(self),
      ...(self.guests ? { guests: true } : {}),
      ...(self.files ? { files: true } : {}),
      ...passOf(self)
    })
    const met = deadlines(() => wire.connection.abort("silent"))
    const [answer, ...rest] = yield* wire.frames.pipe(
      Effect.mapError(
        ({ reason }) =>
          new PeerUnreachable({
            address,
            detail: reason === "silent" ? "no answer within 5 s" : "it closed the connection"
          })
      )
    )
    met()
    if (answer.type === "stranger") {
      return yield* self.pass === undefined
        ? new PeerUnreachable({ address, detail: answer.detail })
        : new NotInvited({ id: self.peer.id })
    }
    if (answer.type === "refused") return yield* refusal(answer, self, address)
    if (answer.type !== "welcome") {
      return yield* new PeerUnreachable({ address, detail: "it is not an outlive node" })
    }
    if (answer.protocol !== protocolVersion) {
      return yield* new PeerUnreachable({ address, detail: `it speaks version ${answer.protocol} of the protocol` })
    }
    if (self.chat !== undefined && answer.chat !== self.chat)
      return yield* new ForeignChat({ ...named(answer), address })
    if (to !== undefined && answer.id !== to && !(to === serverId && isServerId(answer.id))) {
      return yield* new PeerUnreachable({ address, detail: `${answer.id} answers there, not ${to}` })
    }
    return { welcome: answer, rest }
  })

const roomsOf = ({ rooms }: Self) => (rooms.size === 1 ? {} : { rooms: namingRooms(rooms) })

const passOf = ({ pass }: Self) => (pass === undefined ? {} : { pass })

/** The error that a refusal means for the refused node. */
const refusal = (
  refused: Refused,
  self: Self,
  address: Address
): PeerUnreachable | NotAdmitted | IdTaken | IdLooksAlike | ForeignChat => {
  switch (refused.reason) {
    case "id-taken":
      // Of two who have an id, the one who was there first keeps it.
      return refused.holder !== undefined && isEarlier(self.epoch, refused.holder)
        ? new NotAdmitted({ id: refused.id, detail: `another newcomer has the id ${self.peer.id} there`, rival: true })
        : new IdTaken({ id: self.peer.id })
    case "id-alike":
      return new IdLooksAlike({ id: self.peer.id, like: refused.like ?? refused.id })
    case "other-chat":
      return new ForeignChat({ ...named(refused), address })
    case "unavailable":
      return new NotAdmitted({ id: refused.id, detail: refused.detail, after: refused.after })
    case "mistaken":
    case "protocol":
      return new PeerUnreachable({ address, detail: refused.detail })
    default:
      return absurd(refused.reason)
  }
}

/** A visitor's introduction, and the frames that came with it. */
export interface Visit {
  readonly hello: Hello
  readonly rest: ReadonlyArray<Frame>
}

/** The first frame of a visitor, and the frames that came with it. */
export interface Opening {
  readonly first: Frame
  readonly rest: ReadonlyArray<Frame>
}

/**
 * Waits for the first frame of a visitor, and calls back with it. Undefined if none comes in time: then nothing is sent.
 * What comes after it is held back.
 */
export const answer = (wire: Wire, deadlines: Deadlines, heard: (opening: Opening | undefined) => void): void => {
  const met = deadlines(() => wire.connection.abort("silent"))
  const ended = () => {
    met()
    heard(undefined)
  }
  wire.listen({
    heard: ([first, ...rest]) => {
      met()
      wire.hold(true)
      heard(first === undefined ? undefined : { first, rest })
    },
    ended,
    failed: ended
  })
}

/** Accepts a visitor, into that chat. */
export const welcome = (wire: Wire, self: Self, chat: ChatId): void =>
  wire.put({
    type: "welcome",
    protocol: protocolVersion,
    ...naming(self.peer),
    epoch: self.epoch,
    chat,
    member: self.member,
    ...roomsOf(self),
    ...(self.guests ? { guests: true } : {}),
    ...(self.files ? { files: true } : {}),
    ...passOf(self)
  })

/** Why a visitor is refused. */
export type Objection = Pick<Refused, "reason" | "detail" | "holder" | "like" | "after">

/** Refuses a visitor. */
export const refuse = (wire: Sender, self: Self, objection: Objection): Effect.Effect<void> =>
  sayLast(wire, { type: "refused", ...naming(self.peer), ...objection })

/** Refuses a stranger in a secure chat: it is told neither the reason nor who this is. */
export const turnAway = (wire: Sender): Effect.Effect<void> =>
  sayLast(wire, { type: "stranger", detail: strangerTo.chat })

/** Sends last frames, and waits a little until they are received. */
export const sayLast = (wire: Sender, ...frames: ReadonlyArray<Control>): Effect.Effect<void> =>
  Effect.suspend(() => {
    wire.put(...frames)
    return wire.connection.finish
  }).pipe(Effect.timeoutOption("1 second"), Effect.asVoid)
