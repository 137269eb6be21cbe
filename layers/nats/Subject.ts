/** The subjects of a bus: words with dots in between. */

/** Whether a subject fits a pattern, in which `*` stands for a word and `>` at the end for all that follow. */
export const fits = (pattern: string, subject: string): boolean => {
  const [wanted, words] = [pattern.split("."), subject.split(".")]
  const isOpen = wanted.at(-1) === ">"
  const fixed = isOpen ? wanted.slice(0, -1) : wanted
  return (
    (isOpen ? words.length > fixed.length : words.length === fixed.length) &&
    fixed.every((word, at) => word === "*" || word === words[at])
  )
}
