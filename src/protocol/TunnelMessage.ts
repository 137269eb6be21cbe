/** Messages of a tunnel: what the two ends of a connection through a message system send to each other. */

/**
 * `open` asks a listener for a connection, `accepted` and `refused` are its answers. `data`, `credit` and `end` go from
 * one end to the other and are numbered. `gone`: the sender's end is no more. `probe` asks whether a
 * listener or a node is there; `present` answers.
 */
const kinds = ["open", "accepted", "refused", "data", "credit", "end", "gone", "probe", "present"] as const
export type Kind = (typeof kinds)[number]

/** The first byte of each message holds this version and the kind. */
const version = 1

/** The length of a header: version and kind, the two ends, the number. */
export const headerBytes = 13

export interface Message {
  readonly kind: Kind
  /** The end that it is for, as its node counts them; 0 if it is for a listener. */
  readonly to: number
  /** The end that it comes from. */
  readonly from: number
  /** The place among the numbered messages from that end, modulo 2³². */
  readonly number: number
  readonly body: Uint8Array
}

export const encode = ({ body, from, kind, number, to }: Message): Uint8Array => {
  const bytes = new Uint8Array(headerBytes + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, (version << 4) | kinds.indexOf(kind))
  view.setUint32(1, to)
  view.setUint32(5, from)
  view.setUint32(9, number)
  bytes.set(body, headerBytes)
  return bytes
}

/** Undefined if it is no message of this version. The body is not copied. */
export const decode = (bytes: Uint8Array): Message | undefined => {
  if (bytes.length < headerBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes)
  const first = view.getUint8(0)
  const kind = kinds[first & 15]
  if (first >> 4 !== version || kind === undefined) return undefined
  return {
    kind,
    to: view.getUint32(1),
    from: view.getUint32(5),
    number: view.getUint32(9),
    body: bytes.subarray(headerBytes)
  }
}

export const noBody: Uint8Array = new Uint8Array()

/** A count of bytes, as the body of a `credit`. */
export const encodeCount = (count: number): Uint8Array => {
  const body = new Uint8Array(8)
  new DataView(body.buffer).setFloat64(0, count)
  return body
}

/** Undefined if it is no count. */
export const decodeCount = (body: Uint8Array): number | undefined => {
  if (body.length !== 8) return undefined
  const count = new DataView(body.buffer, body.byteOffset, 8).getFloat64(0)
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined
}
