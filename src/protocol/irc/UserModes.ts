/** The modes of a client (RFC 2812, section 3.1.5). Pure. */

/** `i`: those who share no channel find it by its whole nick alone. `o`: an operator. `w`: gets WALLOPS. */
const userModes = ["i", "o", "w"] as const
export type UserMode = (typeof userModes)[number]

/** All of them, for the beginning of a connection (RPL_MYINFO). */
export const userLetters = userModes.join("")

export const isUserMode = (letter: string): letter is UserMode => (userModes as ReadonlyArray<string>).includes(letter)

/** `+i-w`: each letter, and whether it is to be set. Of a letter that comes twice the last counts. */
export const changesIn = (text: string): ReadonlyArray<{ readonly letter: string; readonly on: boolean }> => {
  const changes = new Map<string, boolean>()
  let on = true
  for (const letter of text) {
    if (letter === "+" || letter === "-") on = letter === "+"
    else changes.set(letter, on)
  }
  return Array.from(changes, ([letter, on]) => ({ letter, on }))
}
