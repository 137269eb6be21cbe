/** Completes words: finds what may replace a word that was begun. */
import { absurd } from "../domain/Absurd.ts"
import { commandNamed, type Described } from "../domain/Described.ts"
import type { PeerId } from "../domain/Peer.ts"
import type { Room } from "../domain/Post.ts"
import type { Vocabulary } from "../domain/Vocabulary.ts"
import type { WordBegun } from "../domain/Words.ts"
import { emoji } from "./Emoji.ts"

/** A possible replacement for a word that was begun. `label` is how a list shows it, if not as its text. */
export interface Candidate {
  readonly text: string
  readonly label?: string
}

/** The candidates to replace the text between `from` and the cursor. */
export interface Completions {
  readonly from: number
  readonly candidates: ReadonlyArray<Candidate>
  /** What is to be looked up first. The candidates are those if nothing is found. */
  readonly file?: FileBegun | undefined
}

/** What may be named by what was begun: an offer, or if none is called so, a path. */
export interface FileBegun {
  readonly offer?: { readonly from: number; readonly beginning: string } | undefined
  readonly path?: PathBegun | undefined
}

/** A path that was begun. */
export interface PathBegun {
  /** Where it begins in the line. */
  readonly from: number
  /** Its folder, with the slash behind it, and how the name in it begins. */
  readonly folder: string
  readonly beginning: string
  readonly quote: WordBegun["quote"]
  /** Whether a folder is meant. */
  readonly isFolder: boolean
}

/** Finds completions at the cursor of a line. */
export type Complete = (line: string, cursor: number) => Completions

const none: Completions = { from: 0, candidates: [] }

/** Completes nothing. */
export const nothing: Complete = () => none

/** Takes the completions of the first source that has any. */
const firstOf =
  (...sources: ReadonlyArray<Complete>): Complete =>
  (line, cursor) => {
    for (const source of sources) {
      const found = source(line, cursor)
      if (found.candidates.length > 0) return found
    }
    return none
  }

const beginsWith = (text: string, beginning: string): boolean => text.toLowerCase().startsWith(beginning.toLowerCase())

/** Completes peers' ids: as `ID: ` at the start of the line, as `@ID ` elsewhere. */
export const called =
  (known: () => ReadonlyArray<PeerId>): Complete =>
  (line, cursor) => {
    const [begun = "", at = "", id = ""] = /(@?)([A-Za-z0-9_-]*)$/.exec(line.slice(0, cursor)) ?? []
    const from = cursor - begun.length
    if (begun === "") return none
    const behind = from === 0 && at === "" ? ": " : " "
    const candidates = known()
      .filter((each) => beginsWith(each, id))
      .map((each) => ({ text: `${at === "" && from > 0 ? "@" : at}${each}${behind}`, label: each }))
    return { from, candidates }
  }

/** Completes names of rooms behind a `#`, anywhere in a line. */
export const roomNames =
  (known: () => ReadonlyArray<Room>): Complete =>
  (line, cursor) => {
    const begun = /(?:^|\s)#([A-Za-z0-9_-]*)$/.exec(line.slice(0, cursor))?.[1]
    if (begun === undefined) return none
    const names = known().filter((each) => beginsWith(each, begun))
    return {
      from: cursor - begun.length - 1,
      candidates: names.map((each) => ({ text: `#${each} `, label: `#${each}` }))
    }
  }

/** Completes emoji by their names: `:smile` becomes the emoji. */
export const emojiNames: Complete = (line, cursor) => {
  const begun = /(?:^|[^A-Za-z0-9]):([a-z0-9_+-]{1,32}):?$/i.exec(line.slice(0, cursor))
  const name = begun?.[1]
  if (name === undefined) return none
  const from = line.lastIndexOf(":", cursor - name.length - 1)
  const named = [...emoji].filter(([each]) => beginsWith(each, name))
  const exact = line.charAt(cursor - 1) === ":" ? named.filter(([each]) => each === name) : named
  return { from, candidates: exact.map(([each, text]) => ({ text, label: `${text} ${each}` })) }
}

/** Completes a slash command: its name, or its argument. Finds nothing in a line that is not a command. */
export const completionsOf = (
  commands: ReadonlyArray<Described>,
  line: string,
  cursor: number,
  ids: ReadonlyArray<PeerId>,
  rooms: ReadonlyArray<Room> = [],
  conversations: ReadonlyArray<Room> = []
): Completions => {
  const before = line.slice(0, cursor)
  const from = before.search(/\S*$/u)
  const word = before.slice(from)
  const begun = (words: ReadonlyArray<string>) => ({
    from,
    candidates: words.filter((each) => each.startsWith(word)).map((each) => ({ text: `${each} `, label: each }))
  })
  if (!before.startsWith("/") || before.startsWith("//")) return begun([])
  const names = commands.map(({ name }) => `/${name}`)
  if (from === 0) return begun(names)
  const [name = "", ...given] = before.split(/\s+/u)
  const kind = commandNamed(name, commands)?.parameters[given.length - 1]?.kind
  const roomsAs = word.startsWith("#") ? rooms.map((each) => `#${each}`) : rooms
  switch (kind) {
    case "command":
      return begun(word.startsWith("/") ? names : names.map((each) => each.slice(1)))
    case "id":
      return begun(ids)
    case "room":
      return begun(roomsAs)
    case "place":
      return begun([...roomsAs, ...conversations])
    // These are looked up: see `FileCompletion.ts`.
    case "paths":
    case "offer":
    case "offer and folder":
    case undefined:
      return begun([])
    default:
      return absurd(kind)
  }
}

/** Completes commands and their arguments first, then emoji, then rooms, then peers' ids. */
export const completionFrom = ({ commands, conversations, ids, rooms }: Vocabulary): Complete =>
  firstOf(
    (line, cursor) => completionsOf(commands, line, cursor, ids(), rooms(), conversations()),
    emojiNames,
    roomNames(rooms),
    called(ids)
  )
