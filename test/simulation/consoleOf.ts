/** The console of a simulated node: nobody looks at it but the checker. */
import * as Option from "effect/Option"
import type { TypedLines } from "../../layers/console/TypedLines.ts"
import { Console, type Put, whenTaken } from "../../services/Console.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"

/** `isDead`: whether its node was killed. `put`: takes what it shows. */
export const consoleOf = (typed: TypedLines, isDead: () => boolean, put: Put<ScreenLine>): Console["Type"] =>
  Console.of({
    isGone: isDead,
    tell: Option.none(),
    pending: Option.none(),
    isPerson: false,
    prompt: Option.none(),
    lines: typed.lines,
    offer: Option.some(typed.offer),
    put,
    show: whenTaken(put)
  })
