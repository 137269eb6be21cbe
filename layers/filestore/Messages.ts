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

/** The buffer of a manifest in a result, if there is one: it is moved to the other thread instead of copied. */
export const movedBuffers = (value: unknown): Array<ArrayBuffer> => {
  const { manifest = value } = (value ?? {}) as { readonly manifest?: unknown }
  if (!(manifest instanceof Uint8Array) || manifest.length < leastMoved) return []
  const { buffer, length } = manifest
  return buffer instanceof ArrayBuffer && buffer.byteLength === length ? [buffer] : []
}
