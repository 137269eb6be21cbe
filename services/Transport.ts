/** The seam below the chat: connections to other nodes, over TCP or in memory. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { HostElsewhere, PeerLost, PeerUnreachable, PortTaken } from "../src/domain/Errors.ts"
import type { PublicKey } from "../src/domain/Key.ts"
import type { LossReason } from "../src/domain/MeshEvent.ts"
import type { Address, Host, Port } from "../src/domain/Peer.ts"

/** Gives the next bytes to send, or undefined when there are none for now. A plain function: it runs whenever there is room. */
export type Source = () => Uint8Array | undefined

/** What is sure of the other side of a secure connection before a byte goes over it. */
export interface Secured {
  /** The key that it has proven to have. */
  readonly key: PublicKey
  /** 32 bytes for that purpose to which both ends of this connection come, and nobody else, nor on any other connection. */
  readonly binding: (purpose: string) => Uint8Array
}

/** Bytes in both directions between two nodes, until the scope it was made in closes. */
export interface Connection {
  /** The other side's host, as this one sees it. */
  readonly from: Host
  /** None if whoever is on the way can read what is sent, and change it. */
  readonly secured: Option.Option<Secured>
  /**
   * What has arrived since this was run last, in order and one piece at least: waits for that. While nobody asks, at most a
   * window's worth is read from the other side. Fails, after everything that came before, when the other side has sent its
   * last byte, and when the connection broke. For one reader.
   */
  readonly incoming: Effect.Effect<ReadonlyArray<Uint8Array>, PeerLost>
  /** Sends what the source gives, as fast as the other side takes it, and no faster. Called once. */
  readonly drain: (source: Source) => Effect.Effect<void>
  /** Tells that the source may have something. A plain function: it is called for every link when the log has grown. */
  readonly wake: () => void
  /** Sends what the source still has, then the end; returns when all was handed over, which may be never. */
  readonly finish: Effect.Effect<void>
  /** How many bytes have arrived so far. */
  readonly received: () => number
  /** Calls that, and nothing else from now on, when nothing more can arrive. */
  readonly onEnd: (then: (() => void) | undefined) => void
  /** Tells that the other side has introduced itself: from now on its place is given to nobody else. */
  readonly introduced: () => void
  /** Ends both directions at once: `incoming` fails with that reason. */
  readonly abort: (reason: LossReason) => Effect.Effect<void>
}

/** Reaches other nodes and lets them reach this one. */
export class Transport extends Context.Tag("outlive/Transport")<
  Transport,
  {
    /** Connects to whoever listens at that address, from that port of ours if one is named. Has a time limit of its own. */
    readonly dial: (
      address: Address,
      from?: Port
    ) => Effect.Effect<Connection, PeerUnreachable | PortTaken, Scope.Scope>
    /**
     * Listens until the scope closes, and runs `serve` for each connection in a fiber of its own; the connection ends
     * with it. Returns the address with the port that it got. A transport may let in so many and no more; `regret` is
     * what it then sends in place of serving a connection.
     */
    readonly listen: (
      address: Address,
      serve: (connection: Connection) => Effect.Effect<void>,
      regret?: Uint8Array
    ) => Effect.Effect<Address, PortTaken | HostElsewhere, Scope.Scope>
    /** The addresses that this machine has now. */
    readonly hosts: () => ReadonlyArray<string>
  }
>() {}
