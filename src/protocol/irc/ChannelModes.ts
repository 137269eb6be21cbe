/**
 * The modes of a channel (RFC 2811, section 4; modern.ircdocs.horse): what a MODE asks for, what becomes of it, and what
 * follows from it. Pure. Who may set modes, and for whom they count, is decided elsewhere.
 */
import { isSame } from "./CaseMapping.ts"
import { fits, wholeMask } from "./Mask.ts"
import type { Numeric } from "./Numeric.ts"

/** Modes that are on or off: by invitation only, moderated, no messages from outside, private, secret, topic by operators. */
const flags = ["i", "m", "n", "p", "s", "t"] as const
export type Flag = (typeof flags)[number]

/** Lists of masks: who is banned, who is not banned all the same, who needs no invitation. */
const lists = ["b", "e", "I"] as const
export type MaskList = (typeof lists)[number]

/** What somebody has in a channel: `o` makes an operator, `v` gives voice. */
const ranks = ["o", "v"] as const
export type Rank = (typeof ranks)[number]

/** The modes as ISUPPORT has them in CHANMODES. */
export const kinds = `${lists.join("")},k,l,${flags.join("")}`

/** The same for the beginning of a connection (RPL_MYINFO): all of them, and those that have a parameter. */
export const letters = [...lists, "k", "l", ...flags, ...ranks].sort().join("")
export const lettersWithValue = [...lists, "k", "l", ...ranks].sort().join("")

/** The greatest numbers of masks in a list, and of changes with a parameter in one command. */
export const mostMasks = 64
export const mostChanges = 8

/** The longest mask. The longest key is that of RFC 2812. */
const mostOfMask = 100
const mostOfKey = 23

/** A mask, who has set it, and when, in ms since 1970. */
export interface Entry {
  readonly mask: string
  readonly by: string
  readonly at: number
}

export interface Modes {
  readonly flags: ReadonlySet<Flag>
  readonly key?: string | undefined
  readonly limit?: number | undefined
  readonly lists: Readonly<Record<MaskList, ReadonlyArray<Entry>>>
}

/** Of a channel in which nobody has set anything. */
export const initial: Modes = { flags: new Set(["n"]), lists: { b: [], e: [], I: [] } }

export type Change =
  | { readonly _tag: "Flag"; readonly on: boolean; readonly letter: Flag }
  | { readonly _tag: "Key"; readonly on: boolean; readonly letter: "k"; readonly value: string }
  | { readonly _tag: "Limit"; readonly on: boolean; readonly letter: "l"; readonly value?: string }
  | { readonly _tag: "Mask"; readonly on: boolean; readonly letter: MaskList; readonly value: string }
  | { readonly _tag: "Rank"; readonly on: boolean; readonly letter: Rank; readonly value: string }

/** What a MODE asks for, one after the other. */
export type Step =
  | Change
  | { readonly _tag: "Show"; readonly letter: MaskList }
  | { readonly _tag: "Unknown"; readonly letter: string }
  | { readonly _tag: "Missing"; readonly letter: string }
  /** The value is not shown again if nobody else is to see it. */
  | { readonly _tag: "Invalid"; readonly letter: string; readonly value: string; readonly words: string }

const isOneOf =
  <A extends string>(some: ReadonlyArray<A>) =>
  (letter: string): letter is A =>
    (some as ReadonlyArray<string>).includes(letter)
const isFlag = isOneOf(flags)
const isList = isOneOf(lists)
const isRank = isOneOf(ranks)

/** Whether a text can be a word of a command: it is not empty, has no space and no comma, and does not begin with a colon. */
const isWord = (text: string): boolean => /^[^\s:,][^\s,]*$/.test(text)

/** `MODE #channel +ov-k a b c`: the letters, and the words behind them. */
export const stepsIn = (modes: string, words: ReadonlyArray<string>): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  let on = true
  let next = 0
  for (const letter of modes) {
    if (letter === "+" || letter === "-") {
      on = letter === "+"
      continue
    }
    if (isFlag(letter)) {
      steps.push({ _tag: "Flag", on, letter })
      continue
    }
    if (letter === "l" && !on) {
      steps.push({ _tag: "Limit", on, letter })
      continue
    }
    if (!isList(letter) && !isRank(letter) && letter !== "k" && letter !== "l") {
      steps.push({ _tag: "Unknown", letter })
      continue
    }
    if (next >= mostChanges) continue
    steps.push(stepWith(letter, on, words[next++]))
  }
  return steps
}

const stepWith = (letter: MaskList | Rank | "k" | "l", on: boolean, value: string | undefined): Step => {
  if (isList(letter)) {
    if (value === undefined) return { _tag: "Show", letter }
    const mask = wholeMask(value)
    return isWord(value) && mask.length <= mostOfMask
      ? { _tag: "Mask", on, letter, value: mask }
      : { _tag: "Invalid", letter, value, words: "That is no mask" }
  }
  if (letter === "k") {
    if (!on) return { _tag: "Key", on, letter, value: value ?? "*" }
    if (value === undefined) return { _tag: "Missing", letter }
    return isWord(value) && value.length <= mostOfKey
      ? { _tag: "Key", on, letter, value }
      : { _tag: "Invalid", letter, value: "*", words: `A key has 1 to ${mostOfKey} characters, no space and no comma` }
  }
  if (value === undefined) return { _tag: "Missing", letter }
  if (letter === "l") {
    return /^[1-9]\d{0,6}$/.test(value)
      ? { _tag: "Limit", on, letter, value }
      : { _tag: "Invalid", letter, value, words: "A limit is a number from 1 on" }
  }
  return { _tag: "Rank", on, letter, value }
}

/** The modes after a change. Ranks are no modes of the channel. The same object if nothing has changed. */
export const changed = (modes: Modes, change: Change, by: string, at: number): Modes => {
  const { on } = change
  if (change._tag === "Flag") {
    if (modes.flags.has(change.letter) === on) return modes
    const rest = [...modes.flags].filter((letter) => letter !== change.letter)
    return { ...modes, flags: new Set(on ? [...rest, change.letter] : rest) }
  }
  if (change._tag === "Key") {
    const key = on ? change.value : undefined
    return modes.key === key ? modes : { ...modes, key }
  }
  if (change._tag === "Limit") {
    const limit = on ? Number(change.value) : undefined
    return modes.limit === limit ? modes : { ...modes, limit }
  }
  if (change._tag === "Rank") return modes
  const { letter, value } = change
  const before = modes.lists[letter]
  const rest = before.filter(({ mask }) => !isSame(mask, value))
  if (on ? rest.length < before.length || isFull(modes, letter) : rest.length === before.length) return modes
  return { ...modes, lists: { ...modes.lists, [letter]: on ? [...rest, { mask: value, by, at }] : rest } }
}

/** Whether a list takes no more masks. */
export const isFull = (modes: Modes, letter: MaskList): boolean => modes.lists[letter].length >= mostMasks

/** Changes as a MODE tells of them: letters with their signs, and what belongs to them. */
export const wordsOf = (changes: ReadonlyArray<Change>): ReadonlyArray<string> => {
  let text = ""
  let sign = ""
  for (const { letter, on } of changes) {
    const own = on ? "+" : "-"
    text += own === sign ? letter : own + letter
    sign = own
  }
  return [text, ...changes.flatMap((change) => ("value" in change && change.value !== undefined ? [change.value] : []))]
}

/** All modes, as the answer to a MODE that sets none. The key is for those inside. */
export const shown = (modes: Modes, isInside: boolean): ReadonlyArray<string> => {
  const { flags, key, limit } = modes
  const withValue: ReadonlyArray<readonly [string, string]> = [
    ...(key === undefined ? [] : [["k", isInside ? key : "*"] as const]),
    ...(limit === undefined ? [] : [["l", String(limit)] as const])
  ]
  const all = [...[...flags].sort(), ...withValue.map(([letter]) => letter)]
  return [`+${all.join("")}`, ...withValue.map(([, value]) => value)]
}

/** Whoever wants something of a channel. `mask`: its `nick!user@host`. */
export interface Person {
  readonly mask: string
  readonly isOperator: boolean
  readonly hasVoice: boolean
}

const isOn = (modes: Modes, list: MaskList, mask: string): boolean =>
  modes.lists[list].some((entry) => fits(entry.mask, mask))

const isBanned = (modes: Modes, mask: string): boolean => isOn(modes, "b", mask) && !isOn(modes, "e", mask)

/** Why somebody may not come in: by the name of the numeric that says so. */
export type EntryFault = Extract<
  Numeric,
  "ERR_BADCHANNELKEY" | "ERR_BANNEDFROMCHAN" | "ERR_CHANNELISFULL" | "ERR_INVITEONLYCHAN"
>

/** Why somebody may not come in; undefined if nothing speaks against it. An invitation counts more than all but the key. */
export const objectionToEnter = (
  modes: Modes,
  who: { readonly mask: string; readonly key: string; readonly isInvited: boolean },
  /** How many are inside. */
  inside: number
): EntryFault | undefined => {
  const { isInvited, key, mask } = who
  if (modes.key !== undefined && modes.key !== key) return "ERR_BADCHANNELKEY"
  if (isInvited) return undefined
  if (isBanned(modes, mask)) return "ERR_BANNEDFROMCHAN"
  if (modes.flags.has("i") && !isOn(modes, "I", mask)) return "ERR_INVITEONLYCHAN"
  return modes.limit !== undefined && inside >= modes.limit ? "ERR_CHANNELISFULL" : undefined
}

/** Why somebody may not speak there; undefined if nothing speaks against it. */
export const objectionToSpeak = (modes: Modes, who: Person, isInside: boolean): string | undefined => {
  if (!isInside && modes.flags.has("n")) return "You're not on that channel"
  if (who.isOperator || who.hasVoice) return undefined
  if (modes.flags.has("m")) return "The channel is moderated (+m): operators give voice"
  return isBanned(modes, who.mask) ? "You are banned there" : undefined
}

export const maySetTopic = (modes: Modes, { isOperator }: Person): boolean => isOperator || !modes.flags.has("t")
export const mayInvite = (modes: Modes, { isOperator }: Person): boolean => isOperator || !modes.flags.has("i")

/** Whether only those inside are told of the channel. */
export const isHidden = ({ flags }: Modes): boolean => flags.has("s") || flags.has("p")
