/** What a session tells of files that are fetched and offered at its node. */
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Prompt } from "../../../services/Console.ts"
import { Files } from "../../../services/Files.ts"
import { Fact } from "../../domain/Fact.ts"
import type { Digest } from "../../domain/Offer.ts"
import { transferEventInWords } from "../../domain/OfferWords.ts"
import { progressOf } from "../../domain/Progress.ts"
import { notice } from "../../domain/ScreenLine.ts"
import { whileOpen } from "../../domain/Signal.ts"
import type { Transfer } from "../../domain/Transfer.ts"
import type { Session } from "./Session.ts"

const ignored = (): void => {}

/**
 * Tells people when a file is here, or can't be fetched any further, and at a prompt how far each one is. Tells a program also how far each one is, at once
 * and at each change, and who has those that it seeks. Until the scope closes. The files are those of the node, so its guests are told nothing.
 */
export const followFiles = ({
  as,
  console,
  sought
}: Session["Type"]): Effect.Effect<void, never, Files | Scope.Scope> =>
  Effect.gen(function* () {
    if (as !== undefined) return
    const files = yield* Files
    const tell = Option.getOrUndefined(console.tell)
    yield* whileOpen(() =>
      files.onEvent((event) => {
        if (tell === undefined) console.put([notice(transferEventInWords(event))], ignored)
        else tell([Fact.TransferTold({ event })], ignored)
      })
    )
    const show = Option.map(console.prompt, ({ showProgress }) => showProgress)
    if (Option.isSome(show)) yield* showProgress(files, show.value)
    if (tell === undefined) return
    let told: ReadonlyMap<Digest, Transfer> = new Map()
    const look = (): void => {
      const now = new Map(files.transfers())
      const facts = [
        ...[...now].flatMap(([digest, transfer]) =>
          told.get(digest) === transfer ? [] : [Fact.TransferIs({ transfer })]
        ),
        ...[...told].flatMap(([digest, { offer }]) => (now.has(digest) ? [] : [Fact.TransferGone({ offer })])),
        ...holdersNews(sought, files)
      ]
      told = now
      if (facts.length > 0) tell(facts, ignored)
    }
    look()
    yield* whileOpen(() => files.onChange(look))
  })

/** Shows how far files are, at each change. */
const showProgress = (
  { making, onChange, transfers }: Files["Type"],
  show: Prompt["showProgress"]
): Effect.Effect<void, never, Scope.Scope> => {
  const look = (): void => show(progressOf(making(), transfers()))
  return Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        look()
        return onChange(look)
      }),
      (stop) =>
        Effect.sync(() => {
          stop()
          show([])
        })
    )
  )
}

/** The offers that a program seeks and that others have now than when it was told last. */
const holdersNews = (
  sought: Session["Type"]["sought"],
  { holders, transfers }: Pick<Files["Type"], "holders" | "transfers">
): ReadonlyArray<Fact> => {
  const before = MutableRef.get(sought)
  const changed = [...before.values()].flatMap((each) => {
    const now = [...holders(each.offer.digest).keys()]
    const isSame = now.length === each.holders.length && now.every((id, at) => id === each.holders[at])
    return isSame ? [] : [{ ...each, holders: now, transfer: transfers().get(each.offer.digest) }]
  })
  if (changed.length > 0) {
    MutableRef.set(sought, new Map([...before, ...changed.map((each) => [each.offer.digest, each] as const)]))
  }
  return changed.map((each) => Fact.Offered(each))
}
