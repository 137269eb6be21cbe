/** The description of a command, besides its options: for help, the man page and completions. */

/** The group of a command in the list of all commands. */
export type Part = "Talk" | "For scripts" | "Set up"

export interface About {
  /** At most 55 letters, so that it fits on one row of the list of all commands. */
  readonly summary: string
  /** More about the command, in full sentences. */
  readonly details: string
  readonly part: Part
  /** The options that most people need, in the order in which they are shown. */
  readonly usual: ReadonlyArray<string>
  /** Two command lines, and what each is good for. */
  readonly examples: ReadonlyArray<readonly [line: string, what: string]>
}
