/** A Membership for plain connections: it admits everybody, because nobody can prove an identity over them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { MemberDecisions } from "../services/MemberDecisions.ts"
import type { Membership } from "../services/Membership.ts"
import type { ChatsDiffer, LogUnavailable } from "../src/domain/Errors.ts"
import * as KeptChat from "./chat/KeptChat.ts"
import { bothOf } from "./identity/bothOf.ts"

const make = (keeps: ReadonlyArray<KeptChat.Keep>) =>
  Effect.map(KeptChat.make(keeps), (chat) =>
    bothOf({
      ...chat,
      meets: () => Effect.void,
      isCalled: () => true,
      knows: () => true,
      pass: () => undefined,
      admits: undefined,
      sign: undefined,
      letters: undefined,
      judge: () => "accepted",
      version: () => 0,
      since: () => [],
      learn: () => Effect.succeed(false),
      changes: Stream.empty,
      events: Stream.empty,
      compare: () => ({ known: undefined, refused: undefined }),
      trust: () => Effect.succeed(false),
      decide: () => Effect.succeed(false),
      listensAt: () => Effect.void,
      owns: false
    })
  )

/** A Membership that keeps in these places which chat its node is in. */
export const keeping = (
  keeps: ReadonlyArray<KeptChat.Keep>
): Layer.Layer<Membership | MemberDecisions, ChatsDiffer | LogUnavailable> => Layer.effectContext(make(keeps))

/** A Membership that keeps it nowhere. */
export const layer: Layer.Layer<Membership | MemberDecisions> = Layer.orDie(keeping([]))
