/** Who may connect: so many in all, and so many from one address. */
import type { Limits } from "./Limits.ts"

/** A connection that was let in. */
export interface Seat {
  /** It has introduced itself: from now on it gives way to nobody. */
  readonly introduced: () => void
  /** It is over. May be called twice. */
  readonly leave: () => void
}

/**
 * The seats for connections. When all are taken, the one who has been longest without introducing itself makes room: who
 * comes to talk needs milliseconds for that, and so is not kept out by those who only hold connections. Mutable: the
 * listener that has it is its only user.
 */
export class Seats {
  readonly #limits: Pick<Limits, "connections" | "connectionsPerAddress">
  readonly #perNetwork = new Map<string, number>()
  /** Those who have not introduced themselves, the longest first: how to make them go. */
  readonly #strangers = new Map<Seat, { readonly network: string; readonly evict: () => void }>()
  #taken = 0

  constructor(limits: Pick<Limits, "connections" | "connectionsPerAddress">) {
    this.#limits = limits
  }

  /** A seat for a connection from that address; undefined if there is none. `evict` is called if it must make room. */
  take(address: string, evict: () => void): Seat | undefined {
    const network = networkOf(address)
    if (this.#isCrowded(network) && !this.#makeRoom((other) => other === network)) return undefined
    if (this.#taken >= this.#limits.connections && !this.#makeRoom(() => true)) return undefined
    this.#taken += 1
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1)
    let left = false
    const seat: Seat = {
      introduced: () => {
        this.#strangers.delete(seat)
      },
      leave: () => {
        if (left) return
        left = true
        this.#strangers.delete(seat)
        this.#taken -= 1
        const others = (this.#perNetwork.get(network) ?? 1) - 1
        if (others === 0) this.#perNetwork.delete(network)
        else this.#perNetwork.set(network, others)
      }
    }
    this.#strangers.set(seat, { network, evict })
    return seat
  }

  #isCrowded(network: string): boolean {
    return (this.#perNetwork.get(network) ?? 0) >= this.#limits.connectionsPerAddress
  }

  #makeRoom(among: (network: string) => boolean): boolean {
    for (const [seat, { evict, network }] of this.#strangers) {
      if (!among(network)) continue
      seat.leave()
      evict()
      return true
    }
    return false
  }
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
