/** A state, and what is to be done because of it. */
import type { Effect } from "./Event.ts"
import type { State } from "./State.ts"
import type { Command } from "./Wire.ts"

export type Step = readonly [state: State, effects: ReadonlyArray<Effect>]

export const still = (state: State): Step => [state, []]

/** One step after another. */
export const andThen = ([before, done]: Step, next: (state: State) => Step): Step => {
  const [after, more] = next(before)
  return [after, more.length === 0 ? done : [...done, ...more]]
}

export const doing = (state: State, ...effects: ReadonlyArray<Effect>): Step => [state, effects]

/** Says this to the node, if it is there. */
export const sending = (state: State, command: Command): Step =>
  state.connection._tag === "Open" ? doing(state, { _tag: "Send", command }) : still(state)
