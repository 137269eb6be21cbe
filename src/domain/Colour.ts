/** One colour an id: the same on every screen, on the page and in every run. */

/** The number of that id's colour in a palette of so many. */
export const colourIndex = (id: string, colours: number): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % colours
}
