/** What a person says about others' keys and places: `/verify`, `/trust`, and at the server `/kick`, `/ban`, `/unban`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Membership } from "../../services/Membership.ts"
import { PeerId, title } from "../domain/Peer.ts"
import type { Status } from "../domain/Roster.ts"
import { notice, type ScreenLine } from "../domain/ScreenLine.ts"

/** What is answered, a notice each. */
type Answer = Effect.Effect<ReadonlyArray<string>, never, Membership>

/** Shows what to compare aloud. */
const verify = (id: PeerId): Answer =>
  Effect.map(Membership, (membership) => {
    const { known, refused } = membership.compare(id)
    const name = title(id)
    return [
      ...(known === undefined ? [] : [`${name} and you compare aloud: ${known}`]),
      ...(refused === undefined ? [] : [`With the key of ${name} that is refused here, it would be: ${refused}`]),
      ...(known === undefined && refused === undefined
        ? [`No key of ${name} is known here: it is not in the chat, or the chat is not a secure one.`]
        : [`If ${name} sees the same digits, nobody stands between you; if not, somebody does.`])
    ]
  })

/** Accepts a new key. */
const trust = (id: PeerId): Answer =>
  Effect.flatMap(Membership, (membership) =>
    membership.trust(id).pipe(
      Effect.map((accepted) => [
        accepted
          ? `The new key of ${title(id)} is accepted; the one before counts no more.`
          : `No key of ${title(id)} was refused here: there is nothing to accept.`
      ]),
      Effect.catchTag("StateUnavailable", ({ message }) => Effect.succeed([message]))
    )
  )

/** Says at the server how somebody stands from now on. */
const decide =
  (status: Status, done: string) =>
  (id: PeerId): Answer =>
    Effect.flatMap(Membership, (membership) =>
      membership.owns
        ? membership.decide(id, status).pipe(
            Effect.map((known) => [known ? `${title(id)} ${done}` : `Nobody called ${id} belongs to this chat.`]),
            Effect.catchTag("StateUnavailable", ({ message }) => Effect.succeed([message]))
          )
        : Effect.succeed(["Only the server of a secure chat says who takes part in it."])
    )

const commands: ReadonlyMap<string, (id: PeerId) => Answer> = new Map([
  ["/verify", verify],
  ["/trust", trust],
  ["/kick", decide("kicked", "is sent away; it can come back by another invitation.")],
  ["/ban", decide("banned", "is sent away for good, and its key with it; /unban lets it be invited again.")],
  ["/unban", decide("kicked", "can come back by another invitation.")]
])

/** What a typed line asks for; none if it is no such command. */
export const asked = (line: string): Option.Option<Effect.Effect<ReadonlyArray<ScreenLine>, never, Membership>> => {
  if (!line.startsWith("/")) return Option.none()
  const [name = "", id, ...rest] = line.trim().split(/\s+/)
  return Option.map(Option.fromNullable(commands.get(name)), (command) =>
    Effect.map(
      Option.match(rest.length === 0 ? parseId(id) : Option.none(), {
        onNone: () => Effect.succeed([`It is used like this: ${name} ID`]),
        onSome: command
      }),
      (sentences) => sentences.map(notice)
    )
  )
}

const parseId = Schema.decodeUnknownOption(PeerId)
