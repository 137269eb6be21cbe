/** Numbers of bytes as people type them. */

const factors: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 }

/** The bytes of `500`, `10M`, `1.5 GB`: a kB is 1,000 bytes, as in what is shown. Undefined if it is no such number. */
export const sizeIn = (text: string): number | undefined => {
  const [, number = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?)\s?([kmgt]?)b?$/i.exec(text.trim()) ?? []
  const size = Math.round(Number(number) * (factors[unit.toLowerCase()] ?? Number.NaN))
  return number !== "" && Number.isSafeInteger(size) ? size : undefined
}
