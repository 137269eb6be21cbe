/** Which addresses a host has, for those who dial it or listen there. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Host } from "../../src/domain/Peer.ts"

/** Asks for all addresses of a name, those to try first in front. Fails as Node's `dns` does. */
export type Lookup = (name: string) => Promise<ReadonlyArray<string>>

/** As this system has it: its hosts file, its name servers. Loaded by those alone who name somebody else than this machine. */
export const systemLookup: Lookup = async (name) => {
  const { lookup } = await import("node:dns/promises")
  return (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address)
}

/** This machine alone, whatever its hosts file says (RFC 6761, section 6.3). Some have no IPv6. */
const loopbacks: Arr.NonEmptyReadonlyArray<string> = ["127.0.0.1", "::1"]

const isAddress = (host: string): boolean => host.includes(":") || /^\d+(\.\d+){3}$/.test(host)

export const notLookedUp = (host: Host): string => `the host ${host} could not be looked up`

/** The addresses of a host; in words, why there are none. Only a name other than `localhost` is looked up. */
export const addressesOf = (host: Host, lookup: Lookup): Effect.Effect<Arr.NonEmptyReadonlyArray<string>, string> => {
  if (isAddress(host)) return Effect.succeed([host])
  if (host.toLowerCase() === "localhost") return Effect.succeed(loopbacks)
  const unknown = `the host ${host} is not known`
  return Effect.tryPromise({
    try: () => lookup(host),
    catch: (error) => ((error as NodeJS.ErrnoException).code === "ENOTFOUND" ? unknown : notLookedUp(host))
  }).pipe(
    Effect.filterOrFail(Arr.isNonEmptyReadonlyArray, () => unknown),
    Effect.map((all) => Arr.dedupe(all))
  )
}
