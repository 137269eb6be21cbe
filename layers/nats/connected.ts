/** Waiting for the bus. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Bus, BusState } from "../../services/Bus.ts"

export const isConnected = BusState.$is("Connected")

const isRefused = (state: BusState): boolean => state._tag === "Away" && state.remedy !== undefined

const until =
  (holds: (state: BusState) => boolean) =>
  ({ state }: Pick<Bus["Type"], "state">): Effect.Effect<void> =>
    Effect.flatMap(state.get, (now) =>
      holds(now) ? Effect.void : Stream.runDrain(Stream.takeUntil(state.changes, holds))
    )

/** Returns as soon as the bus can be used. */
export const untilConnected = until(isConnected)

/** Returns as soon as the bus can't be used until somebody does something. */
export const untilRefused = until(isRefused)
