import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as ConsoleContract from "./ConsoleContract.ts"

describe("ScriptedConsole at a terminal", () => {
  ConsoleContract.holdsFor(() =>
    Effect.map(ScriptedConsole.makeTerminal, ({ awaitPending, awaitScreen, end, layer, pending, screen, type }) => {
      const sees = (...lines: ReadonlyArray<string>) => {
        const looks = Effect.zipWith(
          screen,
          pending,
          (shown, below) => [...shown, ...below].join("\n") === lines.join("\n")
        )
        const changes = Effect.race(
          awaitScreen(() => true),
          awaitPending(() => true)
        )
        return Effect.asVoid(Effect.repeat(Effect.zipRight(changes, looks), { until: (seen) => seen }))
      }
      return { layer, types: type, ends: end, sees }
    })
  )
})
