import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as ConsoleContract from "./ConsoleContract.ts"

describe("ScriptedConsole at a terminal", () => {
  ConsoleContract.holdsFor(() =>
    Effect.map(ScriptedConsole.makeTerminal, ({ end, layer, pending, screen, type }) => ({
      layer,
      types: type,
      ends: end,
      // It shows at once what it is told.
      sees: (...lines) =>
        Effect.map(Effect.all([screen, pending]), (shown) => assert.deepStrictEqual(shown.flat(), [...lines]))
    }))
  )
})
