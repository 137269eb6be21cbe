/** Amounts of bytes in the words that people read: how many, how fast, how far, how long. */

const units = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const

/** A number of bytes with two or three digits that count: `999 bytes`, `1.2 kB`, `34 MB`. A kB is 1,000 bytes. */
export const sizeInWords = (bytes: number): string => {
  if (bytes < 1_000) return bytes === 1 ? "1 byte" : `${bytes} bytes`
  let [size, unit] = [bytes, 0]
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000
    unit += 1
  }
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`
}

/** How many files there are in how many bytes: `12 files, 3.4 MB`. `files`: undefined if it is one file, and no folder. */
export const contentInWords = (bytes: number, files: number | undefined): string =>
  `${files === undefined ? "" : files === 1 ? "1 file, " : `${files} files, `}${sizeInWords(bytes)}`

/** Who has an offer: so many, of these names. */
export const havingInWords = (names: string, count: number): string =>
  count === 0 ? "nobody who is here has it" : `${names} ${count === 1 ? "has" : "have"} it`

/** How many peers fetch it. */
export const readersInWords = (readers: number): string => `${readers} ${readers === 1 ? "fetches" : "fetch"} it`

/** How much of so many bytes there is, in percent. It is 100 only if everything is there. */
export const percentOf = (bytes: number, of: number): number =>
  of === 0 ? 0 : Math.min(bytes < of ? 99 : 100, Math.floor((100 * bytes) / of))

/** How long so many bytes take at that many a second: `38 s left`; undefined if nothing comes. */
export const timeLeft = (bytes: number, rate: number): string | undefined => {
  if (rate <= 0) return undefined
  const seconds = Math.ceil(bytes / rate)
  if (seconds < 60) return `${seconds} s left`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 60 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`
}

/** How many bytes come in a second: `5.0 MB/s`; undefined if none do. */
export const rateInWords = (rate: number): string | undefined => (rate > 0 ? `${sizeInWords(rate)}/s` : undefined)
