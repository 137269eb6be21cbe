/** Which of some words somebody may have meant. */

/** How many letters must be put in, left out, changed or swapped with their neighbour to make one word of another. */
const distance = (one: string, other: string): number => {
  let beforeLast: ReadonlyArray<number> = []
  let last: ReadonlyArray<number> = Array.from({ length: other.length + 1 }, (_, j) => j)
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1),
        swapped ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      )
    }
    beforeLast = last
    last = row
  }
  return last[other.length] ?? 0
}

/** The word that is nearest to that one, capitals aside: one that begins so, or one that is spelled much like it; the first of several. */
export const nearest = <Word extends string>(word: string, words: ReadonlyArray<Word>): Word | undefined => {
  const wanted = word.toLowerCase()
  const begun = words.filter((each) => wanted !== "" && each.toLowerCase().startsWith(wanted))
  const ranked = (begun.length > 0 ? begun : words)
    .map((each) => ({ each, far: distance(wanted, each.toLowerCase()) }))
    .filter(({ each, far }) => begun.length > 0 || far <= Math.max(1, Math.floor(each.length / 2)))
    .sort((a, b) => a.far - b.far)
  return ranked[0]?.each
}
