/** The same work on bare sockets: in Node tuned, in Node naive, and in C. */
import * as Effect from "effect/Effect"
import { pipe, start } from "../Processes.ts"
import type { System } from "./System.ts"

const author = (name: string, command: string, args: ReadonlyArray<string>): System => ({
  name,
  start: Effect.gen(function* () {
    const stdin = yield* pipe
    const { pid, said } = yield* start({ command, args, stdin, ready: /listening (\d+)/ })
    return { feed: `pipe:${stdin}`, sink: `raw:${said}`, pids: [pid] }
  })
})

export const tuned = author("raw tuned", process.execPath, ["bench/authors/raw-tuned.mjs"])
export const naive = author("raw naive", process.execPath, ["bench/authors/raw-naive.mjs"])
export const epoll = author("C, epoll", "dist/bench/epoll", [])
