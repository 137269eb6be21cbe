/** What a node needs that serves IRC clients beyond its machine. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Address, isLoopback } from "../domain/Peer.ts"

interface Served {
  readonly irc: Option.Option<Address> | Address
  readonly ircPassword: Option.Option<string>
  readonly ircCert: Option.Option<string>
  readonly ircKey: Option.Option<string>
}

const addressIn = (irc: Served["irc"]): Option.Option<Address> => ("host" in irc ? Option.some(irc) : irc)

/** What is wrong with these options, in a sentence; undefined if they are safe. */
const objection = ({ irc, ircCert, ircKey, ircPassword }: Served): string | undefined => {
  if (Option.isSome(ircCert) !== Option.isSome(ircKey)) return "--irc-cert and --irc-key need each other"
  const isBeyond = Option.exists(addressIn(irc), ({ host }) => !isLoopback(host))
  return isBeyond && (Option.isNone(ircCert) || Option.isNone(ircPassword))
    ? "Beyond this machine, --irc needs --irc-cert, --irc-key and --irc-password"
    : undefined
}

/** Refuses to serve IRC clients beyond this machine without TLS and a password. */
export const withSafeIrc =
  <A extends Served, E, R>(run: (given: A) => Effect.Effect<void, E, R>) =>
  (given: A): Effect.Effect<void, E | ValidationError.ValidationError, R> => {
    const words = objection(given)
    return words === undefined ? run(given) : Effect.fail(ValidationError.invalidValue(HelpDoc.p(words)))
  }
