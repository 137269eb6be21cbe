import { EventEmitter } from "node:events"
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import * as Socket from "../../../layers/web/Socket.ts"
import type { WebSocket } from "../../../layers/web/ws.ts"
import { Sessions } from "../../../services/Sessions.ts"

/** A WebSocket whose page takes everything at once. */
class Stub extends EventEmitter {
  bufferedAmount = 0
  isPaused = false
  pause = () => {
    this.isPaused = true
  }
  resume = () => {
    this.isPaused = false
  }
  send = (_: string, taken: () => void) => taken()
  ping = () => {}
  close = () => this.emit("close")
  terminate = () => {}
}

describe("the WebSocket of a page", () => {
  it.effect("takes no more commands than may wait, and goes on when they are read", () =>
    Effect.gen(function* () {
      const begins = yield* Deferred.make<void>()
      const readAll = yield* Deferred.make<void>()
      let read = 0
      const sessions = Sessions.of({
        attach: ({ lines }) =>
          Deferred.await(begins).pipe(
            Effect.zipRight(
              Stream.runForEach(lines, () =>
                Effect.suspend(() => {
                  read += 1
                  return read === 256 ? Deferred.succeed(readAll, undefined) : Effect.void
                })
              )
            ),
            Effect.as("end of input" as const)
          )
      })
      const stub = new Stub()
      const serving = yield* Effect.fork(Socket.serve(sessions, stub as unknown as WebSocket))
      yield* Effect.yieldNow()
      const say = () => stub.emit("message", Buffer.from('{"type":"say","text":"hello"}'), false)
      for (let said = 0; said < 255; said += 1) say()
      assert.isFalse(stub.isPaused)
      say()
      assert.isTrue(stub.isPaused)
      yield* Deferred.succeed(begins, undefined)
      yield* Deferred.await(readAll)
      assert.isFalse(stub.isPaused)
      stub.close()
      yield* Fiber.join(serving)
    })
  )
})
