/** When a page that has lost its node dials again. */

const first = 250
const most = 10_000

/**
 * How long to wait after so many attempts that failed, in ms: twice as long each time up to ten seconds, and by chance
 * (`random`, from 0 to 1) up to half of that less, so that the pages of a node do not all come at once.
 */
export const delayOf = (attempts: number, random: number): number =>
  Math.min(most, first * 2 ** Math.min(attempts, 10)) * (1 - random / 2)
