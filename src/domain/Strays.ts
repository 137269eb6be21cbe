/** Peers that were given up, and when each is dialled again: rarely, for as long as the program runs. */
import type { Peer, PeerId } from "./Peer.ts"

/** So many are remembered. */
export const mostStrays = 64

/** So many are dialled a minute, whatever happens. */
const mostDialsAMinute = 64

/** Each is dialled again after half of this time to the whole of it, in ms. */
const rarely = 60_000

/** When something speaks for it, one is dialled at once, unless that was done within this time, in ms. */
const justDialled = 10_000

interface Stray {
  readonly peer: Peer
  /** Whether there ever was a link to it. */
  readonly met: boolean
  /** Whether its lines have come by another way since it was given up. */
  heard: boolean
  due: number
  dialledAt: number
}

/** Times are in ms of a clock that nobody sets; chance is 0 to 1. Mutable, each change in one synchronous step. */
export class Strays {
  /** Those who were given up first come first. */
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
   * That peer was given up. Returns who is forgotten for that. Of more than can be remembered, those go first that were only heard of, then those who were
   * given up first: whoever names many peers that don't exist makes nobody forget one that does.
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

  /** That peer is there again, or left. */
  remove(id: PeerId): void {
    this.#strays.delete(id)
  }

  /** Those whose lines come by another way. */
  get heard(): ReadonlyArray<Peer> {
    return [...this.#strays.values()].filter(({ heard }) => heard).map(({ peer }) => peer)
  }

  /** That peer lives: its lines come by another way. */
  hear(id: PeerId, now: number): void {
    const stray = this.#strays.get(id)
    if (stray === undefined) return
    stray.heard = true
    this.#hurry(stray, now)
  }

  #hurry(stray: Stray, now: number): void {
    stray.due = Math.min(stray.due, Math.max(now, stray.dialledAt + justDialled))
  }

  /** All may be within reach again. */
  hurryAll(now: number): void {
    for (const stray of this.#strays.values()) this.#hurry(stray, now)
  }

  /** Those who are to be dialled now. */
  due(now: number): ReadonlyArray<Peer> {
    this.#dials = this.#dials.filter((at) => at > now - 60_000)
    return [...this.#strays.values()]
      .filter(({ due }) => due <= now)
      .sort((a, b) => a.due - b.due)
      .slice(0, mostDialsAMinute - this.#dials.length)
      .map(({ peer }) => peer)
  }

  /** That peer is dialled now, and again after a while. */
  dialled(id: PeerId, now: number, chance: number): void {
    const stray = this.#strays.get(id)
    if (stray === undefined) return
    this.#dials.push(now)
    stray.dialledAt = now
    stray.due = now + pause(chance)
  }
}

const pause = (chance: number): number => rarely * (0.5 + 0.5 * chance)
