/** How a switch on a union ends. */

/**
 * For the `default` of a switch that has a case for each member of a union. The compiler refuses the call as soon as a
 * member has no case.
 */
export const absurd = (left: never): never => {
  throw new TypeError(`there is no case for ${JSON.stringify(left)}`)
}
