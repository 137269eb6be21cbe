/** Tells when whoever was out of reach may be within reach again: this machine has slept, or has a new network. */
import type { Transport } from "../../services/Transport.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Node } from "./Node.ts"

/** Who looks each second, and finds that it was longer than this ago, has slept, in ms: no machine is that busy. */
const sleep = 10_000

/** The machine's addresses are looked at each so many times: it takes some 0.2 ms. */
const looksUntilNetworks = 5

interface Needs {
  readonly transport: Transport["Type"]
}

export const make = ({ clock }: Node, { transport }: Needs) => {
  let lookedAt = { monotonic: Monotonic.millis(clock), wall: clock.unsafeCurrentTimeMillis() }
  let hosts: ReadonlySet<string> | undefined
  let looks = 0

  return {
    /**
     * Whether this machine has slept since this was asked last; to be asked each second. One clock goes on while a machine
     * sleeps, and the other may stand: whichever shows it.
     */
    hasSlept: (): boolean => {
      const before = lookedAt
      lookedAt = { monotonic: Monotonic.millis(clock), wall: clock.unsafeCurrentTimeMillis() }
      return Math.max(lookedAt.monotonic - before.monotonic, lookedAt.wall - before.wall) > sleep
    },
    /** Whether this machine has an address that it did not have when this was asked last. Looks now and then only. */
    hasNewNetwork: (): boolean => {
      looks += 1
      if (hosts !== undefined && looks < looksUntilNetworks) return false
      looks = 0
      const before = hosts
      hosts = new Set(transport.hosts())
      return before !== undefined && [...hosts].some((host) => !before.has(host))
    }
  }
}

export type Awakening = ReturnType<typeof make>
