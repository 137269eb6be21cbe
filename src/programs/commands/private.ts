/** `/msg` and `/query`: what is said to some alone. */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { privatelyTo } from "../../domain/Conversation.ts"
import { nearest } from "../../domain/Nearest.ts"
import { type PeerId, title, titlesOf } from "../../domain/Peer.ts"
import { notice } from "../../domain/ScreenLine.ts"
import { idsArgument, textArgument } from "../../domain/SlashCommand.ts"
import { goTo, Session } from "../session/Session.ts"
import { Answer, answer, make, Say } from "./Command.ts"
import { people } from "./people.ts"

/** What decides who can be written to, as far as this node knows: those who are there, and those who have left. */
const known = Effect.gen(function* () {
  const { self } = yield* PeerMesh
  const { seals } = yield* MessageLog
  return { ...(yield* people), self: self.id, seals }
})

type People = Effect.Effect.Success<typeof known>

/** Why nobody can be written to under that id; undefined if somebody can. */
const objectionTo = (id: PeerId, { here, left, seals, self }: People): string | undefined => {
  if (id === self) return "A private line to yourself would be seen by nobody else: name somebody else."
  // The log knows the members of a secure chat, also those who are away.
  if (seals || here.has(id) || left.has(id)) return undefined
  const meant = nearest(id, [...here, ...left])
  return `Nobody called ${id} is known here${meant === undefined ? ": /who lists who is here." : `; did you mean ${meant}?`}`
}

/** What to tell about these readers, besides what is told once about a plain chat. */
const remarksOn = (ids: ReadonlyArray<PeerId>, { left, seals }: People) =>
  Effect.gen(function* () {
    if (seals) return []
    const { isWarned } = yield* Session
    const isNew = !(yield* Ref.getAndSet(isWarned, true))
    return [
      ...ids.flatMap((id) => (left.has(id) ? [`${title(id)} has left: the line waits here until it comes back.`] : [])),
      ...(isNew
        ? [
            "This chat is not encrypted: private lines go to their readers alone, but whoever watches the network reads them."
          ]
        : [])
    ]
  })

/** These readers, each once, with what to remark on them; or why one of them can't be written to. */
const addressed = (given: ReadonlyArray<PeerId>) =>
  Effect.gen(function* () {
    const all = yield* known
    const ids = [...new Set(given)]
    const objection = ids.map((id) => objectionTo(id, all)).find((each) => each !== undefined)
    return objection === undefined ? { ids, remarks: yield* remarksOn(ids, all) } : { objection }
  })

export const msg = make({
  name: "msg",
  elsewhere: ["m", "w", "whisper", "dm", "pm", "tell"],
  help: "Says a line to ID alone; to several: /msg bo,anna TEXT.",
  details:
    "In a secure chat any member may carry it to readers who are away, and only they can open it. In a plain chat it waits here until its reader is there. /pending lists what has not arrived.",
  arguments: Schema.Tuple(idsArgument, textArgument("TEXT")),
  run: ([given, text]) =>
    Effect.gen(function* () {
      const to = yield* addressed(given)
      if (to.objection !== undefined) return answer(to.objection)
      const { ids, remarks } = to
      return Say({ text, room: privatelyTo(ids), notices: remarks.map(notice) })
    })
})

export const query = make({
  name: "query",
  elsewhere: ["q"],
  help: "Talks with ID alone: what you type is private, until /go ROOM.",
  arguments: Schema.Tuple(idsArgument),
  run: ([given]) =>
    Effect.gen(function* () {
      const to = yield* addressed(given)
      if (to.objection !== undefined) return answer(to.objection)
      const { ids, remarks } = to
      goTo(yield* Session, privatelyTo(ids))
      const told = `What you type is now for ${titlesOf(ids)} alone. /go main ends that.`
      return Answer({ lines: [told, ...remarks].map(notice), facts: [] })
    })
})
