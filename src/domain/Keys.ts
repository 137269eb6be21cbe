/** What a terminal in raw mode sends, as keys. */

export type Key =
  /** Letters that were typed one after the other. */
  | { readonly _tag: "Text"; readonly text: string }
  /** What was pasted, as one piece. */
  | { readonly _tag: "Paste"; readonly text: string }
  /** A key with a name, such as `enter`, `ctrl-a` or `alt-left`. */
  | { readonly _tag: "Press"; readonly name: string }
  /** The window has come to the front, or gone from it. */
  | { readonly _tag: "Focus"; readonly here: boolean }
  /** The terminal's answer to the question where the cursor is: the column, from 0. */
  | { readonly _tag: "CursorAt"; readonly column: number }

/** What has come and is no whole key yet. */
export interface Unfinished {
  /** The beginning of an escape sequence, or of the end of what is pasted. */
  readonly rest: string
  /** What was pasted so far; undefined if nothing is being pasted. */
  readonly pasted?: string | undefined
}

export const nothing: Unfinished = { rest: "" }

const pasteBegins = "\u001b[200~"
const pasteEnds = "\u001b[201~"

/** No sequence that means anything is longer. */
const longestSequence = 32

/** More than this is not taken at a time: nobody means to say it. In UTF-16 units. */
export const mostPasted = 1_000_000

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: these are what keys are made of
const textRun = /[^\u0000-\u001f\u007f]+/y
const controlSequence = /\u001b(\u001b?)\[(\[[A-E]|([0-9;<=>?]*)[ -/]*[@-Z\\-~])/y
const shiftedSequence = /\u001b(\u001b?)O(([0-9;]*)[A-Za-z])/y
const unfinishedSequence = /^\u001b\u001b?(?:\[\[?[0-9;<=>?]*[ -/]*|O[0-9;]*)?$/
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: these are what keys are made of

const finals: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  M: "enter",
  Z: "shift-tab"
}

const numbered: Readonly<Record<string, string>> = {
  "1": "home",
  "3": "delete",
  "4": "end",
  "5": "page-up",
  "6": "page-down",
  "7": "home",
  "8": "end"
}

const press = (name: string): Key => ({ _tag: "Press", name })

/** The modifiers of a key, as terminals number them: 1 and the sum of 1 (shift), 2 (alt) and 4 (ctrl). */
const modified = (name: string, modifiers: string | undefined): string => {
  const sum = Number(modifiers ?? 1) - 1
  return sum & 4 ? `ctrl-${name}` : sum & 2 ? `alt-${name}` : sum & 1 ? `shift-${name}` : name
}

/** Enter with anything held is a new line; terminals have two ways to say so. */
const enterWithMore = /^(?:13;\d+u|27;\d+;13~)$/

/** The key that a sequence stands for, if any. */
const sequence = (body: string, parameters: string, alt: string): ReadonlyArray<Key> => {
  const final = body.at(-1) ?? ""
  const [first = "", second] = parameters.split(";")
  if (body === "I" || body === "O") return [{ _tag: "Focus", here: body === "I" }]
  if (final === "R" && second !== undefined) return [{ _tag: "CursorAt", column: Number(second) - 1 }]
  if (enterWithMore.test(body)) return [press("alt-enter")]
  const isNumbered = final === "~"
  const name = isNumbered ? numbered[first] : finals[final]
  // The Linux console's function keys, and answers to questions that were not asked, look like others.
  if (name === undefined || /^[[?]/.test(body)) return []
  const modifiers = second ?? (isNumbered || first === "" ? undefined : first)
  return [press(modified(name, alt === "" ? modifiers : "3"))]
}

const controls: Readonly<Record<string, string>> = {
  "\u0000": "ctrl-space",
  "\b": "backspace",
  "\t": "tab",
  "\n": "enter",
  "\r": "enter",
  "\u001b": "escape",
  "\u007f": "backspace",
  "\u001f": "ctrl-_"
}

const nameOf = (character: string): string =>
  controls[character] ?? (character < " " ? `ctrl-${String.fromCharCode(character.charCodeAt(0) + 0x60)}` : character)

/** Pasted text as lines; one that is whole is pasted with its end, which is no second line. */
const tidy = (pasted: string): string => pasted.replaceAll(/\r\n?/g, "\n").replace(/\n+$/, "")

/** How much of the end of a text may be the beginning of the mark that ends what is pasted. */
const begunEnd = (text: string): number => {
  for (let length = Math.min(text.length, pasteEnds.length - 1); length > 0; length -= 1) {
    if (text.endsWith(pasteEnds.slice(0, length))) return length
  }
  return 0
}

const matchAt = (pattern: RegExp, text: string, place: number): ReadonlyArray<string | undefined> | undefined => {
  pattern.lastIndex = place
  return pattern.exec(text) ?? undefined
}

/** The keys at that place, outside of what is pasted, and how much of the text they take; undefined if more has to come. */
const keysAt = (
  input: string,
  at: number
): { readonly keys: ReadonlyArray<Key>; readonly taken: number } | undefined => {
  const [run] = matchAt(textRun, input, at) ?? []
  if (run !== undefined) return { keys: [{ _tag: "Text", text: run }], taken: run.length }
  const character = input.charAt(at)
  if (character !== "\u001b") {
    return { keys: [press(nameOf(character))], taken: input.startsWith("\r\n", at) ? 2 : 1 }
  }
  const found = matchAt(controlSequence, input, at) ?? matchAt(shiftedSequence, input, at)
  if (found !== undefined) {
    const [whole = "", alt = "", body = "", parameters = ""] = found
    return { keys: sequence(body, parameters, alt), taken: whole.length }
  }
  const rest = input.slice(at, at + longestSequence)
  if (rest.length < longestSequence && unfinishedSequence.test(rest)) return undefined
  const next = rest.charAt(1)
  return next === "\u001b" ? { keys: [press("escape")], taken: 1 } : { keys: [press(`alt-${nameOf(next)}`)], taken: 2 }
}

/** The keys in what has come, and what is left for later. */
export const keysIn = (
  before: Unfinished,
  chunk: string
): { readonly keys: ReadonlyArray<Key>; readonly unfinished: Unfinished } => {
  const input = before.rest + chunk
  const keys: Array<Key> = []
  let { pasted } = before
  let at = 0
  while (at < input.length) {
    if (pasted !== undefined) {
      const end = input.indexOf(pasteEnds, at)
      const upTo = end === -1 ? input.length - begunEnd(input.slice(at)) : end
      pasted += input.slice(at, Math.min(upTo, at + mostPasted - pasted.length))
      if (end === -1) return { keys, unfinished: { rest: input.slice(upTo), pasted } }
      keys.push({ _tag: "Paste", text: tidy(pasted) })
      pasted = undefined
      at = end + pasteEnds.length
    } else if (input.startsWith(pasteBegins, at)) {
      pasted = ""
      at += pasteBegins.length
    } else {
      const next = keysAt(input, at)
      if (next === undefined) return { keys, unfinished: { rest: input.slice(at) } }
      keys.push(...next.keys)
      at += next.taken
    }
  }
  return { keys, unfinished: { rest: "", pasted } }
}

/** The keys in what is left when nothing has followed for a moment: Escape was pressed. */
export const keysLeft = ({ pasted, rest }: Unfinished): ReadonlyArray<Key> =>
  pasted === undefined && rest !== "" ? [press("escape")] : []
