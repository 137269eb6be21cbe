/** The command line of `outlive server`. */
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isLoopback } from "../domain/Peer.ts"
import { modeFor } from "../domain/Security.ts"
import type { About } from "./About.ts"
import { withSafeFrontEnds } from "./frontEnds.ts"
import { carries, host, ircGuests, ircName, ircOperPassword, port, ports, security, sites, talking } from "./options.ts"

const options = { port, host, ports, carries, security, ...talking, ircGuests, ircName, ircOperPassword, sites }

export type Arguments = Command.Command.ParseConfig<typeof options>

export const about: About = {
  summary: "Start a server: it introduces clients to each other.",
  details:
    "The server introduces clients to each other, and talks as one of them. Type a line to talk to all; Exit ends it. The clients go on without it. Start it again in the same folder, and it calls them back.",
  part: "Talk",
  usual: ["port", "host", "ports", "data"],
  examples: [
    ["outlive server", "at localhost:4000"],
    ["outlive server --host 192.168.1.5", "for other machines, encrypted"]
  ]
}

/** Whether the chat of that server is secure. */
export const modeOf = ({ host, security }: Pick<Arguments, "host" | "security">) =>
  modeFor({ ...security, hosts: [host] })

const isForGuests = (given: Arguments): boolean =>
  modeOf(given) === "plain" &&
  isLoopback(given.host) &&
  Option.match(given.irc, { onNone: () => false, onSome: (address) => isLoopback(address.host) })

/** Guests have no key and come without an invitation: they are for plain chats on one machine. */
const withGuests =
  <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  (given: Arguments): Effect.Effect<void, E | ValidationError.ValidationError, R> =>
    !given.ircGuests || isForGuests(given)
      ? run(given)
      : Effect.fail(
          ValidationError.invalidValue(
            HelpDoc.p("--irc-guests is for plain chats on this machine, and needs --irc: not with --secure")
          )
        )

/** A plain chat hides nothing from NATS, and its servers are invited by nobody. */
const withSafeSites =
  <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  (given: Arguments): Effect.Effect<void, E | ValidationError.ValidationError, R> =>
    Option.exists(given.sites, ({ invited, natsBlind }) => natsBlind || Option.isSome(invited)) &&
    modeOf(given) === "plain"
      ? Effect.fail(ValidationError.invalidValue(HelpDoc.p("--nats-blind and --invited are for secure chats")))
      : run(given)

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("server", options, withSafeFrontEnds(withGuests(withSafeSites(run)))).pipe(
    Command.withDescription(about.summary)
  )
