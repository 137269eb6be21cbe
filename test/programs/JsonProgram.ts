/** A program that talks JSON with a node, as a page or a bot does. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as JsonConsole from "../../layers/console/JsonConsole.ts"
import { makeTypedLines } from "../../layers/console/TypedLines.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { Event, type EventLine, type InputLine } from "../../src/protocol/BotLine.ts"
import type { Node } from "./World.ts"

type Of<Type extends EventLine["type"]> = Extract<EventLine, { readonly type: Type }>

export interface Program {
  readonly write: (line: string) => Effect.Effect<void>
  readonly send: (...commands: ReadonlyArray<InputLine>) => Effect.Effect<void>
  /** All events so far, and all of a type. */
  readonly events: ReadonlyArray<EventLine>
  readonly all: <Type extends EventLine["type"]>(type: Type) => ReadonlyArray<Of<Type>>
  /** The first such event, as soon as there is one; fails if it does not come. */
  readonly sees: <Type extends EventLine["type"]>(
    type: Type,
    holds?: (event: Of<Type>) => boolean
  ) => Effect.Effect<Of<Type>>
  /** Ends its input. */
  readonly end: Effect.Effect<void>
}

const isEvent = Schema.is(Event)

/** The event in a line; it is as its Schema says. */
const understood = (line: string): EventLine => {
  const event = JSON.parse(line)
  assert.isTrue(isEvent(event), line)
  return event
}

/** Attaches a program to a node. `history`: how many of the last lines it is shown first. */
export const attachProgram = (node: Node, history = 0): Effect.Effect<Program> =>
  Effect.gen(function* () {
    const typed = makeTypedLines()
    const events: Array<EventLine> = []
    const changes = makeSignal()
    const console = yield* JsonConsole.over({
      lines: typed.lines,
      put: (lines, taken) => {
        for (const line of lines) events.push(understood(line))
        changes.changed()
        taken()
      },
      isGone: () => false
    })
    yield* node.attach({ over: () => console, history })
    const write = (line: string) => Effect.sync(() => typed.add([{ text: line }]))
    const isOf =
      <Type extends EventLine["type"]>(type: Type) =>
      (event: EventLine): event is Of<Type> =>
        event.type === type
    return {
      write,
      send: (...commands) => Effect.forEach(commands, (each) => write(JSON.stringify(each)), { discard: true }),
      events,
      all: (type) => events.filter(isOf(type)),
      sees: (type, holds = () => true) => {
        const found = () => events.filter(isOf(type)).find(holds)
        return changes
          .until(() => found() !== undefined)
          .pipe(
            Effect.timeoutTo({
              duration: "3 minutes",
              onSuccess: found,
              onTimeout: () => undefined
            }),
            Effect.flatMap((event) =>
              event === undefined
                ? Effect.dieMessage(
                    [`no ${type} like this came, but`, ...events.map((e) => JSON.stringify(e))].join("\n")
                  )
                : Effect.succeed(event)
            )
          )
      },
      end: Effect.sync(typed.end)
    }
  })
