/** Letters (grapheme clusters): where they begin and end, and how many columns of a terminal they take. */

/** Characters that take two columns: East Asian wide and full-width ones, and those that are drawn as emoji. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u3247\u3250-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{18d00}-\u{18dff}\u{1aff0}-\u{1b2fb}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|(?!\p{Regional_Indicator})\p{Emoji_Presentation}/u

/**
 * Characters that take no column: combining marks, joiners and other invisible characters, and Hangul letters that join
 * the one before.
 */
const none = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]/u

/** A grapheme cluster that is drawn as one emoji: a flag, a keycap, or a character that asks to be drawn as emoji. */
const emoji =
  /^(?:\p{Regional_Indicator}{2}|[#*0-9]\ufe0f?\u20e3|\p{Extended_Pictographic}\ufe0f|(?!\p{Regional_Indicator})\p{Emoji_Presentation})/u

/** Whether a text is printable ASCII, of which each letter takes one column. */
export const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

const columnsOf = (letter: string): number => (none.test(letter) ? 0 : wide.test(letter) ? 2 : 1)

/** How many columns one letter (grapheme cluster) takes. */
export const letterWidth = (letter: string): number => {
  if (letter.length === 1) return columnsOf(letter)
  if (emoji.test(letter)) return 2
  let width = 0
  for (const each of letter) width += columnsOf(each)
  return width
}

/**
 * The most columns that one letter takes on any terminal. A terminal that does not know a cluster draws its parts side
 * by side.
 */
export const widestLetter = (letter: string): number => {
  let width = 0
  for (const each of letter) width += columnsOf(each)
  return Math.max(width, letterWidth(letter))
}

/** Whether a text is equally wide on all terminals: none of its letters may be drawn as its parts side by side. */
export const isSurelyAsWide = (text: string): boolean => {
  if (isPlain(text)) return true
  for (const letter of lettersOf(text)) {
    let width = 0
    for (const each of letter) width += columnsOf(each)
    if (width !== letterWidth(letter)) return false
  }
  return true
}

// Created at first use, because most text is plain.
let segmenter: Intl.Segmenter | undefined

/**
 * The letters of a text as a person counts them (grapheme clusters): a flag is one, and so is a letter with its
 * accents.
 */
export const lettersOf = (text: string): Iterable<string> => {
  if (isPlain(text)) return text
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/** How many columns a text of one row takes. */
export const textWidth = (text: string): number => {
  if (isPlain(text)) return text.length
  let width = 0
  for (const letter of lettersOf(text)) width += letterWidth(letter)
  return width
}

/** The most columns that a text takes on any terminal. */
export const widestWidth = (text: string): number => {
  if (isPlain(text)) return text.length
  let width = 0
  for (const letter of lettersOf(text)) width += widestLetter(letter)
  return width
}

/** The longest letter that is looked for, in UTF-16 units. Nobody means to write a longer one. */
const longestLetter = 64

const isAscii = (text: string, index: number): boolean => text.charCodeAt(index) < 0x80

/** Where the letter before that place begins. */
export const letterBefore = (text: string, place: number): number => {
  if (place <= 1 || isAscii(text, place - 1)) return Math.max(0, place - 1)
  const letters = [...lettersOf(text.slice(Math.max(0, place - longestLetter), place))]
  return place - (letters.at(-1)?.length ?? 1)
}

/** Where the letter at that place ends. */
export const letterAfter = (text: string, place: number): number => {
  if (place >= text.length) return text.length
  if (isAscii(text, place) && (place + 1 >= text.length || isAscii(text, place + 1))) return place + 1
  const [first = ""] = lettersOf(text.slice(place, place + longestLetter))
  return place + first.length
}

/** The longest beginning of a text that fits into `columns` columns. */
export const fitting = (text: string, columns: number): string => {
  if (isPlain(text)) return text.slice(0, Math.max(0, columns))
  let end = 0
  let width = 0
  for (const letter of lettersOf(text)) {
    width += letterWidth(letter)
    if (width > columns) break
    end += letter.length
  }
  return text.slice(0, end)
}
