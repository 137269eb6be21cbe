/** What a node needs that serves IRC clients or a page beyond its machine. */
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
  readonly web: Option.Option<Address> | Address
  readonly webCert: Option.Option<string>
  readonly webKey: Option.Option<string>
}

/** Whether that is served to other machines. */
const isBeyond = (address: Option.Option<Address> | Address): boolean =>
  Option.exists("host" in address ? Option.some(address) : address, ({ host }) => !isLoopback(host))

/** What is wrong with these options, in a sentence; undefined if they are safe. */
const objection = ({ irc, ircCert, ircKey, ircPassword, web, webCert, webKey }: Served): string | undefined => {
  if (Option.isSome(ircCert) !== Option.isSome(ircKey)) return "--irc-cert and --irc-key need each other"
  if (isBeyond(irc) && (Option.isNone(ircCert) || Option.isNone(ircPassword)))
    return "Beyond this machine, --irc needs --irc-cert, --irc-key and --irc-password"
  if (Option.isSome(webCert) !== Option.isSome(webKey)) return "--web-cert and --web-key need each other"
  return isBeyond(web) && Option.isNone(webCert)
    ? "Beyond this machine, --web needs --web-cert and --web-key"
    : undefined
}

/** Refuses to serve others beyond this machine without TLS, and IRC clients without a password. */
export const withSafeFrontEnds =
  <A extends Served, E, R>(run: (given: A) => Effect.Effect<void, E, R>) =>
  (given: A): Effect.Effect<void, E | ValidationError.ValidationError, R> => {
    const words = objection(given)
    return words === undefined ? run(given) : Effect.fail(ValidationError.invalidValue(HelpDoc.p(words)))
  }
