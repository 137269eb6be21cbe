/** Statistics of samples. */

/** The middle of the sorted samples, or between the two in the middle. */
export const median = (samples: ReadonlyArray<number>): number => {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper
}

/** The value below which this share of the samples lies. */
export const quantile = (samples: ReadonlyArray<number>, share: number): number =>
  samples.toSorted((a, b) => a - b)[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? Number.NaN

/** The exponent b of y = a·x^b that fits best: the slope of a straight line through the logarithms. */
export const exponent = (points: ReadonlyArray<readonly [x: number, y: number]>): number => {
  const logs = points.filter(([x, y]) => x > 0 && y > 0).map(([x, y]) => [Math.log(x), Math.log(y)] as const)
  const mean = (at: 0 | 1) => logs.reduce((sum, point) => sum + point[at], 0) / logs.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const over = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const under = logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return over / under
}

const magnitudes = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"]
] as const

/** A number in three digits that a person can read: `1.23 M`. */
export const brief = (value: number): string => {
  if (!Number.isFinite(value)) return "–"
  for (const [size, letter] of magnitudes) {
    if (Math.abs(value) >= size) return `${digits(value / size)} ${letter}`
  }
  return digits(value)
}

const digits = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
