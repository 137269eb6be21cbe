/** Counts what all tables have that were made while it looks: to see whether something grows for ever. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Effect from "effect/Effect"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

type Table = Map<unknown, unknown> | Set<unknown>

export interface Tables {
  /** How many entries each of them has that is still in use, the greatest first, and where it was made. */
  readonly count: Effect.Effect<ReadonlyArray<{ readonly size: number; readonly place: string }>>
  readonly stop: () => void
}

/** Where a table is made: the first place that is ours. */
const placeOf = ({ stack = "" }: Error): string => {
  const ours = Array.from(stack.matchAll(/\/((?:layers|services|src|test)\/[^)\n]*)/g), ([, place = ""]) => place)
  return ours.find((place) => !place.startsWith("test/support/Tables.ts")) ?? "elsewhere"
}

const nextTurn = Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))

/** Begins to look, until `stop`. With WHERE=1 it also notes where each table is made, which takes ten times as long. */
export const watchTables = (): Tables => {
  const isAsked = process.env["WHERE"] !== undefined
  const made = new Map<WeakRef<Table>, string>()
  const [PlainMap, PlainSet] = [Map, Set]
  const note = (table: Table): void => {
    made.set(new WeakRef(table), isAsked ? placeOf(new Error()) : "")
  }
  globalThis.Map = class<K, V> extends PlainMap<K, V> {
    constructor(entries?: Iterable<readonly [K, V]> | null) {
      super(entries ?? [])
      note(this)
    }
  } as MapConstructor
  globalThis.Set = class<A> extends PlainSet<A> {
    constructor(values?: Iterable<A> | null) {
      super(values ?? [])
      note(this)
    }
  } as SetConstructor
  return {
    // What was used in this turn of the event loop counts as in use.
    count: Effect.map(nextTurn, () => {
      collect()
      const sizes: Array<{ readonly size: number; readonly place: string }> = []
      for (const [ref, place] of made) {
        const size = ref.deref()?.size
        if (size === undefined) made.delete(ref)
        else sizes.push({ size, place })
      }
      return sizes.sort((one, other) => other.size - one.size)
    }),
    stop: () => {
      globalThis.Map = PlainMap
      globalThis.Set = PlainSet
    }
  }
}
