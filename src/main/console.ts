/** Chooses the console of a command by what stdin and stdout are, and by the options. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as JsonConsole from "../../layers/console/JsonConsole.ts"
import * as PipeConsole from "../../layers/console/PipeConsole.ts"
import * as PlainConsole from "../../layers/console/PlainConsole.ts"
import * as TerminalConsole from "../../layers/console/TerminalConsole.ts"
import type { Console } from "../../services/Console.ts"
import type { Screen } from "../commands/options.ts"

/** Whether stdin and stdout are both terminals. Then a person uses the program; otherwise a script does. */
export const atTerminal = () => process.stdin.isTTY && process.stdout.isTTY

/** Loaded only when `--json` asks for it. */
const jsonConsole = (pick: (module: typeof JsonConsole) => Layer.Layer<Console>) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("../../layers/console/JsonConsole.ts")),
      pick
    )
  )

/** The console of a node at which a person or program talks. */
export const consoleFor = (json: boolean, { highlight, noBell, plain, times }: Screen) =>
  json
    ? jsonConsole((module) => module.layer)
    : Layer.suspend(() => {
        if (!atTerminal()) return PipeConsole.layer
        if (process.env["TERM"] === "dumb") return PlainConsole.dumb
        return plain
          ? PlainConsole.layer
          : TerminalConsole.layer({
              bell: !noBell,
              colours: (process.env["NO_COLOR"] ?? "") === "",
              times,
              words: highlight
            })
      })

/** The console of a node that only shows, and reads no input. */
export const deafConsole = (json: boolean) => (json ? jsonConsole((module) => module.deaf) : PipeConsole.deaf)
