/** The same work on bare sockets: in Node tuned, in Node naive, in Node over TLS, and in C. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Keys from "../../layers/identity/Keys.ts"
import { beginReaders, type Figures, figures } from "../Load.ts"
import { type BenchFailed, folder, pipe, start } from "../Processes.ts"
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

/** Measures the fan-out over TLS, under a load of `bench/readers.ts`. */
export const measuredTls = (
  readers: number,
  [part, settings]: Parameters<typeof beginReaders>
): Effect.Effect<Figures, BenchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const [within, stdin] = [yield* folder, yield* pipe]
    const { credentials } = yield* Keys.generate
    const [key, cert] = [`${within}/key.pem`, `${within}/certificate.pem`]
    Fs.writeFileSync(key, credentials.privateKey)
    Fs.writeFileSync(cert, credentials.certificate)
    const { pid, said } = yield* start({
      command: process.execPath,
      args: ["bench/authors/raw-tls.mjs", key, cert],
      stdin,
      ready: /listening (\d+)/
    })
    const load = yield* beginReaders(part, { port: said, pid, feed: stdin, readers, key, cert, ...settings })
    return yield* figures(load)
  })
