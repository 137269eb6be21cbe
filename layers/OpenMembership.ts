/** A Membership that asks nobody for anything: for plain connections, over which nobody can prove anything. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { MemberDecisions } from "../services/MemberDecisions.ts"
import type { Membership } from "../services/Membership.ts"
import type { ChatsDiffer, LogUnavailable } from "../src/domain/Errors.ts"
import { roleOf } from "../src/domain/Peer.ts"
import * as KeptChat from "./chat/KeptChat.ts"
import { bothOf } from "./identity/bothOf.ts"

const make = (keeps: ReadonlyArray<KeptChat.Keep>) =>
  Effect.map(KeptChat.make(keeps), (chat) =>
    bothOf({
      ...chat,
      meets: () => Effect.void,
      isCalled: () => true,
      knows: () => true,
      hasRole: ({ id, role }) => role === roleOf(id),
      pass: () => undefined,
      admits: () => Effect.succeed(true),
      sign: undefined,
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

/** One that keeps there which chat its node is in. */
export const keeping = (
  keeps: ReadonlyArray<KeptChat.Keep>
): Layer.Layer<Membership | MemberDecisions, ChatsDiffer | LogUnavailable> => Layer.effectContext(make(keeps))

/** One that forgets that. */
export const layer: Layer.Layer<Membership | MemberDecisions> = Layer.orDie(keeping([]))
