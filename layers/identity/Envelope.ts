/** Envelopes: the bytes of a sealed private message, and the text in which a post has them. */
import { mostReaders } from "../../src/domain/Letter.ts"

/** For one reader: how the reader recognizes it, and the message's key, sealed for the reader. */
export interface Slot {
  readonly hint: Uint8Array
  readonly enc: Uint8Array
  readonly key: Uint8Array
}

export interface Envelope {
  /** The X25519 public key with which the hints were made. */
  readonly hinting: Uint8Array
  readonly slots: ReadonlyArray<Slot>
  /** The message, encrypted with the message's key. */
  readonly body: Uint8Array
}

/** The form that is described here. Another one is opened by nobody. */
const form = 1
/** The lengths of the parts, in bytes. A tag of AES-GCM has 16 bytes. */
const headBytes = 2
export const keyBytes = 32
export const hintBytes = 8
export const tagBytes = 16
const sealedKeyBytes = keyBytes + tagBytes
const slotBytes = hintBytes + keyBytes + sealedKeyBytes

/** The readers and the author. */
const mostSlots = mostReaders + 1

export const textOf = ({ body, hinting, slots }: Envelope): string =>
  Buffer.concat([
    Buffer.of(form, slots.length),
    hinting,
    ...slots.flatMap(({ enc, hint, key }) => [hint, enc, key]),
    body
  ]).toString("base64url")

/** The envelope in a text; undefined if there is none. */
export const envelopeIn = (text: string): Envelope | undefined => {
  const bytes = Buffer.from(text, "base64url")
  const count = bytes[1] ?? 0
  const slotsAt = headBytes + keyBytes
  const bodyAt = slotsAt + count * slotBytes
  if (bytes[0] !== form || count < 1 || count > mostSlots || bytes.length < bodyAt + tagBytes) return undefined
  return {
    hinting: bytes.subarray(headBytes, slotsAt),
    slots: Array.from({ length: count }, (_, index) => slotIn(bytes.subarray(slotsAt + index * slotBytes))),
    body: bytes.subarray(bodyAt)
  }
}

const slotIn = (bytes: Uint8Array): Slot => ({
  hint: bytes.subarray(0, hintBytes),
  enc: bytes.subarray(hintBytes, hintBytes + keyBytes),
  key: bytes.subarray(hintBytes + keyBytes, slotBytes)
})
