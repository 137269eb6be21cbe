/** A Console for scripts: stdin and stdout carry only the lines of the chat, and stderr carries notices. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Console, type Put, whenTaken } from "../../services/Console.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import * as Legible from "./Legible.ts"
import * as Output from "./Output.ts"
import * as PipedInput from "./PipedInput.ts"

const make = ({ reads, showsChat = true }: { readonly reads: boolean; readonly showsChat?: boolean }) =>
  Effect.gen(function* () {
    const gone = yield* Deferred.make<void>()
    const out = yield* Output.make(process.stdout, gone)
    const error = yield* Output.make(process.stderr, gone)
    const input = reads ? yield* PipedInput.make(process.stdin, gone) : PipedInput.none(gone)
    // Whoever reads both sees a notice after the lines of the chat that were put with it.
    const put: Put<ScreenLine> = (lines, taken) => {
      const chat = lines.filter(({ _tag }) => _tag === "Chat")
      const notices = chat.length === lines.length ? [] : lines.filter(({ _tag }) => _tag === "Notice")
      out.write(showsChat ? Legible.textOf(process.stdout, chat) : "", () =>
        error.write(Legible.textOf(process.stderr, notices), taken)
      )
    }
    return Console.of({
      lines: input.lines,
      offer: Option.some(input.offer),
      put,
      show: whenTaken(put),
      isGone: out.isGone,
      tell: Option.none(),
      pending: Option.none(),
      isPerson: false,
      prompt: Option.none()
    })
  })

export const layer: Layer.Layer<Console> = Layer.scoped(Console, make({ reads: true }))

/** A console that reads nothing, and leaves stdin untouched. */
export const deaf: Layer.Layer<Console> = Layer.scoped(Console, make({ reads: false }))

/** The same without the lines of the chat: only notices, for the journal of a service manager. */
export const silent: Layer.Layer<Console> = Layer.scoped(Console, make({ reads: false, showsChat: false }))
