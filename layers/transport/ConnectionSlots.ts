/** Limits the number of connections of a listener, in total and for each address. */
import type { Limits } from "../../src/domain/Limits.ts"

/** The place of one connection. */
export interface Slot {
  /** The peer has introduced itself: its connection can't be evicted any more. */
  readonly introduced: () => void
  /** The connection is over. May be called twice. */
  readonly free: () => void
}

/** The connections from one address. */
interface Network {
  readonly name: string
  taken: number
  /** The connections that are not introduced yet, the oldest first, and the function that evicts each. */
  readonly strangers: Map<Slot, () => void>
}

/**
 * The slots of one listener. A stranger is a connection whose peer has not introduced itself yet. Strangers get at most
 * half of the slots of an address. When no slot is free, the oldest stranger is evicted: an honest peer introduces
 * itself within milliseconds, so idle connections do not keep it out. Mutable: the listener is the only user.
 */
export class ConnectionSlots {
  readonly #limits: Pick<Limits, "connections" | "connectionsPerAddress">
  readonly #networks = new Map<string, Network>()
  readonly #strangers: Network["strangers"] = new Map()
  #taken = 0

  constructor(limits: Pick<Limits, "connections" | "connectionsPerAddress">) {
    this.#limits = limits
  }

  /**
   * Takes a slot for a connection from that address; undefined if there is none. `evict` is called if this connection
   * must make room for another.
   */
  take(address: string, evict: () => void): Slot | undefined {
    const name = networkOf(address)
    const network = this.#networks.get(name) ?? { name, taken: 0, strangers: new Map() }
    const { connections, connectionsPerAddress } = this.#limits
    const isCrowded = network.taken >= connectionsPerAddress || network.strangers.size * 2 >= connectionsPerAddress
    if (isCrowded && !evictFirst(network.strangers)) return undefined
    if (this.#taken >= connections && !evictFirst(this.#strangers)) return undefined
    this.#networks.set(name, network)
    this.#taken += 1
    network.taken += 1
    const slot = new Place(this, network)
    this.#strangers.set(slot, evict)
    network.strangers.set(slot, evict)
    return slot
  }

  /** The peer of that connection is no stranger any more. */
  introduced(slot: Slot, { strangers }: Network): void {
    this.#strangers.delete(slot)
    strangers.delete(slot)
  }

  /** That connection is over. */
  freed(slot: Slot, network: Network): void {
    this.introduced(slot, network)
    this.#taken -= 1
    network.taken -= 1
    if (network.taken === 0) this.#networks.delete(network.name)
  }
}

/** A class, because each link keeps its slot: closures would take three times its memory. */
class Place implements Slot {
  readonly #slots: ConnectionSlots
  #network: Network | undefined

  constructor(slots: ConnectionSlots, network: Network) {
    this.#slots = slots
    this.#network = network
  }

  introduced(): void {
    if (this.#network !== undefined) this.#slots.introduced(this, this.#network)
  }

  free(): void {
    const network = this.#network
    this.#network = undefined
    if (network !== undefined) this.#slots.freed(this, network)
  }
}

const evictFirst = (strangers: Network["strangers"]): boolean => {
  for (const [slot, evict] of strangers) {
    slot.free()
    evict()
    return true
  }
  return false
}

/**
 * The network that an address counts for. For IPv6 it is the first 64 bits, since one user usually has all addresses
 * below them.
 */
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
