/** Packages from npm, as programs in `bench/authors/`: `ws`, a chat room, and `aedes`, an MQTT broker. */
import * as Effect from "effect/Effect"
import { start } from "../Processes.ts"
import type { System } from "./System.ts"

const packaged = (name: string, protocol: string): System => ({
  name,
  needs: { package: name },
  start: Effect.gen(function* () {
    const { pid, said } = yield* start({
      command: process.execPath,
      args: [`bench/authors/${name}.mjs`],
      ready: /listening (\d+)/
    })
    return { feed: `${protocol}:${said}`, sink: `${protocol}:${said}`, pids: [pid] }
  })
})

export const ws = packaged("ws", "ws")
export const aedes = packaged("aedes", "mqtt")
