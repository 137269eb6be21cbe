/**
 * Invitations in a folder. Each invitation is a folder of its own, with a file for its terms and a file for each use. A
 * use is taken by creating its file, which can succeed only once. An invitation is revoked by removing its folder. So
 * the server and the commands that a person runs can work on the same folder without a lock.
 */
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Invitations } from "../services/Invitations.ts"
import type { StateUnavailable } from "../src/domain/Errors.ts"
import { type Invitation, isFor, isOpen, type Terms } from "../src/domain/Invitation.ts"
import { PublicKey } from "../src/domain/Key.ts"
import { MemberId, type PeerId } from "../src/domain/Peer.ts"
import { Site } from "../src/domain/Site.ts"
import * as Keys from "./identity/Keys.ts"
import * as StateFolder from "./identity/StateFolder.ts"

const termsName = "terms.json"

const TermsFile = Schema.parseJson(
  Schema.Struct({
    uses: Schema.Int.pipe(Schema.positive()),
    expires: Schema.NonNegativeInt,
    issued: Schema.NonNegativeInt,
    site: Schema.optionalWith(Site, { exact: true })
  })
)

const make = (folder: string): Invitations["Type"] => {
  const place = (key: PublicKey) => Path.join(folder, key)

  const read = (
    key: PublicKey
  ): Effect.Effect<Option.Option<Invitation & { readonly issued: number }>, StateUnavailable> =>
    Effect.gen(function* () {
      const text = yield* StateFolder.read(Path.join(place(key), termsName))
      const terms = Schema.decodeUnknownOption(TermsFile)(text)
      if (Option.isNone(terms)) return Option.none()
      const usedBy: Array<typeof MemberId.Type> = []
      for (let use = 1; use <= terms.value.uses; use += 1) {
        const by = Schema.decodeUnknownOption(MemberId)(yield* StateFolder.read(Path.join(place(key), `use-${use}`)))
        if (Option.isNone(by)) break
        usedBy.push(by.value)
      }
      return Option.some({ ...terms.value, key, usedBy })
    })

  return Invitations.of({
    issue: Effect.fn("Invitations.issue")(function* ({ expires, site, uses }: Terms) {
      const { key, token } = Keys.makeToken()
      yield* StateFolder.make(place(key))
      const issued = yield* Clock.currentTimeMillis
      const terms = { uses, expires, issued, ...(site === undefined ? {} : { site }) }
      yield* StateFolder.create(Path.join(place(key), termsName), yield* Effect.orDie(Schema.encode(TermsFile)(terms)))
      return token
    }),
    all: Effect.gen(function* () {
      yield* StateFolder.make(folder)
      const names = yield* StateFolder.attempt(folder, () => Fs.readdir(folder))
      const keys = names.flatMap((name) => Option.toArray(Schema.decodeUnknownOption(PublicKey)(name)))
      const found = yield* Effect.forEach(keys, read)
      return found.flatMap(Option.toArray).sort((one, other) => one.issued - other.issued)
    }).pipe(Effect.withSpan("Invitations.all")),
    revoke: Effect.fn("Invitations.revoke")(function* (key: PublicKey) {
      if (Option.isNone(yield* read(key))) return false
      yield* StateFolder.attempt(place(key), () => Fs.rm(place(key), { recursive: true, force: true }))
      return true
    }),
    redeem: Effect.fn("Invitations.redeem")(function* (key: PublicKey, by: PeerId) {
      const found = yield* read(key)
      if (Option.isNone(found) || !isFor(found.value, by)) return false
      if (!isOpen(found.value, yield* Clock.currentTimeMillis)) return false
      const use = Path.join(place(key), `use-${found.value.usedBy.length + 1}`)
      return yield* StateFolder.create(use, by)
    })
  })
}

/** The invitations in that folder. */
export const layer = (folder: string): Layer.Layer<Invitations> => Layer.succeed(Invitations, make(folder))
