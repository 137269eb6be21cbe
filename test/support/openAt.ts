/** Which sockets and servers of this process are open at a port. */
import * as Net from "node:net"
import * as Effect from "effect/Effect"

/** Node's own list of what keeps a process alive, which its types leave out. */
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
 * How many servers listen at a port, and how many ends of connections to it are open. What other tests of this process have
 * open does not count.
 */
export const openAt = (port: number): Effect.Effect<number> => Effect.sync(() => handles().filter(isAt(port)).length)
