/** Notices when peers may be reachable again: this machine has slept, or has a new network. */
import type { Transport } from "../../services/Transport.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Node } from "./Node.ts"

/** If a check that runs each second is later than this, the machine has slept, in ms. No machine is that busy. */
const sleep = 10_000

/** The machine's addresses are checked at every fifth look, because it takes about 0.2 ms. */
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
     * Whether this machine has slept since the last call. Must be called each second while the answer matters. While a
     * machine sleeps, one clock may go on and the other stand still, so both are compared.
     */
    hasSlept: (): boolean => {
      const before = lookedAt
      lookedAt = { monotonic: Monotonic.millis(clock), wall: clock.unsafeCurrentTimeMillis() }
      return Math.max(lookedAt.monotonic - before.monotonic, lookedAt.wall - before.wall) > sleep
    },
    /** Whether this machine has a new address since the last call. Checks now and then only. */
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
