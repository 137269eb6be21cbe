/** Keeps, for the next run of the program, what was read at this node. */
import * as Context from "effect/Context"
import type { Keep } from "../src/domain/Keep.ts"

/** Undefined where nothing is kept. */
export class ReadMarks extends Context.Reference<ReadMarks>()("outlive/ReadMarks", {
  defaultValue: (): Keep | undefined => undefined
}) {}
