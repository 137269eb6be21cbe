/** `/msg` and `/query`: what is said to some alone. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { privatelyTo } from "../../domain/Conversation.ts"
import { type PeerId, titlesOf } from "../../domain/Peer.ts"
import { notice } from "../../domain/ScreenLine.ts"
import { idsArgument, textArgument } from "../../domain/SlashCommand.ts"
import { goTo, Session } from "../session/Session.ts"
import { answer, make, Say } from "./Command.ts"
import { absencesOf, objectionTo, warnOnce } from "./readers.ts"

export const msg = make({
  name: "msg",
  elsewhere: ["m", "w", "whisper", "dm", "pm", "tell"],
  help: "Says a line to ID alone; to several: /msg bo,anna TEXT.",
  details:
    "In a secure chat any member may carry it to readers who are away, and only they can open it. In a plain chat it waits here until its reader is there. /pending lists what has not arrived.",
  arguments: Schema.Tuple(idsArgument, textArgument("TEXT")),
  run: ([ids, text]) =>
    Effect.gen(function* () {
      const objection = yield* objectionTo(ids)
      if (objection !== undefined) return answer(objection)
      return Say({ text, room: privatelyTo(ids), notices: (yield* absencesOf(ids)).map(notice) })
    })
})

/** Goes to the conversation with these. `remarks`: what to tell then. */
export const talkTo = <R>(ids: ReadonlyArray<PeerId>, remarks: Effect.Effect<ReadonlyArray<string>, never, R>) =>
  Effect.gen(function* () {
    const objection = yield* objectionTo(ids)
    if (objection !== undefined) return answer(objection)
    goTo(yield* Session, privatelyTo(ids))
    const told = `What you type is now for ${titlesOf(ids)} alone. /go main ends that.`
    return answer(told, ...(yield* absencesOf(ids)), ...(yield* remarks))
  })

export const query = make({
  name: "query",
  elsewhere: ["q"],
  help: "Talks with ID alone: what you type is private, until /go ROOM.",
  arguments: Schema.Tuple(idsArgument),
  run: ([ids]) => talkTo(ids, warnOnce)
})
