/** Waits until a message is stored. */
import * as Effect from "effect/Effect"
import type { Bus } from "../../services/Bus.ts"
import type { BusUnavailable } from "../../src/domain/Errors.ts"

export const appended = (
  bus: Bus["Type"],
  subject: string,
  id: string,
  bytes: Uint8Array
): Effect.Effect<void, BusUnavailable> =>
  Effect.async((resume) =>
    bus.append(subject, id, bytes, (failure) => resume(failure === undefined ? Effect.void : Effect.fail(failure)))
  )
