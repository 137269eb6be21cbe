/** Lets one process at a time use a folder: a lock that ends with its process, however that ends. */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { LogInUse, type LogUnavailable } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { attemptAt, unavailableAt } from "./Files.ts"

/** Whoever listens and does not answer within this time, in ms, is frozen, and has the folder all the same. */
const answerLimit = 500

/** Whoever asks and does not listen to the answer holds up the end no longer than this. */
const closeLimit = "200 millis"

/** A path of a socket has at most 103 bytes on macOS, 107 on Linux. */
const longestPath = 100

const lockFile = /^[0-9a-f]{16}\.lock$/

/** Whether that is the socket of somebody who would have the same. */
const isLock = (name: string, prefix: string): boolean =>
  name.startsWith(prefix) && lockFile.test(name.slice(prefix.length))

/**
 * Node can't lock a file, but the kernel ends a socket with its process. So everybody listens on a socket of its own in
 * the folder, and then looks at all others there. A dead one is removed: as no name is used twice, nobody takes a living
 * one for it. Of two that begin at the same time both are seen by one at least, and the lesser name goes first. `prefix`:
 * what in the folder the lock is for, if not all of it; it begins all names.
 */
export const hold = (folder: string, prefix = ""): Effect.Effect<void, LogInUse | LogUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const mine = `${prefix}${Crypto.randomBytes(8).toString("hex")}.lock`
    const short = yield* shortened(folder, mine)
    const state = yield* Effect.acquireRelease(listen(folder, Path.join(short, mine)), ({ server }) =>
      Effect.zipRight(closed(server), remove(folder, mine))
    )
    const inUse = new LogInUse({ path: folder })

    /** True once nobody else is there; false as long as somebody else may give way. */
    const look = Effect.gen(function* () {
      const names = (yield* attemptAt(folder, () => Fs.readdir(folder))).filter((name) => isLock(name, prefix))
      // Somebody has looked between our binding and our listening, and took us for dead.
      if (!names.includes(mine)) return yield* inUse
      let alone = true
      for (const name of names.filter((each) => each !== mine)) {
        const other = yield* ask(Path.join(short, name))
        if (other === "dead") yield* remove(folder, name)
        else if (other === "holds" || name < mine) return yield* inUse
        else alone = false
      }
      return alone
    })

    yield* look.pipe(
      Effect.tap((alone) => (alone ? Effect.void : Effect.sleep("20 millis"))),
      Effect.repeat({ until: (alone) => alone })
    )
    state.holds = true
  })

/** The folder itself, or a short way to it. */
const shortened = (folder: string, name: string): Effect.Effect<string, LogUnavailable, Scope.Scope> =>
  Buffer.byteLength(Path.join(folder, name)) <= longestPath
    ? Effect.succeed(folder)
    : Effect.acquireRelease(
        attemptAt(folder, async () => {
          const home = await Fs.mkdtemp(Path.join(Os.tmpdir(), "outlive-"))
          await Fs.symlink(Path.resolve(folder), Path.join(home, "data"))
          return home
        }),
        (home) => Effect.ignore(Effect.tryPromise(() => Fs.rm(home, { recursive: true, force: true })))
      ).pipe(Effect.map((home) => Path.join(home, "data")))

const listen = (folder: string, path: string) =>
  Effect.async<{ readonly server: Net.Server; holds: boolean }, LogUnavailable>((resume) => {
    const server = Net.createServer((socket) => {
      socket.on("error", () => {})
      socket.end(state.holds ? "holds" : "tries")
    })
    const state = { server, holds: false }
    server.once("error", (error) => resume(Effect.fail(unavailableAt(folder)(error))))
    server.listen({ path, exclusive: true }, () => {
      server.removeAllListeners("error")
      server.on("error", () => {})
      server.unref()
      resume(Effect.succeed(state))
    })
  })

/** Once it is closed nothing of the folder is in use any more. */
const closed = (server: Net.Server) =>
  Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
  }).pipe(within(closeLimit))

/** What the process is about whose socket that is. */
const ask = (path: string) =>
  Effect.async<"dead" | "tries" | "holds">((resume) => {
    const answer = (what: "dead" | "tries" | "holds") => {
      socket.destroy()
      resume(Effect.succeed(what))
    }
    const socket = Net.connect({ path })
    socket.setTimeout(answerLimit, () => answer("holds"))
    socket.once("data", (bytes) => answer(bytes.toString() === "tries" ? "tries" : "holds"))
    // It has ended before it could answer: it will be dead when it is asked again.
    socket.once("end", () => answer("tries"))
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") answer("dead")
      else answer(error.code === "ECONNRESET" || error.code === "EPIPE" ? "tries" : "holds")
    })
  })

const remove = (folder: string, name: string): Effect.Effect<void> =>
  Effect.ignore(Effect.tryPromise(() => Fs.rm(Path.join(folder, name), { force: true })))
