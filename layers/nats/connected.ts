/** Waiting for the bus. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Bus, BusState } from "../../services/Bus.ts"

export const isConnected = BusState.$is("Connected")

/** Returns as soon as the bus can be used. */
export const untilConnected = ({ state }: Pick<Bus["Type"], "state">): Effect.Effect<void> =>
  Effect.flatMap(state.get, (now) =>
    isConnected(now) ? Effect.void : Stream.runDrain(Stream.takeUntil(state.changes, isConnected))
  )
