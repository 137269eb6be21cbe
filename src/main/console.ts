/** Which console a command has: what stdin and stdout are, and what was asked for. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as JsonConsole from "../../layers/console/JsonConsole.ts"
import * as PipeConsole from "../../layers/console/PipeConsole.ts"
import * as PlainConsole from "../../layers/console/PlainConsole.ts"
import * as TerminalConsole from "../../layers/console/TerminalConsole.ts"
import type { Console } from "../../services/Console.ts"
import type { Screen } from "../commands/options.ts"

/** A person sits at a terminal on both ends; anything else is a script. */
export const atTerminal = () => process.stdin.isTTY && process.stdout.isTTY

/** Loaded by those alone who ask for it. */
const jsonConsole = (pick: (module: typeof JsonConsole) => Layer.Layer<Console>) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("../../layers/console/JsonConsole.ts")),
      pick
    )
  )

/** The console of a node that somebody, or a program, talks at. */
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

/** The console of a node at which nobody says anything. */
export const deafConsole = (json: boolean) => (json ? jsonConsole((module) => module.deaf) : PipeConsole.deaf)
