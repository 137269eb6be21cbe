/** Completes names of files in commands: paths, and offers. They are looked up, so their candidates come a moment later. */
import { commandNamed, type Described } from "../domain/Described.ts"
import { folderIn, type Listed } from "../domain/Path.ts"
import { asWord, type WordBegun, wordBegun } from "../domain/Words.ts"
import type { Complete, Completions, FileBegun, PathBegun } from "./Completion.ts"

/** The path in a word that begins there. */
const pathIn = ({ from, quote, text }: WordBegun, isFolder: boolean): PathBegun => {
  const folder = folderIn(text)
  return { from, folder, beginning: text.slice(folder.length), quote, isFolder }
}

/** What is being named at the end of a command; undefined if it is no file. */
const fileIn = (before: string, commands: ReadonlyArray<Described>): FileBegun | undefined => {
  const [head = "", name = ""] = /^\/([^\s/]\S*)\s+/u.exec(before) ?? []
  const rest = before.slice(head.length)
  const last = wordBegun(rest)
  const word = { ...last, from: head.length + last.from }
  // The name of an offer may have blanks, and stands there without quotes.
  const offer = { from: head.length, beginning: rest }
  const kind = head === "" ? undefined : commandNamed(name, commands)?.parameters[0]?.kind
  if (kind === "paths") {
    return word.quote === "" && word.text.startsWith("#") ? undefined : { path: pathIn(word, false) }
  }
  if (kind !== "offer" && kind !== "offer and folder") return undefined
  return kind === "offer" || last.from === 0 ? { offer } : { offer, path: pathIn(word, true) }
}

/** Completes files first, in those commands that take some. */
export const withFiles =
  (commands: ReadonlyArray<Described>, complete: Complete): Complete =>
  (line, cursor) => {
    const file = fileIn(line.slice(0, cursor), commands)
    const others = complete(line, cursor)
    return file === undefined ? others : { ...others, file }
  }

/** The completions, when it is known what is in the folder that was begun, and what the offers are called. */
export const completed = (
  { offer, path }: FileBegun,
  listed: ReadonlyArray<Listed>,
  offers: ReadonlyArray<string>
): Completions => {
  const begun = offer?.beginning.toLowerCase()
  const names = begun === undefined ? [] : offers.filter((name) => name.toLowerCase().startsWith(begun))
  if (offer !== undefined && names.length > 0) {
    return { from: offer.from, candidates: names.map((name) => ({ text: `${name} `, label: name })) }
  }
  return path === undefined ? { from: 0, candidates: [] } : completedPath(path, listed)
}

const completedPath = (
  { beginning, folder, from, isFolder, quote }: PathBegun,
  listed: ReadonlyArray<Listed>
): Completions => {
  if (folder === "" && beginning === "~") return { from, candidates: [{ text: "~/" }] }
  const fitting = isFolder ? listed.filter((each) => each.isFolder) : listed
  const exact = fitting.filter(({ name }) => name.startsWith(beginning))
  return {
    from,
    candidates: (exact.length > 0 ? exact : fitting).map((each) => ({
      text: each.isFolder
        ? `${asWord(`${folder}${each.name}`, quote, false)}/`
        : `${asWord(`${folder}${each.name}`, quote, true)} `,
      label: each.isFolder ? `${each.name}/` : each.name
    }))
  }
}
