/** Words of a line as a shell splits them: `"two words"`, `'two words'` and `two\ words` are one each. */

export interface Word {
  readonly text: string
  /** Whether a part of it was quoted: then it is meant as it is. */
  readonly quoted: boolean
}

/** The words of a line. A quote that is not closed goes to the end of the line. A backslash takes the next character. */
export const wordsIn = (line: string): ReadonlyArray<Word> => {
  const words: Array<Word> = []
  for (const [whole] of line.matchAll(/(?:"(?:\\.|[^"\\])*(?:"|\\?$)|'[^']*(?:'|$)|\\.|[^\s"'\\]|\\$)+/gsu)) {
    const text = whole.replace(
      /"((?:\\.|[^"\\])*)(?:"|\\?$)|'([^']*)(?:'|$)|\\(.)/gsu,
      (_, double?: string, single?: string, escaped?: string) =>
        double === undefined ? (single ?? escaped ?? "") : double.replace(/\\(["\\])/g, "$1")
    )
    words.push({ text, quoted: /["']/.test(whole) })
  }
  return words
}

/** The word that a line ends in. */
export interface WordBegun {
  /** Where it begins. */
  readonly from: number
  /** It, without quotes and backslashes. */
  readonly text: string
  /** The quote that is open at the end. */
  readonly quote: "" | '"' | "'"
}

/** The word that is being typed at the end of a line; an empty one behind a blank. */
export const wordBegun = (line: string): WordBegun => {
  let word: WordBegun = { from: 0, text: "", quote: "" }
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at)
    const { from, quote, text } = word
    const isEscape = letter === "\\" && quote !== "'" && at + 1 < line.length
    if (isEscape && (quote === "" || /["\\]/.test(line.charAt(at + 1)))) {
      at += 1
      word = { from, text: text + line.charAt(at), quote }
    } else if (quote === letter) word = { from, text, quote: "" }
    else if (quote === "" && (letter === '"' || letter === "'")) word = { from, text, quote: letter }
    else if (quote === "" && /\s/.test(letter)) word = { from: at + 1, text: "", quote: "" }
    else word = { from, text: text + letter, quote }
  }
  return word
}

/** A word as `wordsIn` reads it, in these quotes, or with backslashes. `isWhole`: the quote is closed. */
export const asWord = (text: string, quote: WordBegun["quote"], isWhole: boolean): string => {
  if (quote === "") return text.replace(/[\s"'\\]/gu, "\\$&")
  if (quote === "'" && !text.includes("'")) return `'${text}${isWhole ? "'" : ""}`
  return `"${text.replace(/["\\]/g, "\\$&")}${isWhole ? '"' : ""}`
}

export const isQuoted = ({ quoted }: Word): boolean => quoted
