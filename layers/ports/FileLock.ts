/**
 * A lock on a file for one process at a time. It ends with its process, however that ends, and leaves nothing behind.
 */
import * as Crypto from "node:crypto"
import * as Net from "node:net"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LogInUse, LogUnavailable } from "../../src/domain/Errors.ts"
import { codeOf } from "../../src/domain/Trouble.ts"
import * as FolderLock from "../log/FolderLock.ts"

/**
 * Takes the lock until the scope closes. Returns false if another process has it. On Linux the lock is an abstract
 * socket: only one process can have its name, no file is left behind, and the folder need not be writable. Elsewhere
 * the lock is a socket beside the file. Processes in different network namespaces, such as two containers, don't see
 * each other's abstract sockets.
 */
export const hold = (path: string): Effect.Effect<boolean, LogUnavailable, Scope.Scope> =>
  process.platform === "linux" ? holdName(path) : holdBeside(path)

/** The name of the socket is a digest of the path, because it may have at most 107 bytes. */
const holdName = (path: string): Effect.Effect<boolean, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      listen(`\0outlive ${Crypto.createHash("sha256").update(path).digest("hex")}`),
      ({ server }) => (server === undefined ? Effect.void : FolderLock.closed(server))
    ),
    ({ taken }) => !taken
  )

/** Takes the lock by a socket beside the file. */
export const holdBeside = (path: string): Effect.Effect<boolean, LogUnavailable, Scope.Scope> =>
  FolderLock.hold(Path.dirname(path), `.${Path.basename(path)}.`).pipe(
    Effect.as(true),
    Effect.catchTag("LogInUse", (_: LogInUse) => Effect.succeed(false))
  )

/** Listens on a socket of that name, unless another process does. If such sockets can't be made, there is no lock. */
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
