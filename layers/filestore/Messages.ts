/** What a file store and its thread say to each other. */
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

/** The buffers among these values, and in them, that are moved to the other thread instead of copied. */
export const ownBuffers = (values: ReadonlyArray<unknown>): Array<ArrayBuffer> => {
  const found: Array<ArrayBuffer> = []
  for (const value of values) {
    const bytes = value instanceof Uint8Array ? value : (value as { readonly manifest?: unknown } | undefined)?.manifest
    if (!(bytes instanceof Uint8Array) || !(bytes.buffer instanceof ArrayBuffer)) continue
    if (bytes.length >= leastMoved && bytes.length === bytes.buffer.byteLength) found.push(bytes.buffer)
  }
  return found
}
