/** The IP addresses of a host, for dialling and listening. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Host } from "../../src/domain/Peer.ts"

/** Looks up all addresses of a name, in the order in which to try them. Fails as Node's `dns` does. */
export type Lookup = (name: string) => Promise<ReadonlyArray<string>>

/**
 * The lookup of this system: its hosts file and name servers. Node's `dns` is loaded only when a name of another
 * machine is looked up.
 */
export const systemLookup: Lookup = async (name) => {
  const { lookup } = await import("node:dns/promises")
  return (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address)
}

/** The addresses of this machine, whatever its hosts file says (RFC 6761, section 6.3). Some machines have no IPv6. */
const loopbacks: Arr.NonEmptyReadonlyArray<string> = ["127.0.0.1", "::1"]

const isAddress = (host: string): boolean => host.includes(":") || /^\d+(\.\d+){3}$/.test(host)

export const notLookedUp = (host: Host): string => `the host ${host} could not be looked up`

/** The addresses of a host; fails with the reason in words. Only names other than `localhost` are looked up. */
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
