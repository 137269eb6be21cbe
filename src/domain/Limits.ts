/** How much a node takes from others. */
import * as Duration from "effect/Duration"

export interface Limits {
  /** Connections that others may have to this node, in all and from one address. */
  readonly connections: number
  readonly connectionsPerAddress: number
  /** Whoever connects must have introduced itself within this time, and be in the chat within as much again. */
  readonly handshake: Duration.Duration
  /** What one peer may send a second in the long run. What it may send at once is in `inOneGo`. */
  readonly bytesPerSecond: number
  readonly framesPerSecond: number
  /** Whoever has sent more than that all the time, for so long, is dropped, and let in again after as long a time. */
  readonly overload: Duration.Duration
  /**
   * How many streams a node knows of which it keeps no post: with half as many, the earliest are folded away. How many rooms it
   * has to do with. A peer that names more streams that this node lacks is dropped, and one that names more rooms.
   */
  readonly streams: number
  readonly rooms: number
  /** How many posts wait for others that must come before them. */
  readonly pending: number
  /** How much of what was said is kept: entries, and bytes of encoded posts. */
  readonly logEntries: number
  readonly logBytes: number
}

/** As much as no chat of people comes near, and as little as does a machine no harm. */
export const defaultLimits: Limits = {
  connections: 2_048,
  connectionsPerAddress: 512,
  handshake: Duration.seconds(5),
  bytesPerSecond: 16 * 1024 * 1024,
  framesPerSecond: 5_000,
  overload: Duration.seconds(60),
  streams: 16_384,
  rooms: 64,
  pending: 10_000,
  logEntries: 10_000,
  logBytes: 64 * 1024 * 1024
}

/** A peer may name so many streams that this node lacks: those of all posts that it may keep, and those that it spares, fit. */
export const mostNamed = ({ logEntries, streams }: Pick<Limits, "logEntries" | "streams">): number =>
  Math.max(streams, logEntries + streams / 4)

/** What somebody hands on when it is asked comes from several authors, each of whom has been slowed already. */
const authorsHandedOn = 8

export const timesAsMuch = (limits: Limits): Limits => ({
  ...limits,
  bytesPerSecond: limits.bytesPerSecond * authorsHandedOn,
  framesPerSecond: limits.framesPerSecond * authorsHandedOn
})

/** Whoever was quiet for so many seconds may send at once what it has saved: a paste, or what was missed. */
const secondsSaved = 10

/** What may come in one go, where so much may come a second. */
export const inOneGo = (perSecond: number): number => perSecond * secondsSaved
