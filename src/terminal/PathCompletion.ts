/** Completes paths of files in commands. They are looked up on disk, so their candidates come a moment later. */
import { commandNamed, type Described } from "../domain/Described.ts"
import { folderIn, type Listed } from "../domain/Path.ts"
import { asWord, wordBegun } from "../domain/Words.ts"
import type { Complete, Completions, PathBegun } from "./Completion.ts"

/** The path that is being typed at the end of a command; undefined if none is. */
const pathIn = (before: string, commands: ReadonlyArray<Described>): PathBegun | undefined => {
  const [head = "", name = ""] = /^\/([^\s/]\S*)\s+/u.exec(before) ?? []
  const kind = head === "" ? undefined : commandNamed(name, commands)?.parameters[0]?.kind
  if (kind !== "paths" && kind !== "offer") return undefined
  const { from, quote, text } = wordBegun(before.slice(head.length))
  if ((kind === "offer" && from === 0) || (quote === "" && text.startsWith("#"))) return undefined
  const folder = text === "~" ? "" : folderIn(text)
  return { from: head.length + from, folder, beginning: text.slice(folder.length), quote, isFolder: kind === "offer" }
}

/** Completes paths first, in those commands that take some. */
export const withPaths =
  (commands: ReadonlyArray<Described>, complete: Complete): Complete =>
  (line, cursor) => {
    const path = pathIn(line.slice(0, cursor), commands)
    const others = complete(line, cursor)
    return path === undefined ? others : { ...others, path }
  }

/** The completions of a path, when it is known what is in its folder. */
export const completed = (
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
