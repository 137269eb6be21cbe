/** How much a node accepts from others. */
import * as Duration from "effect/Duration"

export interface Limits {
  /** Connections that others may have to this node, in all and from one address. */
  readonly connections: number
  readonly connectionsPerAddress: number
  /** A caller must introduce itself within this time, and be in the chat within the same time again. */
  readonly handshake: Duration.Duration
  /** The rates at which one peer may send in the long run. `inOneGo` says what it may send at once. */
  readonly bytesPerSecond: number
  readonly framesPerSecond: number
  /** A peer that exceeds these rates for this long without a pause is dropped, and refused for as long. */
  readonly overload: Duration.Duration
  /**
   * How many streams without posts a node remembers that is in `main` alone; `streamsIn` says how many in more rooms. At
   * half of that number, the earliest are folded away. How many rooms besides `main` it handles. A peer that names more
   * unknown streams or rooms is dropped.
   */
  readonly streams: number
  readonly rooms: number
  /** How many posts may wait for earlier ones. */
  readonly pending: number
  /** How much the log keeps: entries, and bytes of encoded posts. */
  readonly logEntries: number
  readonly logBytes: number
}

/** More than any chat of people needs, and little enough to do a machine no harm. */
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

/**
 * The greatest limit of rooms. An introduction names all rooms of a node in one frame, of which this many take half,
 * however long their names are.
 */
export const mostRooms = 1_000

/** What each room besides `main` adds to the number of streams, as a part of it: 1,024 for 16,384. */
const partOfRoom = 1 / 16

/**
 * How many streams without posts a node remembers that takes part in so many rooms, `main` included. Each run of each
 * author has a stream in each room. So 200 authors in all rooms that there can be, restarted twice, are not folded away.
 */
export const streamsIn = ({ streams }: Pick<Limits, "streams">, rooms: number): number =>
  Math.floor(streams * (1 + partOfRoom * Math.min(Math.max(0, rooms - 1), defaultLimits.rooms)))

/** For how many streams there is room that belong to runs without a link, which may come back. */
export const mostElsewhere = (limits: Pick<Limits, "streams">, rooms: number): number =>
  Math.floor(streamsIn(limits, rooms) / 4)

/**
 * How many streams that this node lacks a peer may name that shares so many rooms with it. There is room for the streams
 * of all posts that it may keep, and for those that it spares.
 */
export const mostNamed = (limits: Pick<Limits, "logEntries" | "streams">, rooms: number): number =>
  Math.max(streamsIn(limits, rooms), limits.logEntries + mostElsewhere(limits, rooms))

/** What a peer passes on when it is asked comes from several authors, each of whom was slowed already. */
const authorsHandedOn = 8

export const timesAsMuch = (limits: Limits): Limits => ({
  ...limits,
  bytesPerSecond: limits.bytesPerSecond * authorsHandedOn,
  framesPerSecond: limits.framesPerSecond * authorsHandedOn
})

/** A peer may save up the rates of this many seconds, and send as much at once: a paste, or missed posts. */
const secondsSaved = 10

/** How much may come at once at a rate of `perSecond`. */
export const inOneGo = (perSecond: number): number => perSecond * secondsSaved
