/** A TCP proxy on the loopback that is as bad as a network can be: late, narrow, in pieces, frozen, reset. Seeded. */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { PCGRandom } from "effect/Utils"

export interface Weather {
  /** Each piece is late by something between these, in milliseconds; pieces never overtake each other. */
  readonly latency: readonly [least: number, most: number]
  /** How many bytes a second a direction of a connection carries. */
  readonly bytesPerSecond: number
  /** The share of the pieces of which the first bytes come one by one. */
  readonly slices: number
}

export const fair: Weather = { latency: [0, 0], bytesPerSecond: Number.POSITIVE_INFINITY, slices: 0 }

/** So many bytes of a piece are sent one by one. */
const sliced = 48

/** Above so many bytes that wait in the proxy the sender is made to wait, as by a full network. */
const mostWaiting = 262_144

export interface Proxy {
  readonly port: number
  /** How many connections go through it now. */
  readonly connections: () => number
  /** Ends all connections with a reset. Returns how many these were. */
  readonly reset: Effect.Effect<number>
  /** Carries nothing until `thaw`, and closes nothing. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
}

/** Carries one direction. */
const pump = (from: Net.Socket, to: Net.Socket, weather: Weather, random: PCGRandom, frozen: () => boolean) => {
  const queue: Array<{ readonly bytes: Buffer; readonly due: number }> = []
  let waiting = 0
  let lastDue = 0
  let timer: NodeJS.Timeout | undefined
  let ended = false

  const add = (bytes: Buffer, late: number) => {
    lastDue = Math.max(lastDue + (bytes.length / weather.bytesPerSecond) * 1000, Date.now() + late)
    queue.push({ bytes, due: lastDue })
    waiting += bytes.length
  }
  const carry = () => {
    timer = undefined
    while (!frozen() && !to.destroyed) {
      const head = queue[0]
      if (head === undefined) break
      const wait = head.due - Date.now()
      if (wait > 0) {
        timer = setTimeout(carry, wait)
        break
      }
      queue.shift()
      waiting -= head.bytes.length
      to.write(head.bytes)
      // A write of its own, so that the other side has a chance to read a byte alone.
      if (head.bytes.length === 1 && queue.length > 0) {
        timer = setTimeout(carry, 0)
        break
      }
    }
    if (waiting < mostWaiting) from.resume()
    if (ended && queue.length === 0) to.end()
  }
  const wake = () => {
    if (timer === undefined) carry()
  }
  from.on("data", (bytes: Buffer) => {
    const [least, most] = weather.latency
    const late = least + random.number() * (most - least)
    const single = random.number() < weather.slices ? Math.min(sliced, bytes.length) : 0
    for (let i = 0; i < single; i += 1) add(bytes.subarray(i, i + 1), late)
    if (single < bytes.length) add(bytes.subarray(single), late)
    if (waiting >= mostWaiting) from.pause()
    wake()
  })
  from.on("end", () => {
    ended = true
    wake()
  })
  to.on("close", () => clearTimeout(timer))
  return wake
}

/** A proxy to that port, at any port, until the scope closes. */
export const make = (target: number, weather: Weather, seed: number): Effect.Effect<Proxy, Error, Scope.Scope> =>
  Effect.gen(function* () {
    const random = new PCGRandom(seed)
    const pairs = new Set<{ readonly sockets: readonly [Net.Socket, Net.Socket]; readonly wake: () => void }>()
    let frozen = false

    const server = Net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      const far = Net.connect({ host: "localhost", port: target, allowHalfOpen: true, noDelay: true })
      const both = [pump(near, far, weather, random, () => frozen), pump(far, near, weather, random, () => frozen)]
      const pair = { sockets: [near, far] as const, wake: () => both.forEach((wake) => void wake()) }
      pairs.add(pair)
      for (const [socket, other] of [
        [near, far],
        [far, near]
      ] as const) {
        // A reset on one side is a reset on the other.
        socket.on("error", () => other.resetAndDestroy())
        socket.on("close", () => {
          pairs.delete(pair)
          if (!other.destroyed) setTimeout(() => other.destroy(), 1_000).unref()
        })
      }
    })
    const reset = Effect.sync(() => {
      const { size } = pairs
      for (const { sockets } of pairs) for (const socket of sockets) socket.resetAndDestroy()
      return size
    })
    yield* Effect.acquireRelease(
      Effect.async<void, Error>((resume) => {
        server.once("error", (error) => resume(Effect.fail(error)))
        server.listen({ host: "localhost", port: 0 }, () => resume(Effect.void))
      }),
      () =>
        Effect.zipRight(
          reset,
          Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
        )
    )
    return {
      port: (server.address() as Net.AddressInfo).port,
      connections: () => pairs.size,
      reset,
      freeze: Effect.sync(() => {
        frozen = true
      }),
      thaw: Effect.sync(() => {
        frozen = false
        for (const { wake } of pairs) wake()
      })
    }
  })
