/** Peers that were given up, and when each is dialled again: rarely, for as long as the program runs. */
import type { Peer, PeerId } from "./Peer.ts"

/** How many are remembered. */
export const mostStrays = 64

/** How many are dialled in a minute at most. */
const mostDialsAMinute = 64

/** Each is dialled again after a random time between half of this and all of it, in ms. */
const rarely = 60_000

/** A peer of which there is news is dialled at once, but not within this time of the last dial, in ms. */
const justDialled = 10_000

interface Stray {
  readonly peer: Peer
  /** Whether there ever was a link to it. */
  readonly met: boolean
  /** Whether its posts have come through another peer since it was given up. */
  heard: boolean
  due: number
  dialledAt: number
}

/** Times are in ms of a monotonic clock; chance is 0 to 1. Mutable, each change in one synchronous step. */
export class Strays {
  /** In the order in which they were given up. */
  readonly #strays = new Map<PeerId, Stray>()
  /** When the last dials began. */
  #dials: Array<number> = []

  get size(): number {
    return this.#strays.size
  }

  get peers(): ReadonlyArray<Peer> {
    return Array.from(this.#strays.values(), ({ peer }) => peer)
  }

  /**
   * A peer was given up. Returns the peer that is forgotten for it, if there are too many: first those that were only
   * heard of, then those given up earliest. So a peer that names many nodes that don't exist makes this node forget no
   * real one.
   */
  add(peer: Peer, met: boolean, now: number, chance: number): PeerId | undefined {
    this.#strays.delete(peer.id)
    this.#strays.set(peer.id, { peer, met, heard: false, due: now + pause(chance), dialledAt: now })
    if (this.#strays.size <= mostStrays) return undefined
    const all = [...this.#strays.values()]
    const { id } = (all.find((each) => !each.met) ?? all[0] ?? { peer }).peer
    this.#strays.delete(id)
    return id
  }

  /** A peer is there again, or has left. */
  remove(id: PeerId): void {
    this.#strays.delete(id)
  }

  /** The peers whose posts come through others. */
  get heard(): ReadonlyArray<Peer> {
    return [...this.#strays.values()].filter(({ heard }) => heard).map(({ peer }) => peer)
  }

  /** A post of that peer came through another one, so it is alive. */
  hear(id: PeerId, now: number): void {
    const stray = this.#strays.get(id)
    if (stray === undefined) return
    stray.heard = true
    this.#hurry(stray, now)
  }

  #hurry(stray: Stray, now: number): void {
    stray.due = Math.min(stray.due, Math.max(now, stray.dialledAt + justDialled))
  }

  /** All of them may be reachable again: dial them soon. */
  hurryAll(now: number): void {
    for (const stray of this.#strays.values()) this.#hurry(stray, now)
  }

  /** The peers to dial now. */
  due(now: number): ReadonlyArray<Peer> {
    this.#dials = this.#dials.filter((at) => at > now - 60_000)
    return [...this.#strays.values()]
      .filter(({ due }) => due <= now)
      .sort((a, b) => a.due - b.due)
      .slice(0, mostDialsAMinute - this.#dials.length)
      .map(({ peer }) => peer)
  }

  /** A dial to that peer begins. The next one comes later. */
  dialled(id: PeerId, now: number, chance: number): void {
    const stray = this.#strays.get(id)
    if (stray === undefined) return
    this.#dials.push(now)
    stray.dialledAt = now
    stray.due = now + pause(chance)
  }
}

const pause = (chance: number): number => rarely * (0.5 + 0.5 * chance)
