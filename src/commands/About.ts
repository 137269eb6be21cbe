/** What a command says of itself besides its options, for help, man page and completions. */

/** Where a command stands in the list of all. */
export type Part = "Talk" | "For scripts" | "Set up"

export interface About {
  /** Of at most 55 letters: it stands on one row of the list of all commands. */
  readonly summary: string
  /** What else there is to know, in full sentences. */
  readonly details: string
  readonly part: Part
  /** The options that most people need, in the order in which they are shown. */
  readonly usual: ReadonlyArray<string>
  /** Two command lines, and what each is good for. */
  readonly examples: ReadonlyArray<readonly [line: string, what: string]>
}
