/** Connections to other nodes, over TCP, TLS or in memory. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { HostElsewhere, PeerLost, PeerUnreachable, PortTaken } from "../src/domain/Errors.ts"
import type { PublicKey } from "../src/domain/Key.ts"
import type { LossReason } from "../src/domain/MeshEvent.ts"
import type { Address, Host, Port } from "../src/domain/Peer.ts"

/**
 * Gives the next bytes to send, or undefined when there are none now. A plain function: it runs whenever the socket has
 * room.
 */
export type Source = () => Uint8Array | undefined

/** What is known for certain about the other side of a secure connection, before a byte of ours is sent. */
export interface Secured {
  /** Its proven key. */
  readonly key: PublicKey
  /**
   * 32 bytes for a purpose. Both ends of this connection derive the same bytes; nobody else does, on any connection.
   */
  readonly binding: (purpose: string) => Uint8Array
}

/** Takes what arrives on a connection. Plain functions: they run as soon as something has come. */
export interface Receiver {
  /** Takes the next bytes, at least one piece. What comes over a connection for bulk it must copy to keep it. */
  readonly take: (pieces: ReadonlyArray<Uint8Array>) => void
  /** Nothing more arrives. Called once, after everything that came before. */
  readonly end: (reason: LossReason) => void
}

/** Bytes in both directions between two nodes. */
export interface Connection {
  /** The other side's host, as seen from here. */
  readonly from: Host
  /** None if others on the network path can read and change what is sent. */
  readonly secured: Option.Option<Secured>
  /**
   * Waits for the next bytes and returns them in order, one piece at least. While nobody asks, at most a window's worth
   * is read from the other side. When the other side has sent its last byte, or the connection broke, it fails, after
   * everything that came before. For one reader.
   */
  readonly incoming: Effect.Effect<ReadonlyArray<Uint8Array>, PeerLost>
  /** Gives what arrives to that receiver from now on, in place of `incoming`, and what is there at once. */
  readonly receive: (receiver: Receiver) => void
  /** While it is held, the receiver gets nothing, and at most a window's worth is read from the other side. */
  readonly hold: (held: boolean) => void
  /** Sends what the source gives, as fast as the other side accepts it, in place of an earlier one. */
  readonly drain: (source: Source) => void
  /**
   * Tells the connection that the source may have bytes. A plain function: it is called for every link when the log has
   * grown.
   */
  readonly wake: () => void
  /**
   * Sends bytes at once, in place of bytes that the source would give next. False if the other side accepts no more now:
   * then nothing is sent, and the source is asked later. A plain function: the log's growth is put to all links that keep
   * up.
   */
  readonly put: (bytes: Uint8Array) => boolean
  /** Sends the rest of the source, then the end. Returns when everything was handed over, which may be never. */
  readonly finish: Effect.Effect<void>
  /** How many bytes have arrived so far. */
  readonly received: () => number
  /** Sets the function that is called when nothing more can arrive, in place of an earlier one. */
  readonly onEnd: (then: (() => void) | undefined) => void
  /** Tells the transport that the other side has introduced itself, so that its slot is given to nobody else. */
  readonly introduced: () => void
  /**
   * Reads nothing more: what arrives ends for that reason, after everything that came before. What was handed over still
   * goes out.
   */
  readonly close: (reason: LossReason) => void
  /** Ends both directions at once: what arrives ends for that reason. What was handed over may be lost. */
  readonly abort: (reason: LossReason) => void
}

/** A connection that a listener has accepted. It is open until it is released, or the listener's scope closes. */
export interface Accepted extends Connection {
  /** Gives it up: sends what was handed over, if that takes no long time, and closes. The receiver is told nothing more. */
  readonly release: () => void
}

/** Which end of a connection a node has: it has dialled, or was dialled. */
export type Side = "dialled" | "accepted"

/** Reaches other nodes and lets them reach this one. */
export class Transport extends Context.Tag("outlive/Transport")<
  Transport,
  {
    /**
     * Connects to an address, from a port of ours if one is given. It has a time limit of its own. The connection is open
     * until the scope closes. Bulk is read into the same memory again and again: a receiver has it for the call alone.
     */
    readonly dial: (
      address: Address,
      from?: Port,
      use?: "frames" | "bulk"
    ) => Effect.Effect<Connection, PeerUnreachable | PortTaken, Scope.Scope>
    /**
     * Listens until the scope closes, and calls `serve` with each connection. `serve` must release it in the end. Returns
     * the address with the port that it got. A transport may limit the number of connections; it sends `regret` to those
     * that it does not serve.
     */
    readonly listen: (
      address: Address,
      serve: (connection: Accepted) => void,
      regret?: Uint8Array
    ) => Effect.Effect<Address, PortTaken | HostElsewhere, Scope.Scope>
    /**
     * Makes a connection over one that others pass on, as this node's connections are: with the keys of both ends, if they
     * are secure, and otherwise as it is. Who has dialled begins. It is open until the scope closes. The one below stays
     * with its owner, who uses it no more.
     */
    readonly within: (connection: Connection, side: Side) => Effect.Effect<Connection, PeerUnreachable, Scope.Scope>
    /** The addresses that this machine has now. */
    readonly hosts: () => ReadonlyArray<string>
  }
>() {}
