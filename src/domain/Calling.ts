/** Who is called by what is said, and how often that may ring. */
import { actionIn } from "./Action.ts"
import { type PeerId, serverId, title } from "./Peer.ts"
import { authorOf } from "./Post.ts"
import type { ScreenLine } from "./ScreenLine.ts"

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** Where a word of letters, digits, `_` and `-` begins and ends, in any script. */
const before = "(?<![\\p{L}\\p{N}_-])"
const behind = "(?![\\p{L}\\p{N}_-])"

/** An id of one letter, or of digits alone, and the word Server, are said too often without meaning anybody. */
const isTelling = (self: PeerId): boolean => self !== serverId && (self.match(/[A-Za-z]/g)?.length ?? 0) >= 2

/** How a name calls without a sign of it: not within an address, as in anna@example.org. */
const named = (self: PeerId): string => {
  if (isTelling(self)) return `|(?<!@)${before}${self}${behind}`
  return self === serverId ? "" : `|(?:^|\\W)${title(self)}(?![\\w-])`
}

/**
 * Whether that calls a node: by `@ID`, by `ID:` in front, by what the screen calls it, by its bare id if that has two letters
 * or more, or by one of the words that its user has named. Capitals don't matter.
 */
export const mentions = (self: PeerId, words: ReadonlyArray<string>, said: string): boolean => {
  const text = actionIn(said) ?? said
  const lower = text.toLowerCase()
  // Most lines call nobody.
  const own =
    lower.includes(self.toLowerCase()) &&
    new RegExp(`(?:^|[^\\w@-])@${self}(?![\\w-])|^${self}[:,]${named(self)}`, "iu").test(text)
  return (
    own ||
    words.some(
      (word) => lower.includes(word.toLowerCase()) && new RegExp(`${before}${quoted(word)}${behind}`, "iu").test(text)
    )
  )
}

/** Whether a line was neither said before this start, nor is shown once more. */
export const isNews = (line: ScreenLine): boolean => line._tag === "Chat" && !line.text.startsWith("(earlier) ")

/** Whether somebody else has just called this node. */
export const calls = (self: PeerId | undefined, words: ReadonlyArray<string>, line: ScreenLine): boolean =>
  self !== undefined && line.post !== undefined && isNews(line) && mentions(self, words, line.post.text)

/** When each author has rung last, in ms of a clock that is never set. */
export type Rung = ReadonlyMap<PeerId, number>

/** From one author the bell rings no more often than this, in ms. */
export const pause = 10_000

/** Who rings by these lines, if anybody does, and who has rung by now. */
export const ring = (
  rung: Rung,
  lines: ReadonlyArray<ScreenLine>,
  { self, words }: { readonly self: PeerId | undefined; readonly words: ReadonlyArray<string> },
  now: number
): { readonly rung: Rung; readonly caller?: PeerId } => {
  for (const line of lines) {
    if (line.post === undefined || !calls(self, words, line)) continue
    const caller = authorOf(line.post.stream)
    if (now - (rung.get(caller) ?? Number.NEGATIVE_INFINITY) < pause) continue
    // Whoever rang long ago need not be remembered.
    const recent = [...rung].filter(([, at]) => now - at < pause)
    return { rung: new Map([...recent, [caller, now]]), caller }
  }
  return { rung }
}
