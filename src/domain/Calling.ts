/** Which lines mention a person, and how often that rings the bell. */
import { actionIn } from "./Action.ts"
import { isPrivateStream } from "./Conversation.ts"
import { isServerId, type PeerId, serverId, title } from "./Peer.ts"
import { authorOf, type Post, type StreamId } from "./Post.ts"
import type { ScreenLine } from "./ScreenLine.ts"

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** Where a word of letters, digits, `_` and `-` begins and ends, in any script. */
const before = "(?<![\\p{L}\\p{N}_-])"
const behind = "(?![\\p{L}\\p{N}_-])"

/**
 * Whether a bare id counts as a mention. Ids of one letter, ids of digits and the word Server are used too often for
 * that.
 */
const isTelling = (self: PeerId): boolean => self !== serverId && (self.match(/[A-Za-z]/g)?.length ?? 0) >= 2

/** A pattern for a bare id. It does not match within an address such as anna@example.org. */
const bare = (self: PeerId): string => (isTelling(self) ? `|(?<!@)${before}${self}${behind}` : "")

/** A pattern for a name on the screen, if it counts where the bare id does not. */
const titled = (self: PeerId): string =>
  self === serverId || (isTelling(self) && !isServerId(self)) ? "" : `|(?:^|\\W)${title(self)}(?![\\w-])`

/** The pattern for the last node that was looked for, which is nearly always the one at this terminal. */
let last: { readonly self: PeerId; readonly pattern: RegExp } | undefined
const patternOf = (self: PeerId): RegExp => {
  if (last?.self !== self) {
    const pattern = new RegExp(`(?:^|[^\\w@-])@${self}(?![\\w-])|^${self}[:,]${bare(self)}${titled(self)}`, "iu")
    last = { self, pattern }
  }
  return last.pattern
}

/**
 * Whether a text mentions a node: by `@ID`, by `ID:` at the beginning, by its name on the screen, by its bare id of two
 * letters or more, or by one of the user's words. Case does not matter.
 */
export const mentions = (self: PeerId, words: ReadonlyArray<string>, said: string): boolean => {
  const text = actionIn(said) ?? said
  const lower = text.toLowerCase()
  // Most lines call nobody.
  const isThere = lower.includes(self.toLowerCase()) || (isServerId(self) && lower.includes(title(self).toLowerCase()))
  const own = isThere && patternOf(self).test(text)
  return (
    own ||
    words.some(
      (word) => lower.includes(word.toLowerCase()) && new RegExp(`${before}${quoted(word)}${behind}`, "iu").test(text)
    )
  )
}

/** Whether a line is new: neither history nor a repetition. */
export const isNews = (line: ScreenLine): boolean => line._tag === "Chat" && line.earlier !== true

/** Whether a new line of another node mentions this node, or is for it alone. */
export const calls = (self: PeerId | undefined, words: ReadonlyArray<string>, line: ScreenLine): boolean =>
  self !== undefined && line.post !== undefined && isNews(line) && isFor(self, words, line.post)

const isFor = (self: PeerId, words: ReadonlyArray<string>, { stream, text }: Post): boolean =>
  (isPrivateStream(stream) && authorOf(stream) !== self) || mentions(self, words, text)

/** When each author rang the bell last, in ms of a monotonic clock. */
export type Rung = ReadonlyMap<PeerId, number>

/** One author rings the bell at most once in this time, in ms. */
export const pause = 10_000

/** The stream of the line that rings the bell, if one of these lines does, and the updated times. */
export const ring = (
  rung: Rung,
  lines: ReadonlyArray<ScreenLine>,
  { self, words }: { readonly self: PeerId | undefined; readonly words: ReadonlyArray<string> },
  now: number
): { readonly rung: Rung; readonly by?: StreamId } => {
  for (const line of lines) {
    if (line.post === undefined || !calls(self, words, line)) continue
    const caller = authorOf(line.post.stream)
    if (now - (rung.get(caller) ?? Number.NEGATIVE_INFINITY) < pause) continue
    // Whoever rang long ago need not be remembered.
    const recent = [...rung].filter(([, at]) => now - at < pause)
    return { rung: new Map([...recent, [caller, now]]), by: line.post.stream }
  }
  return { rung }
}
