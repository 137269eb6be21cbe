/** Lengths in bytes of UTF-8, and cuts between characters. */

const encoder = new TextEncoder()

/** The number of bytes of a text. */
export const utf8Length = (text: string): number =>
  /^[\0-\x7f]*$/.test(text) ? text.length : encoder.encode(text).length

/** The beginning of a text, at most so many bytes, cut between characters. */
export const utf8Start = (text: string, most: number): string => {
  if (text.length * 3 <= most) return text
  const { read } = encoder.encodeInto(text, new Uint8Array(Math.max(0, most)))
  return text.slice(0, read)
}
