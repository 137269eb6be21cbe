/** Lets one process at a time use a file: a lock that ends with its process, however that ends, and leaves nothing behind. */
import * as Crypto from "node:crypto"
import * as Net from "node:net"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LogInUse, LogUnavailable } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { codeOf } from "../../src/domain/Trouble.ts"
import * as FolderLock from "../log/FolderLock.ts"

/** A socket that nobody has connected to is closed at once. */
const closeLimit = "200 millis"

/**
 * Linux has sockets whose names are in no folder, which only one process can have: so nothing lies about, and folders where
 * nobody may write do no harm. Elsewhere the lock is a socket beside the file. Processes that have different networks,
 * as those of two containers, don't see each other's names. False if another process has the file.
 */
export const hold = (path: string): Effect.Effect<boolean, LogUnavailable, Scope.Scope> =>
  process.platform === "linux" ? holdName(path) : holdBeside(path)

/** A name has at most 107 bytes, so it is a digest of the path. */
const holdName = (path: string): Effect.Effect<boolean, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      listen(`\0outlive ${Crypto.createHash("sha256").update(path).digest("hex")}`),
      ({ server }) => (server === undefined ? Effect.void : closed(server))
    ),
    ({ taken }) => !taken
  )

/** The same by a socket beside the file. */
export const holdBeside = (path: string): Effect.Effect<boolean, LogUnavailable, Scope.Scope> =>
  FolderLock.hold(Path.dirname(path), `.${Path.basename(path)}.`).pipe(
    Effect.as(true),
    Effect.catchTag("LogInUse", (_: LogInUse) => Effect.succeed(false))
  )

/** A socket of that name, unless somebody else has it. Where no such socket can be made, there is no lock. */
const listen = (name: string) =>
  Effect.async<{ readonly taken: boolean; readonly server?: Net.Server }>((resume) => {
    const server = Net.createServer((socket) => socket.destroy())
    server.once("error", (error) => resume(Effect.succeed({ taken: codeOf(error) === "EADDRINUSE" })))
    server.listen({ path: name, exclusive: true }, () => {
      server.removeAllListeners("error")
      server.on("error", () => {})
      server.unref()
      resume(Effect.succeed({ taken: false, server }))
    })
  })

const closed = (server: Net.Server) =>
  Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
  }).pipe(within(closeLimit))
