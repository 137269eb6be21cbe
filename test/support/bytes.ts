/** Converts between bytes and text, and cuts bytes into pieces. */
export { linesIn } from "../../src/protocol/LineSplitter.ts"

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

export const joined = (pieces: Iterable<Uint8Array>): Uint8Array => Buffer.concat([...pieces])

/** Pieces of these lengths, one after the other, and a last one with the rest. */
export const cutInto = (bytes: Uint8Array, lengths: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  let at = 0
  const pieces = lengths.map((length) => {
    at += length
    return bytes.subarray(at - length, at)
  })
  return [...pieces, bytes.subarray(at)]
}
