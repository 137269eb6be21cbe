/** What a person says about others' keys and places: `/verify`, `/trust`, and at the server `/kick`, `/ban`, `/unban`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Membership } from "../../../services/Membership.ts"
import { type PeerId, title } from "../../domain/Peer.ts"
import type { Status } from "../../domain/Roster.ts"
import { idArgument } from "../../domain/SlashCommand.ts"
import { answer, make } from "./Command.ts"

/** What there is to compare aloud, in sentences. */
const comparison = (
  id: PeerId,
  { known, refused }: { readonly known?: string | undefined; readonly refused?: string | undefined }
) => {
  const name = title(id)
  return [
    ...(known === undefined ? [] : [`${name} and you compare aloud: ${known}`]),
    ...(refused === undefined ? [] : [`With the key of ${name} that is refused here, it would be: ${refused}`]),
    ...(known === undefined && refused === undefined
      ? [`No key of ${name} is known here: it is not in the chat, or the chat is not a secure one.`]
      : [`If ${name} sees the same digits, nobody stands between you; if not, somebody does.`])
  ]
}

export const verify = make({
  name: "verify",
  help: "Shows digits to compare aloud with ID.",
  details: "They are the same at both if each is who the other takes it for.",
  arguments: Schema.Tuple(idArgument),
  run: ([id]) => Effect.map(Membership, (membership) => answer(...comparison(id, membership.compare(id))))
})

export const trust = make({
  name: "trust",
  help: "Accepts the new key of ID. Compare digits first: /verify.",
  details: "Until then ID is refused here: it comes with another key than the one known.",
  arguments: Schema.Tuple(idArgument),
  run: ([id]) =>
    Effect.flatMap(Membership, (membership) =>
      membership.trust(id).pipe(
        Effect.map((accepted) =>
          answer(
            accepted
              ? `The new key of ${title(id)} is accepted; the one before counts no more.`
              : `No key of ${title(id)} was refused here: there is nothing to accept.`
          )
        ),
        Effect.catchTag("StateUnavailable", ({ message }) => Effect.succeed(answer(message)))
      )
    )
})

/** Says at the server how somebody stands from now on. */
const decide = (name: string, help: string, status: Status, done: string) =>
  make({
    name,
    help,
    details: "Only a secure chat has members who can be sent away.",
    arguments: Schema.Tuple(idArgument),
    run: ([id]) =>
      Effect.flatMap(Membership, (membership) =>
        membership.owns
          ? membership.decide(id, status).pipe(
              Effect.map((known) =>
                answer(known ? `${title(id)} ${done}` : `Nobody called ${id} belongs to this chat.`)
              ),
              Effect.catchTag("StateUnavailable", ({ message }) => Effect.succeed(answer(message)))
            )
          : Effect.succeed(answer("Only the server of a secure chat says who takes part in it."))
      )
  })

export const kick = decide(
  "kick",
  "At the server: sends ID away until another invitation.",
  "kicked",
  "is sent away; it can come back by another invitation."
)

export const ban = decide(
  "ban",
  "At the server: sends ID away for good, and its key.",
  "banned",
  "is sent away for good, and its key with it; /unban lets it be invited again."
)

export const unban = decide(
  "unban",
  "At the server: lets ID be invited again.",
  "kicked",
  "can come back by another invitation."
)
