/** Reads the keys of a terminal in raw mode, in whatever pieces they come. */
import { type Key, keysIn, keysLeft, nothing, silenceAfter } from "../../src/terminal/Keys.ts"

export interface KeyReader {
  readonly take: (chunk: string) => void
  /** Nothing is read any more: what was begun is dropped. */
  readonly stop: () => void
}

/** Plain functions: each key is obeyed before the next chunk comes. */
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
