/** Random numbers from a seed: the same ones in every run. */

/** Numbers from 0 up to 1: mulberry32, by T. Ettinger, public domain. */
export const makeChance = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What a source of random numbers decides. */
export const drawFrom = (seed: number) => {
  const next = makeChance(seed)
  return {
    below: (bound: number) => Math.floor(next() * bound),
    among: <A>(list: ReadonlyArray<A>): A => list[Math.floor(next() * list.length)] as A,
    happens: (probability: number) => next() < probability
  }
}
