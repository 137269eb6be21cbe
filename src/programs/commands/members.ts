/** Decisions about members: `/verify` and `/trust` for keys, and at the server `/kick`, `/ban` and `/unban`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { MemberDecisions } from "../../../services/MemberDecisions.ts"
import { type PeerId, title } from "../../domain/Peer.ts"
import type { Status } from "../../domain/Roster.ts"
import { idArgument } from "../../domain/SlashCommand.ts"
import { answer, make } from "./Command.ts"

/** The digits to compare by voice, in sentences. */
const comparison = (
  id: PeerId,
  { known, refused }: { readonly known?: string | undefined; readonly refused?: string | undefined }
) => {
  const name = title(id)
  return [
    ...(known === undefined ? [] : [`Compare with ${name} by voice: ${known}`]),
    ...(refused === undefined ? [] : [`With the refused key of ${name}, it would be: ${refused}`]),
    ...(known === undefined && refused === undefined
      ? [`No key of ${name} is known here: it is not in the chat, or the chat is not secure.`]
      : [`If ${name} sees the same digits, nobody intercepts the connection. If not, somebody does.`])
  ]
}

export const verify = make({
  name: "verify",
  group: "Secure chats",
  help: "Shows digits to compare with ID by voice.",
  details: "Both see the same digits if nobody intercepts the connection.",
  arguments: Schema.Tuple(idArgument),
  run: ([id]) => Effect.map(MemberDecisions, (decisions) => answer(...comparison(id, decisions.compare(id))))
})

export const trust = make({
  name: "trust",
  group: "Secure chats",
  help: "Accepts the new key of ID. Compare digits first: /verify.",
  details: "Until then, ID is refused here: its key is not the one known.",
  arguments: Schema.Tuple(idArgument),
  run: ([id]) =>
    Effect.flatMap(MemberDecisions, (decisions) =>
      decisions.trust(id).pipe(
        Effect.map((accepted) =>
          answer(
            accepted
              ? `The new key of ${title(id)} is accepted; the old one is no longer valid.`
              : `No key of ${title(id)} was refused here: there is nothing to accept.`
          )
        ),
        Effect.catchTag("StateUnavailable", ({ message }) => Effect.succeed(answer(message)))
      )
    )
})

/** A command that changes the status of a member, at the server. */
const decide = (name: string, help: string, status: Status, done: string) =>
  make({
    name,
    group: "Secure chats",
    help,
    details: "This works in a secure chat only.",
    arguments: Schema.Tuple(idArgument),
    run: ([id]) =>
      Effect.flatMap(MemberDecisions, (decisions) =>
        decisions.owns
          ? decisions.decide(id, status).pipe(
              Effect.map((known) => answer(known ? `${title(id)} ${done}` : `No member of this chat is called ${id}.`)),
              Effect.catchTag("StateUnavailable", ({ message }) => Effect.succeed(answer(message)))
            )
          : Effect.succeed(answer("Only the server of a secure chat decides who takes part in it."))
      )
  })

export const kick = decide(
  "kick",
  "At the server: removes ID until it has a new invitation.",
  "kicked",
  "is removed; it can come back with a new invitation."
)

export const ban = decide(
  "ban",
  "At the server: removes ID and its key for good.",
  "banned",
  "is removed for good, and so is its key; /unban lets it be invited again."
)

export const unban = decide(
  "unban",
  "At the server: lets ID be invited again.",
  "kicked",
  "can come back with a new invitation."
)
