/** Rooms at real processes: on pipes, for scripts, and after a restart. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { make } from "./Stage.ts"

describe("rooms", () => {
  it.scopedLive("are named on pipes, known to send and tail, and joined again by a node that kept its log", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const at = ["--server", `localhost:${port}`]
      const server = yield* stage.server(port)
      const kept = { args: ["--data", "anna"] }
      const anna = yield* stage.client("anna", port, { args: [...kept.args, "--room", "ops", "--room-notices"] })
      yield* server.sees("Client anna: initiated")
      const bo = yield* stage.client("bo", port)
      yield* anna.sees("Client bo: initiated")
      const tail = yield* stage.start("tail", ["./outlive", "tail", "--room", "ops", "--id", "tail", ...at])
      yield* anna.sees("Client tail: initiated")

      yield* anna.types("to ops", "/say main to all")
      yield* tail.sees("#ops Client anna: to ops")
      yield* bo.sees("Client anna: to all")
      const sender = yield* stage.start("ci", ["./outlive", "send", "--room", "ops", "--id", "ci", ...at, "it is done"])
      assert.strictEqual(yield* sender.ends, 0)
      yield* anna.sees("#ops Client ci: it is done")
      yield* tail.sees("#ops Client ci: it is done")
      for (const { out } of [server, bo]) assert.notInclude(out.join(), "ops")
      for (const { out } of [server, bo]) assert.notInclude(out.join(), "it is done")
      assert.deepStrictEqual(tail.out, ["#ops Client anna: to ops", "#ops Client ci: it is done"])

      yield* bo.types("/join ops", "hello from bo")
      yield* anna.notices("* Client bo joined #ops")
      yield* anna.sees("#ops Client bo: hello from bo")
      yield* anna.gets("SIGKILL")
      yield* bo.notices("* Client anna is lost")
      yield* bo.types("meanwhile")
      const again = yield* stage.client("anna", port, kept)
      yield* again.sees("#ops Client bo: meanwhile")
      yield* again.types("/rooms", "in main", "/say ops in ops")
      yield* again.notices("* #ops: ")
      yield* bo.sees("Client anna: in main", "#ops Client anna: in ops")
      assert.notInclude(server.out.join(), "meanwhile")
    })
  )
})
