/** Divides what somebody says into pieces that fit into a line of IRC. */
import { bytesLeft, type Outgoing } from "./Message.ts"
import { utf8Length, utf8Start } from "./Utf8.ts"

/**
 * A text as pieces of at most `most` bytes each, at least one. Each line of it begins a piece. Longer lines are cut at
 * spaces, and within a word only if it does not fit by itself. The space at a cut is left out.
 */
export const piecesOf = (text: string, most: number): ReadonlyArray<string> => {
  const pieces = text.split(/\r\n|\r|\n/).flatMap((line) => (line === "" ? [] : piecesOfLine(line, most)))
  return pieces.length === 0 ? [""] : pieces
}

const piecesOfLine = (line: string, most: number): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  let rest = line
  while (rest !== "" && utf8Length(rest) > most) {
    // A space right behind a piece ends it just as well.
    const start = utf8Start(rest, most)
    const fit = start === "" ? rest.slice(0, 2) : start
    const space = rest[fit.length] === " " ? fit.length : fit.lastIndexOf(" ")
    const end = space > 0 ? space : fit.length
    pieces.push(rest.slice(0, end))
    rest = rest.slice(space > 0 ? end + 1 : end)
  }
  return rest === "" ? pieces : [...pieces, rest]
}

/** A line as pieces of at most `most` bytes each, at least one. Together they are the line. They end behind spaces. */
export const cutsOf = (line: string, most: number): ReadonlyArray<string> => {
  const cuts: Array<string> = []
  let rest = line
  while (rest !== "" && utf8Length(rest) > most) {
    const fit = utf8Start(rest, most) || rest.slice(0, 2)
    const end = fit.lastIndexOf(" ") + 1 || fit.length
    cuts.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return rest === "" && cuts.length > 0 ? cuts : [...cuts, rest]
}

/** Words with commas between them, on as many lines as they take. `heading`: the message, to which each list is added. */
export const listsOf = (words: ReadonlyArray<string>, heading: Outgoing): ReadonlyArray<string> =>
  // No word has a space, so a cut is always between two words.
  words.length === 0 ? [] : piecesOf(words.join(" "), bytesLeft(heading)).map((list) => list.replaceAll(" ", ","))
