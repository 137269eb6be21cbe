/**
 * The JSON lines that a program reads and writes with `--json`, one object each. docs/JSON.md describes them for users.
 */

import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { absurd } from "../domain/Absurd.ts"
import { actionIn } from "../domain/Action.ts"
import type { Entry } from "../domain/Entry.ts"
import type { Fact } from "../domain/Fact.ts"
import type { MeshEvent } from "../domain/MeshEvent.ts"
import { Address, Peer, PeerId, Port } from "../domain/Peer.ts"
import type { PeerStatus } from "../domain/PeerStatus.ts"
import { authorOf, type Post, PostNumber, StreamId } from "../domain/Post.ts"

/**
 * Increases with each change that readers of the previous version would not understand. New types and fields are no
 * such change.
 */
export const version = 1

const said = {
  from: PeerId,
  text: Schema.String,
  /** Whether `text` is an action of the author, as with `/me`. */
  action: Schema.Boolean,
  /** The author's clock, in ms since 1970. */
  at: Schema.NonNegativeInt,
  /** `stream` and `n` together identify the line on every node. */
  stream: StreamId,
  n: PostNumber
}

const Count = Schema.NonNegativeInt

/** The events that are reported, one line each. */
export const Event = Schema.Union(
  Schema.Struct({ type: Schema.Literal("outlive"), version: Schema.Literal(version) }),
  Schema.Struct({ type: Schema.Literal("said"), ...said, own: Schema.Boolean }),
  Schema.Struct({ type: Schema.Literal("earlier"), ...said }),
  Schema.Struct({ type: Schema.Literal("missed"), from: Schema.optionalWith(PeerId, { exact: true }), count: Count }),
  Schema.Struct({ type: Schema.Literal("skipped"), count: Count }),
  Schema.Struct({ type: Schema.Literal("admitted"), by: PeerId }),
  Schema.Struct({
    type: Schema.Literal("linked"),
    ...Peer.fields,
    newcomer: Schema.Boolean,
    known: Schema.Boolean
  }),
  Schema.Struct({ type: Schema.Literal("catching-up"), from: PeerId, count: Count }),
  Schema.Struct({ type: Schema.Literal("unkept"), detail: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("lost"),
    id: PeerId,
    reason: Schema.Literal(
      "closed",
      "silent",
      "malformed",
      "overrun",
      "excessive",
      "dropped",
      "expelled",
      "forged",
      "disbelieved"
    )
  }),
  Schema.Struct({ type: Schema.Literal("left"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("given-up"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("through"), id: PeerId, by: PeerId }),
  Schema.Struct({
    type: Schema.Literal("port-occupied"),
    port: Port,
    detail: Schema.String,
    abandoned: Schema.Boolean
  }),
  Schema.Struct({ type: Schema.Literal("foreign"), id: PeerId, found: PeerId, address: Address }),
  Schema.Struct({ type: Schema.Literal("foreigner"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("claimed"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("key-changed"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("expelled"), id: PeerId, barred: Schema.Boolean }),
  Schema.Struct({ type: Schema.Literal("forged"), id: PeerId, by: PeerId }),
  Schema.Struct({ type: Schema.Literal("contradicted"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("unremembered"), detail: Schema.String }),
  Schema.Struct({ type: Schema.Literal("self"), ...Peer.fields, since: Schema.NonNegativeInt }),
  Schema.Struct({
    type: Schema.Literal("present"),
    ...Peer.fields,
    link: Schema.NullOr(
      Schema.Struct({ since: Schema.NonNegativeInt, roundTrip: Schema.NullOr(Schema.Number), behind: Count })
    ),
    through: Schema.NullOr(PeerId),
    givenUp: Schema.Boolean
  }),
  Schema.Struct({ type: Schema.Literal("notice"), text: Schema.String }),
  Schema.Struct({ type: Schema.Literal("waiting"), ref: Schema.String }),
  Schema.Struct({ type: Schema.Literal("settled"), ref: Schema.String }),
  Schema.Struct({ type: Schema.Literal("error"), text: Schema.String })
)
export type Event = typeof Event.Type

const saidOf = ({ at, n, stream, text }: Post) => {
  const action = actionIn(text)
  return { from: authorOf(stream), text: action ?? text, action: action !== undefined, at, stream, n }
}

const happened = (event: MeshEvent): Event | undefined => {
  switch (event._tag) {
    case "Admitted":
      return { type: "admitted", by: event.by.id }
    case "Linked":
      return {
        type: "linked",
        ...event.peer,
        newcomer: event.newcomer,
        known: event.known
      }
    case "Passing":
      return undefined
    case "CatchingUp":
      return { type: "catching-up", from: event.peer.id, count: event.count }
    case "Unkept":
      return { type: "unkept", detail: event.detail }
    case "Lost":
      return { type: "lost", id: event.peer.id, reason: event.reason }
    case "Left":
      return event.unseen === true ? undefined : { type: "left", id: event.peer.id }
    case "GivenUp":
      return event.ghost ? undefined : { type: "given-up", id: event.peer.id }
    case "PortOccupied":
      return { type: "port-occupied", port: event.port, detail: event.detail, abandoned: event.abandoned }
    case "Through":
      return { type: "through", id: event.id, by: event.by.id }
    case "Foreign":
      return { type: "foreign", id: event.sought.id, found: event.found.id, address: event.found.address }
    case "Foreigner":
      return { type: "foreigner", id: event.peer.id }
    case "Claimed":
      return { type: "claimed", id: event.peer.id }
    case "KeyChanged":
      return { type: "key-changed", id: event.id }
    case "Expelled":
      return { type: "expelled", id: event.id, barred: event.barred }
    case "Forged":
      return { type: "forged", id: event.id, by: event.by.id }
    case "Contradicted":
      return { type: "contradicted", id: event.id }
    case "Unremembered":
      return { type: "unremembered", detail: event.detail }
    default:
      return absurd(event)
  }
}

const witnessed = (entry: Entry): Event | undefined => {
  switch (entry._tag) {
    case "Said":
      return { type: "said", ...saidOf(entry.post), own: entry.own }
    case "Earlier":
      return { type: "earlier", ...saidOf(entry.post) }
    case "Missed":
      return { type: "missed", from: authorOf(entry.stream), count: entry.count }
    case "Outlived":
      return { type: "missed", count: entry.count }
    case "Skipped":
      return { type: "skipped", count: entry.count }
    case "Happened":
      return happened(entry.event)
    default:
      return absurd(entry)
  }
}

/** The event that reports a fact; undefined if it is not reported. */
export const eventOf = (fact: Fact): Event | undefined => {
  switch (fact._tag) {
    case "Witnessed":
      return witnessed(fact.entry)
    case "Self":
      return { type: "self", ...fact.peer, since: fact.since }
    case "Present":
      return present(fact.peerStatus)
    default:
      return absurd(fact)
  }
}

const present = ({ givenUp, link, peer, through }: PeerStatus): Event => ({
  type: "present",
  ...peer,
  link:
    link === undefined
      ? null
      : { ...link, roundTrip: link.roundTrip === undefined ? null : Duration.toMillis(link.roundTrip) },
  through: through ?? null,
  givenUp
})

/**
 * An event as a line. Control characters and invisible ones are escaped like `\u009b`, so that none of them acts on a
 * terminal.
 */
export const encodeEvent = (event: Event): string =>
  `${JSON.stringify(event).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`
    ).join("")
  )}\n`

/** The requests, one line each. `ref` is repeated in `waiting` and `settled`. */
export const Input = Schema.Union(
  Schema.Struct({ type: Schema.Literal("say"), text: Schema.String, ref: Schema.optional(Schema.String) }),
  Schema.Struct({
    type: Schema.Literal("run"),
    command: Schema.String,
    arguments: Schema.optional(Schema.String),
    ref: Schema.optional(Schema.String)
  }),
  Schema.Struct({ type: Schema.Literal("exit") })
)
export type Input = typeof Input.Type

const decode = Schema.decodeUnknownEither(Schema.parseJson(Input))

/** The request in a line; on the left, why it can't be understood. */
export const decodeInput = (line: string): Either.Either<Input, string> =>
  Either.mapLeft(
    decode(line),
    () =>
      `That is no command: {"type":"say","text":"…"}, {"type":"run","command":"who"} or {"type":"exit"}, not ${line.slice(0, 200)}`
  )
