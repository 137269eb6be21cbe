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

export const isQuoted = ({ quoted }: Word): boolean => quoted
