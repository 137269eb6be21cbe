/** What the servers of a chat publish for each other: posts of one room, said at one site. */
import { isSite, type Site } from "../domain/Site.ts"

/** Posts said at a site, encoded one after the other. */
export interface Relayed {
  readonly site: Site
  readonly lines: Uint8Array
}

/** The first byte: the version of this format. */
const version = 1

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() }
export const encode = (site: Site, pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const name = utf8.encoder.encode(site)
  const head = Uint8Array.of(version, name.length, ...name)
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, head.length))
  bytes.set(head)
  let at = head.length
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** Undefined if it is nothing of this version. The lines are not copied. */
export const decode = (bytes: Uint8Array): Relayed | undefined => {
  const [first, length = 0] = bytes
  const site = utf8.decoder.decode(bytes.subarray(2, 2 + length))
  return first === version && isSite(site) ? { site, lines: bytes.subarray(2 + length) } : undefined
}
