/** Commands that are typed into the chat, as data: `/help` and completion are derived from it. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { mostReaders } from "./Letter.ts"
import { nearest } from "./Nearest.ts"
import { PeerId } from "./Peer.ts"
import { RoomFromString } from "./Post.ts"
import { escape } from "./ScreenLine.ts"

/** The command that lists own lines that no peer has, as it is typed. */
export const pendingCommand = "/pending"

/** Where the completions of an argument come from. */
export type Kind = "id" | "room" | "command"

const KindAnnotation = Symbol.for("outlive/SlashCommand/Kind")

/** One argument as help and completion see it. */
export interface Parameter {
  readonly name: string
  readonly optional: boolean
  readonly kind: Kind | undefined
}

export type Group = "Secure chats" | "This node"

/** A command as help and completion see it. */
export interface Described {
  /** Without its slash. */
  readonly name: string
  /** Its names in other chats. They do not run it; a person who types one is told this command. */
  readonly elsewhere: ReadonlyArray<string>
  readonly parameters: ReadonlyArray<Parameter>
  /** What it does, in one sentence. With its usage it fits a row of 78 letters. */
  readonly help: string
  /** More about it. */
  readonly details?: string | undefined
  /** What it is for, if few need it. */
  readonly group?: Group | undefined
}

const sentence = (message: string) => () => ({ message, override: true })

/** Any text, spaces included; `name` is what help calls it. */
export const textArgument = (name: string) =>
  Schema.NonEmptyString.annotations({ title: name, message: sentence(`${name} is missing`) })

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

/** How a command is typed: `/mute [ID]`. */
export const usageOf = ({ name, parameters }: Pick<Described, "name" | "parameters">): string =>
  [`/${name}`, ...parameters.map((each) => (each.optional ? `[${each.name}]` : each.name))].join(" ")

/** A typed line that begins with a slash: something to say, if that slash was doubled; or a command's name and what follows it. */
export type Slashed =
  | { readonly _tag: "Say"; readonly text: string }
  | { readonly _tag: "Command"; readonly name: string; readonly rest: string }

/** What such a line means. */
export const parseSlash = (line: string): Slashed => {
  if (line.startsWith("//")) return { _tag: "Say", text: line.slice(1) }
  const [, name = "", rest = ""] = /^\/(\S*)\s*([\s\S]*)$/u.exec(line) ?? []
  return { _tag: "Command", name, rest: rest.trimEnd() }
}

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

/** The command of that name, with its slash or without. */
export const commandNamed = <Command extends Described>(
  name: string,
  commands: ReadonlyArray<Command>
): Command | undefined => commands.find((each) => each.name === name.replace(/^\//, ""))
