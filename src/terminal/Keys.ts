/** Decodes what a terminal in raw mode sends into keys. */

export type Key =
  /** Letters that were typed in a row. */
  | { readonly _tag: "Text"; readonly text: string }
  /** Pasted text, as one piece. `whole`: it ended with a newline, which is not part of `text`. */
  | { readonly _tag: "Paste"; readonly text: string; readonly whole: boolean }
  /** A key with a name, such as `enter`, `ctrl-a` or `alt-left`. */
  | { readonly _tag: "Press"; readonly name: string }
  /** The window has got the focus, or lost it. */
  | { readonly _tag: "Focus"; readonly here: boolean }
  /** The terminal's answer to a cursor position request: the column, from 0. */
  | { readonly _tag: "CursorAt"; readonly column: number }

/** Input that is not a complete key yet. */
export interface Unfinished {
  /** The beginning of an escape sequence, or of the mark that ends a paste. */
  readonly rest: string
  /** Pasted text whose end has not come yet; undefined outside of a paste. */
  readonly pasted?: string | undefined
  /** Whether a paste has stalled: nothing has come for a while, and its end may never come. */
  readonly stalled?: boolean
  /** Input that came right after the end of a paste. It belongs to the paste if another end mark follows. */
  readonly behind?: string | undefined
}

export const nothing: Unfinished = { rest: "" }

const pasteBegins = "\u001b[200~"
const pasteEnds = "\u001b[201~"

/** No sequence with a meaning is longer, in UTF-16 units. */
const longestSequence = 32

/** The longest paste that is taken, in UTF-16 units. Nobody means to send a longer one. */
export const mostPasted = 1_000_000

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: these are what keys are made of
const textRun = /[^\u0000-\u001f\u007f]+/y
const controlSequence = /\u001b(\u001b?)\[(\[[A-E]|([0-9:;<=>?]*)[ -/]*[@-Z\\-~])/y
const shiftedSequence = /\u001b(\u001b?)O(([0-9;]*)[A-Za-z])/y
const unfinishedSequence = /^\u001b\u001b?(?:\[\[?[0-9:;<=>?]*[ -/]*|O[0-9;]*)?$/
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

/** The sum of the modifiers. A keyboard protocol may add what happened to the key, behind a colon. */
const sumOf = (modifiers: string | undefined): number => Number.parseInt(modifiers ?? "1", 10) - 1

/** Names a key with its modifiers, which terminals encode as 1 plus the sum of 1 (shift), 2 (alt) and 4 (ctrl). */
const modified = (name: string, modifiers: string | undefined): string => {
  const sum = sumOf(modifiers)
  return sum & 4 ? `ctrl-${name}` : sum & 2 ? `alt-${name}` : sum & 1 ? `shift-${name}` : name
}

/** Enter with a modifier is a new line. Terminals have two encodings for it. */
const enterWithMore = /^(?:13;\d+u|27;\d+;13~)$/

/** A key by the number of its character, as terminals send keys that have no sequence of their own. */
const numberedKey = (code: string | undefined, modifiers: string | undefined): ReadonlyArray<Key> => {
  const number = Number.parseInt(code ?? "", 10)
  // No other character has a meaning with a modifier. A number behind the colon means a key that is let go.
  if (!(number > 0 && number < 128) || modifiers?.endsWith(":3")) return []
  const character = String.fromCharCode(number)
  const isLetter = controls[character] === undefined
  if (isLetter && (sumOf(modifiers) & 6) === 0) {
    return [{ _tag: "Text", text: sumOf(modifiers) & 1 ? character.toUpperCase() : character }]
  }
  return [press(modified(nameOf(isLetter ? character.toLowerCase() : character), modifiers))]
}

/** The keys that a sequence stands for: one or none. */
const sequence = (body: string, parameters: string, alt: string): ReadonlyArray<Key> => {
  const final = body.at(-1) ?? ""
  const [first = "", second, third] = parameters.split(";")
  if (body === "I" || body === "O") return [{ _tag: "Focus", here: body === "I" }]
  if (final === "R" && second !== undefined) return [{ _tag: "CursorAt", column: Number(second) - 1 }]
  if (enterWithMore.test(body)) return [press("alt-enter")]
  if (final === "u" && !parameters.startsWith("?")) return numberedKey(first, second)
  if (final === "~" && first === "27") return numberedKey(third, second)
  const isNumbered = final === "~"
  const name = isNumbered ? numbered[first] : finals[final]
  // Function keys of the Linux console, and answers to questions that were not asked, look like other keys.
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

/** A paste as a key, with `\n` as its line ends. Newlines at its end are removed, and make it `whole`. */
const paste = (pasted: string): Key => {
  const lines = pasted.replaceAll(/\r\n?/g, "\n")
  const text = lines.replace(/\n+$/, "")
  return { _tag: "Paste", text, whole: text.length < lines.length }
}

/** How many units at the end of a text may be the beginning of the mark that ends a paste. */
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

/** The keys at that place, outside of a paste, and how many units they take; undefined if more input has to come. */
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

interface Found {
  readonly keys: ReadonlyArray<Key>
  readonly unfinished: Unfinished
}

/** Whether a chunk is exactly one key. That is how keys arrive when a person presses them. */
const isOneKey = (chunk: string): boolean =>
  /^.$/su.test(chunk) || (chunk.startsWith("\u001b") && keysAt(chunk, 0)?.taken === chunk.length)

const interrupt = "\u0003"

/** Where a mark occurs next; the length of the text if it does not. */
const next = (text: string, mark: string, at: number): number => {
  const place = text.indexOf(mark, at)
  return place === -1 ? text.length : place
}

/**
 * Decodes a chunk: returns its keys, and the input that is left for later. Pasted text never counts as keys. That
 * includes what comes right after the end of a paste and before another mark: text that is made to be pasted by a
 * victim contains an end mark, followed by keys. A paste without an end is ended by Ctrl-C if it comes alone, and after
 * a stall by any key.
 */
export const keysIn = (before: Unfinished, chunk: string): Found => {
  const keys: Array<Key> = []
  const { behind, stalled } = before
  let { pasted } = before
  if (pasted !== undefined && (chunk === interrupt || (stalled && before.rest === "" && isOneKey(chunk)))) {
    if (pasted !== "") keys.push(paste(pasted))
    const { keys: pressed, unfinished } = keysIn(nothing, chunk)
    return { keys: [...keys, ...pressed], unfinished }
  }
  const input = (behind ?? before.rest) + chunk
  let isBehind = behind !== undefined
  for (let at = 0; ; ) {
    if (pasted !== undefined) {
      const end = next(input, pasteEnds, at)
      const upTo = end < input.length ? end : input.length - begunEnd(input.slice(at))
      pasted += input.slice(at, Math.min(upTo, at + mostPasted - pasted.length))
      if (end === input.length)
        return { keys, unfinished: { rest: input.slice(upTo), pasted, stalled: stalled === true } }
      keys.push(paste(pasted))
      pasted = undefined
      isBehind = true
      at = end + pasteEnds.length
    } else if (isBehind) {
      const begin = next(input, pasteBegins, at)
      const upTo = Math.min(begin, next(input, pasteEnds, at))
      const isOver = upTo === input.length
      if (isOver && upTo - at < mostPasted) return { keys, unfinished: { rest: "", behind: input.slice(at) } }
      if (upTo > at) keys.push(paste(input.slice(at, upTo)))
      if (isOver) return { keys, unfinished: { rest: "", behind: "" } }
      if (upTo === begin) pasted = ""
      at = upTo + pasteEnds.length
    } else if (input.startsWith(pasteBegins, at)) {
      pasted = ""
      at += pasteBegins.length
    } else if (at < input.length) {
      const found = keysAt(input, at)
      if (found === undefined) return { keys, unfinished: { rest: input.slice(at) } }
      keys.push(...found.keys)
      at += found.taken
    } else return { keys, unfinished: nothing }
  }
}

/**
 * Silence, in ms, after which: an Escape byte was the Escape key; a paste has stalled; the input after a paste's end is
 * over.
 */
const escapeAfter = 50
const stallsAfter = 1_000
const behindPasteWithin = 25

/** After how much silence, in ms, `keysLeft` must be called; undefined if never. */
export const silenceAfter = ({ behind, pasted, rest, stalled }: Unfinished): number | undefined => {
  if (behind !== undefined) return behindPasteWithin
  if (pasted !== undefined) return stalled && pasted === "" ? undefined : stallsAfter
  // The Escape key sends the byte with which sequences of other keys begin. A longer beginning is never a key by
  // itself.
  return rest === "\u001b" ? escapeAfter : undefined
}

/** The keys in unfinished input after the silence of `silenceAfter`. */
export const keysLeft = ({ behind, pasted, rest }: Unfinished): Found => {
  if (behind !== undefined) return keysIn(nothing, behind)
  if (pasted !== undefined) {
    // What was pasted so far is delivered. What comes next may be the rest of it.
    const keys = pasted === "" ? [] : [paste(pasted)]
    return { keys, unfinished: { rest, pasted: "", stalled: true } }
  }
  return rest === "\u001b" ? { keys: [press("escape")], unfinished: nothing } : { keys: [], unfinished: { rest } }
}
