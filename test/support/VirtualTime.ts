/**
 * Runs a whole program in virtual time. Runs with the same seed are the same, and take only as long as their computing
 * does.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import type * as Scheduler from "effect/Scheduler"

/** The start of virtual time: an arbitrary moment in 2026, in ms since 1970. */
const beginning = 1_767_225_600_000

interface Sleeper {
  readonly due: number
  readonly order: number
  readonly wake: () => void
  cancelled: boolean
}

/** A clock whose time of day can be set. Durations are not affected. */
export interface WallClock {
  readonly clock: Clock.Clock
  /** Sets the time of day to `ahead` ms after that of the clock below; before it, if negative. */
  readonly set: (ahead: number) => void
  /** How often a sleep on this clock has ended by itself. */
  readonly wakes: () => number
}

/** A wall clock over another clock. */
export const wallClock = (below: Clock.Clock, ahead = 0): WallClock => {
  let off = ahead
  let wakes = 0
  return {
    clock: {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => below.unsafeCurrentTimeMillis() + off,
      unsafeCurrentTimeNanos: () => below.unsafeCurrentTimeNanos(),
      currentTimeMillis: Effect.map(below.currentTimeMillis, (now) => now + off),
      currentTimeNanos: below.currentTimeNanos,
      sleep: (duration) =>
        Effect.map(below.sleep(duration), () => {
          wakes += 1
        })
    },
    set: (to) => {
      off = to
    },
    wakes: () => wakes
  }
}

/** The program can't go on: no fiber is ready and none sleeps. */
export class Deadlock extends Error {
  override readonly name = "Deadlock"
}

/** The program runs in a loop, and virtual time hardly passes. */
export class Livelock extends Error {
  override readonly name = "Livelock"
}

/** The program does not end, although it does not wait for anything that can't happen: its timers go on and on. */
export class Endless extends Error {
  override readonly name = "Endless"
}

/** A program that runs for longer than this in virtual time counts as running for ever, in ms. */
const longest = 12 * 3_600_000

/** A program that runs more tasks than this within one second of virtual time counts as running for ever. */
const mostTasks = 1_000_000

/** A fiber yields to others after this many operations, as under Effect's own scheduler. */
const opsBeforeYield = 2_048

/** The program has ended, but one of its fibers or timers still sleeps. */
export class Leftover extends Error {
  override readonly name = "Leftover"
}

/** The sleepers in a binary heap: the next one to wake is at the top. */
const makeSleepers = () => {
  const heap: Array<Sleeper> = []
  const before = (a: Sleeper, b: Sleeper) => a.due < b.due || (a.due === b.due && a.order < b.order)
  const swap = (i: number, j: number) => {
    const held = heap[i] as Sleeper
    heap[i] = heap[j] as Sleeper
    heap[j] = held
  }
  return {
    push: (sleeper: Sleeper) => {
      let at = heap.push(sleeper) - 1
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (!before(heap[at] as Sleeper, heap[parent] as Sleeper)) break
        swap(at, parent)
        at = parent
      }
    },
    pop: (): Sleeper | undefined => {
      const top = heap[0]
      const last = heap.pop()
      if (top === undefined || last === undefined || heap.length === 0) return top
      heap[0] = last
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2]
        let least = at
        if (left < heap.length && before(heap[left] as Sleeper, heap[least] as Sleeper)) least = left
        if (right < heap.length && before(heap[right] as Sleeper, heap[least] as Sleeper)) least = right
        if (least === at) return top
        swap(at, least)
        at = least
      }
    }
  }
}

/**
 * Runs an effect to its end, synchronously. Its fibers run in the order in which they became ready. When none is ready,
 * the clock jumps to the first sleeper. Random numbers come from the seed. Throws `Deadlock` if the effect waits for
 * something that can't happen, `Livelock` if it runs more than `busiest` tasks within a second of virtual time,
 * `Endless` if it does not end within 12 hours of it, and `Leftover` if something still sleeps when it has ended.
 */
export const run = <A, E>(
  effect: Effect.Effect<A, E>,
  seed: number | string = 0,
  busiest = mostTasks
): Exit.Exit<A, E> => {
  let now = beginning
  let second = { began: now, tasks: 0 }
  let order = 0
  let ready: Array<() => void> = []
  const sleepers = makeSleepers()

  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => Math.floor(now),
    unsafeCurrentTimeNanos: () => BigInt(Math.floor(now * 1_000)) * 1_000n,
    currentTimeMillis: Effect.sync(() => Math.floor(now)),
    currentTimeNanos: Effect.sync(() => BigInt(Math.floor(now * 1_000)) * 1_000n),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const sleeper = {
          due: now + Duration.toMillis(duration),
          order: order++,
          wake: () => resume(Effect.void),
          cancelled: false
        }
        sleepers.push(sleeper)
        return Effect.sync(() => {
          sleeper.cancelled = true
        })
      })
  }
  const scheduler: Scheduler.Scheduler = {
    // Ignores the fiber's own limit and priority, which nobody sets: this runs before every operation.
    shouldYield: (fiber) => (fiber.currentOpCount > opsBeforeYield ? 0 : false),
    scheduleTask: (task) => {
      ready.push(task)
    }
  }

  const fiber = Effect.runFork(effect.pipe(Effect.withClock(clock), Effect.withRandom(Random.make(seed))), {
    scheduler
  })
  const runReady = () => {
    if (now >= second.began + 1_000) second = { began: now, tasks: 0 }
    while (ready.length > 0) {
      const tasks = ready
      ready = []
      for (const task of tasks) task()
      second.tasks += tasks.length
      if (second.tasks > busiest) throw new Livelock(`it runs for ever after ${Math.floor(now - beginning)} ms`)
    }
  }
  const nextSleeper = () => {
    let sleeper = sleepers.pop()
    while (sleeper?.cancelled) sleeper = sleepers.pop()
    return sleeper
  }

  for (runReady(); fiber.unsafePoll() === null; runReady()) {
    const sleeper = nextSleeper()
    if (sleeper === undefined) throw new Deadlock(`nothing can happen any more after ${now - beginning} ms`)
    now = Math.max(now, sleeper.due)
    if (now > beginning + longest) throw new Endless(`it goes on for ever after ${Math.floor(now - beginning)} ms`)
    sleeper.wake()
  }
  if (nextSleeper() !== undefined) throw new Leftover(`something sleeps on after ${now - beginning} ms`)
  return fiber.unsafePoll() as Exit.Exit<A, E>
}
