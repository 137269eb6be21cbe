/** Counts the sockets and servers of this process that are open at a port. */
import * as Net from "node:net"
import * as Effect from "effect/Effect"

/** Node's own list of the handles that keep a process alive. Its types leave this function out. */
const handles = (): ReadonlyArray<unknown> =>
  (process as unknown as { readonly _getActiveHandles: () => ReadonlyArray<unknown> })._getActiveHandles()

const isAt =
  (port: number) =>
  (handle: unknown): boolean => {
    if (handle instanceof Net.Socket) return handle.localPort === port || handle.remotePort === port
    const bound = handle instanceof Net.Server ? handle.address() : null
    return typeof bound === "object" && bound?.port === port
  }

/**
 * The number of servers that listen at a port, plus the number of open ends of connections to it. Other tests in this
 * process use other ports and don't count.
 */
export const openAt = (port: number): Effect.Effect<number> => Effect.sync(() => handles().filter(isAt(port)).length)
