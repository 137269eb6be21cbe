/** The command line of `outlive send TEXT`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PeerId } from "../domain/Peer.ts"
import { RoomFromString } from "../domain/Post.ts"
import { usual } from "../domain/Settings.ts"
import type { About } from "./About.ts"
import { host, insight, limits, passingId, patience, peer, seconds, security, servers, silence } from "./options.ts"

const text = Args.text({ name: "TEXT" }).pipe(
  Args.withSchema(
    Schema.String.pipe(Schema.filter((given) => given.trim() !== "", { message: () => "TEXT is empty" }))
  ),
  Args.withDescription("What to send. Without it, or -: stdin."),
  Args.optional
)

const wait = Options.text("wait").pipe(
  Options.withPseudoName("NUMBER"),
  Options.withDefault("1"),
  Options.withSchema(
    Schema.NumberFromString.pipe(Schema.int(), Schema.between(0, 10_000)).annotations({
      message: () => ({ message: "--wait takes 0 to 10000 peers", override: true })
    })
  ),
  Options.withDescription("How many peers must have it. By default 1; with --to, its reader. 0: do not wait.")
)
const limit = seconds("within", "OUTLIVE_WITHIN").pipe(
  Options.map(Duration.seconds),
  Options.withDescription(
    `Give up after this long, with status 1. By default ${usual.within}; with --file never, and it counts from the last byte that somebody has fetched.`
  ),
  Options.optional
)

const files = Options.text("file").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription(
    "Offer this file or folder, and stay until it is fetched. Can be given several times: all are one offer."
  ),
  Options.repeated
)

const room = Options.text("room").pipe(
  Options.withPseudoName("ROOM"),
  Options.withSchema(
    RoomFromString.annotations({
      message: () => ({ message: "--room takes 1 to 32 letters, digits, - and _", override: true })
    })
  ),
  Options.withDescription("The room to say it in. By default main."),
  Options.optional
)

const to = Options.text("to").pipe(
  Options.withPseudoName("ID"),
  Options.withSchema(PeerId),
  Options.withDescription("Send it to ID alone, in private."),
  Options.optional
)

const configuration = {
  text,
  files,
  room,
  to,
  wait,
  limit,
  id: passingId,
  servers,
  peer,
  host,
  silence,
  patience,
  limits,
  security,
  ...insight
}

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const about: About = {
  summary: "Send one message, and leave when it has arrived.",
  details:
    "It joins the chat, sends TEXT, waits until enough peers have it, and leaves. Without TEXT, or with - in its place, it sends stdin as one message. With --file it offers files, below TEXT if there is one, and leaves when enough peers have fetched them.",
  part: "For scripts",
  usual: ["file", "room", "to", "wait", "within", "id", "server", "peer"],
  examples: [
    ["outlive send --wait 2 'the build is done'", "until two peers have it"],
    ["outlive send --file report.pdf --to bo", "until bo has fetched it"]
  ]
}

/** What options do not go together; undefined if nothing is wrong. */
const objectionTo = ({
  files,
  room,
  to,
  wait
}: Pick<Arguments, "files" | "room" | "to" | "wait">): string | undefined => {
  if (files.length > 0 && wait === 0)
    return "--file is there to be fetched by somebody, so --wait takes 1 or more with it"
  if (Option.isNone(to)) return undefined
  if (Option.isSome(room)) return "--to and --room exclude each other: a message to one reader is said in no room"
  return wait > 1 ? "--to has one reader, so --wait takes 0 or 1 with it" : undefined
}

const toOneOrInARoom =
  <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  (given: Arguments): Effect.Effect<void, E | ValidationError.ValidationError, R> => {
    const objection = objectionTo(given)
    return objection === undefined ? run(given) : Effect.fail(ValidationError.invalidValue(HelpDoc.p(objection)))
  }

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("send", configuration, toOneOrInARoom(run)).pipe(Command.withDescription(about.summary))
