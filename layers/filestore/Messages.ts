/** What a file store and its thread say to each other. */
import { isPieceBuffer } from "./Buffers.ts"
import type { Failure } from "./Failure.ts"
import type { Handle, OperationName } from "./Operations.ts"

export interface WorkerData {
  /** No handle is less. So a handle of a thread that has ended is no other one's. */
  readonly firstHandle: Handle
}

export interface Request {
  readonly id: number
  readonly name: OperationName
  readonly args: ReadonlyArray<unknown>
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure }
  /** What went wrong is our own mistake. */
  | { readonly id: number; readonly bug: string }

/** Smaller ones are copied. */
const leastMoved = 16_384

const isMoved = (bytes: Uint8Array): boolean =>
  isPieceBuffer(bytes) || (bytes.length >= leastMoved && bytes.length === bytes.buffer.byteLength)

/** The bytes in an argument or a result. */
const bytesIn = (value: unknown): Uint8Array | undefined => {
  if (value instanceof Uint8Array) return value
  const { bytes, manifest } = (value ?? {}) as { readonly bytes?: Uint8Array; readonly manifest?: Uint8Array }
  return bytes ?? manifest
}

/** The buffers among these values, and in them, that are moved to the other thread instead of copied. */
export const movedBuffers = (values: ReadonlyArray<unknown>): Array<ArrayBuffer> =>
  values.flatMap((value) => {
    const bytes = bytesIn(value)
    return bytes?.buffer instanceof ArrayBuffer && isMoved(bytes) ? [bytes.buffer] : []
  })
