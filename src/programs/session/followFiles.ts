/** What a session tells of files that are fetched and offered at its node. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Files } from "../../../services/Files.ts"
import { Fact } from "../../domain/Fact.ts"
import { transferEventInWords } from "../../domain/OfferWords.ts"
import { notice } from "../../domain/ScreenLine.ts"
import type { Transfer } from "../../domain/Transfer.ts"
import type { Session } from "./Session.ts"

const ignored = (): void => {}

/**
 * Tells people when a file is here, or can't be fetched any further. Tells a program also how far each one is, at each
 * change. Until the scope closes. The files are those of the node, so its guests are told nothing.
 */
export const followFiles = ({ as, console }: Session["Type"]): Effect.Effect<void, never, Files | Scope.Scope> =>
  Effect.gen(function* () {
    if (as !== undefined) return
    const files = yield* Files
    const tell = Option.getOrUndefined(console.tell)
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        files.onEvent((event) => {
          if (tell === undefined) console.put([notice(transferEventInWords(event))], ignored)
          else tell([Fact.TransferTold({ event })], ignored)
        })
      ),
      (stop) => Effect.sync(stop)
    )
    if (tell === undefined) return
    let told: ReadonlyMap<string, Transfer> = new Map()
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        files.onChange(() => {
          const now = new Map(files.transfers())
          const changed = [...now].filter(([digest, transfer]) => told.get(digest) !== transfer)
          told = now
          if (changed.length > 0) {
            tell(
              changed.map(([, transfer]) => Fact.TransferIs({ transfer })),
              ignored
            )
          }
        })
      ),
      (stop) => Effect.sync(stop)
    )
  })
