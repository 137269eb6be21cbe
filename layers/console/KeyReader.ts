/** Reads keys from a terminal in raw mode, whatever pieces the input comes in. */
import { type Key, keysIn, keysLeft, nothing, silenceAfter } from "../../src/terminal/Keys.ts"

export interface KeyReader {
  readonly take: (chunk: string) => void
  /** Stops reading. Unfinished input is dropped. */
  readonly stop: () => void
}

/** Uses plain functions, so that each key is handled before the next chunk comes. */
export const make = (onKeys: (keys: ReadonlyArray<Key>) => void): KeyReader => {
  let unfinished = nothing
  let silence: NodeJS.Timeout | undefined
  return {
    take: (chunk) => {
      clearTimeout(silence)
      const found = keysIn(unfinished, chunk)
      unfinished = found.unfinished
      onKeys(found.keys)
      const after = silenceAfter(unfinished)
      if (after === undefined) return
      silence = setTimeout(() => {
        const left = keysLeft(unfinished)
        unfinished = left.unfinished
        onKeys(left.keys)
      }, after)
    },
    stop: () => clearTimeout(silence)
  }
}
