/**
 * Input from a person at a terminal: keys go to an editor, and the lines that it sends become the lines of a Console.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Typed } from "../../services/Console.ts"
import { Interrupts } from "../../services/Interrupts.ts"
import { absurd } from "../../src/domain/Absurd.ts"
import type { Complete } from "../../src/terminal/Completion.ts"
import { Drafts } from "../../src/terminal/Drafts.ts"
import { press } from "../../src/terminal/Editor.ts"
import type { Act, Editor } from "../../src/terminal/editor/State.ts"
import type { Key } from "../../src/terminal/Keys.ts"
import * as KeyReader from "./KeyReader.ts"
import * as Output from "./Output.ts"
import * as RawTerminal from "./RawTerminal.ts"

/** What the editor asks of the program; the other acts concern the screen. */
export type ProgramAct = Extract<Act, { readonly _tag: "End" | "Interrupt" | "Suspend" }>

export interface Handlers extends Pick<RawTerminal.Handlers, "onResize" | "onLeave" | "onReturn"> {
  readonly onKeys: (keys: ReadonlyArray<Key>) => void
}

export interface TypedInput {
  /** The lines that were sent. They end at the end of input, and when the screen is gone. */
  readonly lines: Stream.Stream<Typed>
  readonly editor: () => Editor
  /** The room whose draft is in the editor. */
  readonly room: () => string
  /** Shows the draft of another room. `along`: what is being typed goes with it. */
  readonly move: (room: string, along: boolean) => void
  /** Replaces the text in the editor, with the cursor at the end. */
  readonly put: (text: string) => void
  /** Lets the person edit a line of a room again. A draft that is there stays. */
  readonly giveBack: (text: string, room: string) => void
  /** Passes a key to the editor. Returns the act that the key asks for. */
  readonly press: (key: Key, complete: Complete) => Act | undefined
  /** Adds a line to `lines`. */
  readonly say: (line: Typed) => void
  readonly obey: (act: ProgramAct) => void
}

const asksProgram = (act: Act | undefined): boolean => act?._tag === "Interrupt" || act?._tag === "Suspend"

/** Takes a terminal until the scope closes. */
export const make = (
  terminal: RawTerminal.Terminal,
  sequences: RawTerminal.Sequences,
  { onKeys, ...handlers }: Handlers
): Effect.Effect<TypedInput, never, Interrupts | Scope.Scope> =>
  Effect.gen(function* () {
    const interrupts = yield* Interrupts
    const typed = yield* Mailbox.make<Typed>()
    // Mutable: each change in one synchronous step with the screen.
    const drafts = new Drafts()
    let ended = false

    /** Ends the input. Only the keys that interrupt or suspend the program still have an effect. */
    const end = () => {
      ended = true
      typed.unsafeDone(Exit.void)
    }
    const keys = KeyReader.make(onKeys)
    const { suspend } = yield* RawTerminal.take(terminal, { ...handlers, onInput: keys.take, onEnd: end }, sequences)
    yield* Effect.addFinalizer(() => Effect.sync(keys.stop))
    yield* Output.watch(terminal.output, end)

    return {
      lines: Mailbox.toStream(typed),
      editor: () => drafts.editor,
      room: () => drafts.room,
      move: (room, along) => drafts.move(room, along),
      put: (text) => {
        drafts.editor = { ...drafts.editor, text, cursor: text.length }
      },
      giveBack: (text, room) => drafts.giveBack(text, room),
      press: (key, complete) => {
        const { act, editor: after } = press(drafts.editor, key, complete)
        if (ended && !asksProgram(act)) return undefined
        drafts.editor = after
        return act
      },
      say: (line) => typed.unsafeOffer(line),
      obey: (act) => {
        switch (act._tag) {
          case "End":
            return end()
          case "Interrupt":
            // In raw mode, Ctrl-C comes as a key instead of a signal.
            return interrupts.press()
          case "Suspend":
            return suspend()
          default:
            return absurd(act)
        }
      }
    }
  })
