/** To whom one can speak in private, and what is said about it. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { Guests } from "../../../services/Guests.ts"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { nearest } from "../../domain/Nearest.ts"
import { type PeerId, title } from "../../domain/Peer.ts"
import { Session } from "../session/Session.ts"
import { people } from "./people.ts"

/** Why one of these can't be written to, as far as this node knows; undefined if nothing is known against it. */
export const objectionTo = (ids: ReadonlyArray<PeerId>) =>
  Effect.gen(function* () {
    const { self } = yield* PeerMesh
    const { seals } = yield* MessageLog
    if (ids.includes(self.id)) return "A private line to yourself would be seen by nobody else: name somebody else."
    // The log knows the members of a secure chat, also those who are away.
    if (seals) return undefined
    const { partyOf } = yield* Guests
    const [objection] = Arr.getLefts(ids.map(partyOf))
    if (objection !== undefined) return objection.message
    const { here, left } = yield* people
    const unknown = ids.find((id) => !here.has(id) && !left.has(id))
    if (unknown === undefined) return undefined
    const meant = nearest(unknown, [...here, ...left])
    return `Nobody called ${unknown} is known here${meant === undefined ? ": /who lists who is here." : `; did you mean ${meant}?`}`
  })

/** What to tell of those of these readers who are not there. In a secure chat anybody carries the line to them. */
export const absencesOf = (ids: ReadonlyArray<PeerId>) =>
  Effect.gen(function* () {
    const { seals } = yield* MessageLog
    if (seals) return []
    const { left } = yield* people
    return ids.flatMap((id) =>
      left.has(id) ? [`${title(id)} has left: the line waits here until it comes back.`] : []
    )
  })

/** What a session is told once, before or with its first private line. */
export const warnOnce = Effect.gen(function* () {
  const { isWarned } = yield* Session
  const { seals } = yield* MessageLog
  return seals || (yield* Ref.getAndSet(isWarned, true))
    ? []
    : [
        "This chat is not encrypted: private lines go to their readers alone, but whoever watches the network reads them."
      ]
})
