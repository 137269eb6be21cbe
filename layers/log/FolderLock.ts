/** Lets one process at a time use a folder. The lock is released when its process ends, even by a crash. */
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

/** A process that does not answer within this time, in ms, is frozen. It still holds the lock. */
const answerLimit = 500

/** The maximum time that closing waits for a process that asks and does not read the answer. */
const closeLimit = "200 millis"

/** The maximum length of a socket's path, in bytes. macOS allows 103, Linux 107. */
const longestPath = 100

const lockFile = /^[0-9a-f]{16}\.lock$/

/** Whether a file is a socket of the same lock. */
const isLock = (name: string, prefix: string): boolean =>
  name.startsWith(prefix) && lockFile.test(name.slice(prefix.length))

/**
 * Holds the lock until the scope closes; fails with `LogInUse` if another process has it. Node can't lock a file, but
 * the kernel closes a socket when its process ends. So each process listens on a socket of its own in the folder, and
 * then asks all other sockets there. A dead socket is removed: names are never reused, so a living one can't be
 * mistaken for it. If two processes start at the same time, at least one sees the other, and the one with the lesser
 * name gets the lock. `prefix`: the beginning of all names of this lock, for a folder with several locks.
 */
export const hold = (folder: string, prefix = ""): Effect.Effect<void, LogInUse | LogUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const mine = `${prefix}${Crypto.randomBytes(8).toString("hex")}.lock`
    const short = yield* shortened(folder, mine)
    const state = yield* Effect.acquireRelease(listen(folder, Path.join(short, mine)), ({ server }) =>
      Effect.zipRight(closed(server), remove(folder, mine))
    )
    const inUse = new LogInUse({ path: folder })

    /** True once no other process is there; false while another one may still give way. */
    const look = Effect.gen(function* () {
      const names = (yield* attemptAt(folder, () => Fs.readdir(folder))).filter((name) => isLock(name, prefix))
      // Another process looked between our bind and our listen, and took this one for dead.
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

/** The folder itself, or a symbolic link to it if the socket's path would be too long. */
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

/** Returns when the socket is closed, or after `closeLimit`. */
export const closed = (server: Net.Server): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
  }).pipe(within(closeLimit))

/** The state of the process that owns a socket. */
const ask = (path: string) =>
  Effect.async<"dead" | "tries" | "holds">((resume) => {
    const answer = (what: "dead" | "tries" | "holds") => {
      socket.destroy()
      resume(Effect.succeed(what))
    }
    const socket = Net.connect({ path })
    socket.setTimeout(answerLimit, () => answer("holds"))
    socket.once("data", (bytes) => answer(bytes.toString() === "tries" ? "tries" : "holds"))
    // The process ended before it could answer: the next time it is found dead.
    socket.once("end", () => answer("tries"))
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") answer("dead")
      else answer(error.code === "ECONNRESET" || error.code === "EPIPE" ? "tries" : "holds")
    })
  })

const remove = (folder: string, name: string): Effect.Effect<void> =>
  Effect.ignore(Effect.tryPromise(() => Fs.rm(Path.join(folder, name), { force: true })))
