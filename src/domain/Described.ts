/** Commands that are typed into the chat, as help and completion see them: at a terminal and on the page. */

/** Where the completions of an argument come from. */
export type Kind = "id" | "room" | "place" | "command" | "paths" | "offer" | "offer and folder"

/** One argument as help and completion see it. */
export interface Parameter {
  readonly name: string
  readonly optional: boolean
  readonly kind: Kind | undefined
}

export type Group = "Files" | "Secure chats" | "This node"

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

/** The command of that name, with its slash or without. */
export const commandNamed = <Command extends Described>(
  name: string,
  commands: ReadonlyArray<Command>
): Command | undefined => commands.find((each) => each.name === name.replace(/^\//, ""))
