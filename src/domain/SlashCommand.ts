/** Commands that are typed into the chat, as data: `/help` and completion are derived from it. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { type Described, type Kind, type Parameter, usageOf } from "./Described.ts"
import { escape } from "./Escape.ts"
import { mostReaders } from "./Letter.ts"
import { nearest } from "./Nearest.ts"
import { PeerId } from "./Peer.ts"
import { type Room, RoomFromString } from "./Post.ts"

/** The command that lists own lines that no peer has, as it is typed. */
export const pendingCommand = "/pending"

const KindAnnotation = Symbol.for("outlive/SlashCommand/Kind")

const sentence = (message: string) => () => ({ message, override: true })

/** Any text, spaces included; `name` is what help calls it. */
export const textArgument = (name: string) =>
  Schema.NonEmptyString.annotations({ title: name, message: sentence(`${name} is missing`) })

/** Paths of files, and what stands behind them. */
export const pathsArgument = textArgument("FILE").annotations({ [KindAnnotation]: "paths" satisfies Kind })

/** A file that is offered. */
export const offerArgument = textArgument("FILE").annotations({ [KindAnnotation]: "offer" satisfies Kind })

/** The same, and perhaps a folder behind it. */
export const offerAndFolderArgument = textArgument("FILE").annotations({
  [KindAnnotation]: "offer and folder" satisfies Kind
})

/** Somebody's id. */
export const idArgument = PeerId.annotations({
  title: "ID",
  message: sentence("an id has 1 to 32 letters, digits, - and _"),
  [KindAnnotation]: "id" satisfies Kind
})

/** One id, or several with commas between them: readers of a private line. */
export const idsArgument = Schema.String.pipe(
  Schema.filter((text) => idsIn(text) !== undefined),
  Schema.transform(Schema.Array(PeerId), {
    strict: true,
    decode: (text) => idsIn(text) ?? [],
    encode: (ids) => ids.join(",")
  })
).annotations({
  title: "ID",
  message: sentence(
    `an id has 1 to 32 letters, digits, - and _; name ${mostReaders} at most, with commas between them`
  ),
  [KindAnnotation]: "id" satisfies Kind
})

/** The ids in a list; undefined if it is none, or too long. */
const idsIn = (text: string): ReadonlyArray<string> | undefined => {
  const ids = text.split(",")
  return ids.length <= mostReaders && ids.every((id) => Schema.is(PeerId)(id)) ? ids : undefined
}

/** A room, with its `#` or without. */
export const roomArgument = RoomFromString.annotations({
  title: "ROOM",
  message: sentence("a room has 1 to 32 letters, digits, - and _"),
  [KindAnnotation]: "room" satisfies Kind
})

/** A room, or the readers of a private conversation: `@bo`. */
export const placeArgument = Schema.Union(
  RoomFromString,
  Schema.String.pipe(Schema.filter((text): text is Room => text.startsWith("@") && idsIn(text.slice(1)) !== undefined))
).annotations({
  title: "ROOM",
  message: sentence("a room has 1 to 32 letters, digits, - and _; a private conversation is @ID"),
  [KindAnnotation]: "place" satisfies Kind
})

/** A room, or the first word of a text. */
export const roomOrText = Schema.String.annotations({
  title: "ROOM",
  [KindAnnotation]: "room" satisfies Kind
})

/** The name of a command, with its slash or without. */
export const commandArgument = Schema.String.annotations({
  title: "COMMAND",
  [KindAnnotation]: "command" satisfies Kind
})

/** The parameters of a Schema of arguments, named by their titles. */
export const parametersOf = ({ ast }: Schema.Schema.All): ReadonlyArray<Parameter> =>
  AST.isTupleType(ast)
    ? ast.elements.map(({ isOptional, type }) => ({
        name: Option.getOrElse(AST.getTitleAnnotation(type), () => "VALUE"),
        optional: isOptional,
        kind: Option.getOrUndefined(AST.getAnnotation<Kind>(KindAnnotation)(type))
      }))
    : []

/** Splits into at most `most` words. The last one takes the rest. */
const wordsOf = (rest: string, most: number): ReadonlyArray<string> => {
  const words: Array<string> = []
  let left = rest.trim()
  while (left !== "") {
    const [word = left] = /^\S+/u.exec(left) ?? []
    if (words.length + 1 >= most) return [...words, left]
    words.push(word)
    left = left.slice(word.length).trimStart()
  }
  return words
}

/** Decodes the arguments of a command. Left: a sentence with its usage. */
export const decodeArguments = <A, I extends ReadonlyArray<string | undefined>>(
  command: Pick<Described, "name" | "parameters">,
  schema: Schema.Schema<A, I>,
  rest: string
): Either.Either<A, string> =>
  Either.mapLeft(
    Schema.decodeUnknownEither(schema)(wordsOf(rest, command.parameters.length)),
    (error) => `Usage: ${usageOf(command)} (${whatIsWrong(command, error)})`
  )

const whatIsWrong = ({ parameters }: Pick<Described, "name" | "parameters">, error: ParseResult.ParseError): string => {
  const [first] = ParseResult.ArrayFormatter.formatErrorSync(error)
  const parameter = parameters[Number(first?.path[0])]
  if (first === undefined || parameter === undefined) return "it takes no more arguments"
  return first._tag === "Missing" ? `${parameter.name} is missing` : first.message
}

/** The answer to an unknown command. `answers`: hints for commands of other chats. */
export const unknownCommand = (
  name: string,
  commands: ReadonlyArray<Described>,
  answers: ReadonlyMap<string, string> = new Map()
): string => {
  const answer = answers.get(name.toLowerCase())
  if (answer !== undefined) return `There is no command /${escape(name)}. ${answer}`
  const meant =
    commands.find(({ elsewhere }) => elsewhere.includes(name.toLowerCase()))?.name ??
    nearest(
      name,
      commands.map((each) => each.name)
    )
  return `There is no command /${escape(name)}${meant === undefined ? "." : `; did you mean /${meant}?`} /help lists them. To send a line that begins with a slash, begin it with //.`
}
