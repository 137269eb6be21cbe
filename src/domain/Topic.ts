/** Topics: what a room is about, as its members have set it. */
import type { Post } from "./Post.ts"

const before = "\u0001TOPIC "
const behind = "\u0001"

/** The first character of such a text: no line that is typed begins with it. */
const mark = before.charCodeAt(0)

/**
 * A topic is the text of a post, in a form like that of an action. So it is signed, ordered, kept and handed on like any
 * line, and nobody can type it by mistake.
 */
export const topicOf = (text: string): string => `${before}${text}${behind}`

/** The topic in a text, empty if the room has none any more; undefined if the text is an ordinary line. */
export const topicIn = (text: string): string | undefined =>
  text.charCodeAt(0) === mark && text.startsWith(before) && text.endsWith(behind)
    ? text.slice(before.length, -behind.length)
    : undefined

/**
 * Whether a post sets the topic after another one has: by the clocks of their authors, then by their streams. All nodes
 * that have both posts agree.
 */
export const isLaterTopic = (one: Post, other: Post): boolean => {
  if (one.at !== other.at) return one.at > other.at
  return one.stream === other.stream ? one.n > other.n : one.stream > other.stream
}
