/** An Identity in memory, lost when the process ends: for tests. */
import * as Layer from "effect/Layer"
import { Identity } from "../services/Identity.ts"
import * as Keys from "./identity/Keys.ts"

export const layer: Layer.Layer<Identity> = Layer.effect(Identity, Keys.generate)
