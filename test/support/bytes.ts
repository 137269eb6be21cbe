/** Bytes, text, and bytes in pieces. */

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

export const joined = (pieces: Iterable<Uint8Array>): Uint8Array => Buffer.concat([...pieces])

/** The lines of a block, each with its newline. */
export const linesIn = (block: Uint8Array): ReadonlyArray<Uint8Array> => {
  const lines: Array<Uint8Array> = []
  for (let start = 0, end = 0; start < block.length; start = end) {
    end = block.indexOf(0x0a, start) + 1 || block.length
    lines.push(block.subarray(start, end))
  }
  return lines
}

/** Pieces of those lengths, one after the other, and the rest in one. */
export const cutInto = (bytes: Uint8Array, lengths: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  let at = 0
  const pieces = lengths.map((length) => {
    at += length
    return bytes.subarray(at - length, at)
  })
  return [...pieces, bytes.subarray(at)]
}
