/** Places: a room by its name (`ops`), or a private conversation by the ids of the others (`@bo,kim`). */
import type { Ids, WireLine, WirePlace } from "./Wire.ts"

export type Place = string

export const main: Place = "main"

/** The conversation with these others, whatever their order. */
export const privatelyWith = (ids: ReadonlyArray<string>): Place => `@${[...ids].sort().join(",")}`

/** The others of a private conversation; undefined for a room. */
export const othersIn = (place: Place): Ids | undefined =>
  place.startsWith("@") ? (place.slice(1).split(",") as ReadonlyArray<string> as Ids) : undefined

/** A place as commands name it. */
export const onWire = (place: Place): WirePlace => {
  const others = othersIn(place)
  return others === undefined ? { room: place } : { with: others }
}

/** Where a line stands at the node `self`. */
export const placeOf = ({ from, room, to }: WireLine, self: string): Place =>
  room ?? privatelyWith([...new Set([from, ...(to ?? [])])].filter((id) => id !== self))

/** A place as people read it: `#ops`, `bo, kim`. */
export const titleOf = (place: Place): string => othersIn(place)?.join(", ") ?? `#${place}`
