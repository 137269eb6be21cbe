/** Answers what a program asks about files that are offered, each by its digest: it may have the name of another one. */
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import { Files } from "../../../services/Files.ts"
import type { MessageLog } from "../../../services/MessageLog.ts"
import type { PeerMesh } from "../../../services/PeerMesh.ts"
import type { Rooms } from "../../../services/Rooms.ts"
import { absurd } from "../../domain/Absurd.ts"
import { Fact } from "../../domain/Fact.ts"
import type { Request } from "../../domain/Request.ts"
import { notice } from "../../domain/ScreenLine.ts"
import { known, seekMissing, statusOf } from "../offers.ts"
import type { Session } from "./Session.ts"

/** Of how many offers a program is told who has them: the last ones. */
const mostFollowed = 64

const notOffered = notice("That file is not offered here any more.")

type FileRequest = Extract<Request, { readonly _tag: "Seek" | "Get" | "Cancel" }>

/** Answers such a request of a session. `tell`: tells its program facts. */
export const answerOnFiles =
  ({ console, sought }: Session["Type"], tell: (facts: ReadonlyArray<Fact>) => Effect.Effect<void>) =>
  (request: FileRequest): Effect.Effect<void, never, Files | MessageLog | PeerMesh | Rooms> =>
    Effect.gen(function* () {
      const { cancel, fetch } = yield* Files
      switch (request._tag) {
        case "Seek": {
          const asked = (yield* known).filter(({ offer }) => request.digests.includes(offer.digest))
          yield* seekMissing(asked)
          const states = yield* Effect.forEach(asked, statusOf)
          MutableRef.update(sought, (before) => {
            const after = new Map(before)
            for (const state of states) {
              after.delete(state.offer.digest)
              after.set(state.offer.digest, state)
            }
            return new Map([...after].slice(-mostFollowed))
          })
          return yield* tell(states.map((each) => Fact.Offered(each)))
        }
        case "Get": {
          const offer = (yield* known).find(({ offer }) => offer.digest === request.digest)?.offer
          return yield* offer === undefined ? console.show([notOffered]) : fetch(offer)
        }
        case "Cancel":
          return yield* cancel(request.digest)
        default:
          return absurd(request)
      }
    }).pipe(Effect.asVoid)
