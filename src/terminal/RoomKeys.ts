/** The keys that go to another room. */
import { type RoomNews, withNews } from "../domain/Place.ts"
import type { Key } from "./Keys.ts"

const numbered = /^alt-([1-9])$/

/**
 * The room that a key goes to: Alt-1 … Alt-9 to one of these rooms, Ctrl-N and Ctrl-P to the next and the previous,
 * Alt-A to one with news. `nowhere` if there is no such room; undefined if the key has another meaning, as Ctrl-N and
 * Ctrl-P have while there is one room.
 */
export const roomOfKey = (key: Key, here: string, rooms: ReadonlyArray<RoomNews>): string | "nowhere" | undefined => {
  if (key._tag !== "Press") return undefined
  const number = numbered.exec(key.name)?.[1]
  if (number !== undefined) return rooms[Number(number) - 1]?.room ?? "nowhere"
  if (key.name === "alt-a") return withNews(rooms)[0]?.room ?? "nowhere"
  const step = key.name === "ctrl-n" ? 1 : key.name === "ctrl-p" ? -1 : 0
  if (step === 0 || rooms.length < 2) return undefined
  const place = rooms.findIndex(({ room }) => room === here)
  const from = place === -1 && step === -1 ? 0 : place
  return rooms[(from + step + rooms.length) % rooms.length]?.room
}
