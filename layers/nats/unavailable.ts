/** What an error of the NATS client means here. */
import { BusUnavailable } from "../../src/domain/Errors.ts"

export const unavailable = (error: unknown): BusUnavailable =>
  new BusUnavailable({ detail: error instanceof Error ? error.message : String(error) })
