/** Which seeds have what, and which of them `npm test` runs. */

/** A number of seeds, one after the other. */
export const seedsFrom = (from: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, at) => from + at)

/** From this seed on, there are more rooms than `main`. */
export const firstOfRooms = 500_000

/** From this seed on, there are private messages, in a plain chat or (odd seeds) in a secure one. No more rooms then. */
export const firstOfPrivate = 600_000

/** From this seed on, the server of a plain chat has guests. */
export const firstOfGuests = 650_000

/** From this seed on, there are three sites, each with a server and two clients. */
export const firstOfSites = 700_000

/** From this seed on, files are fetched. */
export const firstOfFiles = 750_000

export const ofOneRoom = seedsFrom(0, 40)
export const ofThreeRooms = seedsFrom(firstOfRooms, 20)

export const ofPrivate = seedsFrom(firstOfPrivate, 8)

export const ofGuests = seedsFrom(firstOfGuests, 6)

/** One for each part of the message system that may be away. */
export const ofSites = [0, 1, 5].map((at) => firstOfSites + at)

/** A peer that lies, one that is slow, and an author that leaves for good. */
export const ofFiles = [0, 2, 7].map((at) => firstOfFiles + at)

/** Seeds that once broke a promise. */
export const onceBroken = [228, 1389, 3205, 3255]

export const all: ReadonlyArray<number> = [
  ...ofOneRoom,
  ...ofThreeRooms,
  ...ofPrivate,
  ...ofGuests,
  ...ofSites,
  ...ofFiles,
  ...onceBroken
]
