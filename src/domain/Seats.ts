/** Who may connect: so many in all, and so many from one address. */
import type { Limits } from "./Limits.ts"

/** A connection that was let in. */
export interface Seat {
  /** It has introduced itself: from now on it gives way to nobody. */
  readonly introduced: () => void
  /** It is over. May be called twice. */
  readonly leave: () => void
}

/** Who has one address. */
interface Network {
  taken: number
  /** Those who have not introduced themselves, the longest first: how to make them go. */
  readonly strangers: Map<Seat, () => void>
}

/**
 * The seats for connections. An address has half of its own for strangers, who have not introduced themselves. When no seat
 * is left for one more, the one who has been a stranger for the longest makes room: who comes to talk needs milliseconds for
 * that, and so is not kept out by those who only hold connections. Mutable: the listener that has it is its only user.
 */
export class Seats {
  readonly #limits: Pick<Limits, "connections" | "connectionsPerAddress">
  readonly #networks = new Map<string, Network>()
  readonly #strangers: Network["strangers"] = new Map()
  #taken = 0

  constructor(limits: Pick<Limits, "connections" | "connectionsPerAddress">) {
    this.#limits = limits
  }

  /** A seat for a connection from that address; undefined if there is none. `evict` is called if it must make room. */
  take(address: string, evict: () => void): Seat | undefined {
    const name = networkOf(address)
    const network = this.#networks.get(name) ?? { taken: 0, strangers: new Map() }
    const { connections, connectionsPerAddress } = this.#limits
    const isCrowded = network.taken >= connectionsPerAddress || network.strangers.size * 2 >= connectionsPerAddress
    if (isCrowded && !evictFirst(network.strangers)) return undefined
    if (this.#taken >= connections && !evictFirst(this.#strangers)) return undefined
    this.#networks.set(name, network)
    this.#taken += 1
    network.taken += 1
    let left = false
    const introduced = () => {
      this.#strangers.delete(seat)
      network.strangers.delete(seat)
    }
    const leave = () => {
      if (left) return
      left = true
      introduced()
      this.#taken -= 1
      network.taken -= 1
      if (network.taken === 0) this.#networks.delete(name)
    }
    const seat: Seat = { introduced, leave }
    const go = () => {
      leave()
      evict()
    }
    this.#strangers.set(seat, go)
    network.strangers.set(seat, go)
    return seat
  }
}

const evictFirst = (strangers: Network["strangers"]): boolean => {
  for (const go of strangers.values()) {
    go()
    return true
  }
  return false
}

/** What counts as one address: of IPv6 the first 64 bits, since whoever has one address there has all of those. */
const networkOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(":")) return address
  const [head = "", tail] = address.split("%")[0]?.split("::") ?? []
  const groups = head === "" ? [] : head.split(":")
  const after = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - after.length }, () => "0")
  return `${[...groups, ...zeros, ...after].slice(0, 4).join(":")}::/64`
}
