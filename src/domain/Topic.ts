/** Topics: what a room is about, as its members have set it. */
import { type Post, type Room, roomIn, roomTitle } from "./Post.ts"

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
 * Whether a post sets the topic after another one has: by their times, then by their streams. All nodes that have both
 * posts agree. `timeOfTopic` makes sure that who replaces a topic stands above it.
 */
export const isLaterTopic = (one: Post, other: Post): boolean => {
  if (one.at !== other.at) return one.at > other.at
  return one.stream === other.stream ? one.n > other.n : one.stream > other.stream
}

/**
 * The time of a post that sets a topic in place of `before`: the present time, but later than that of `before`. So the
 * topic of somebody whose clock is ahead can be replaced.
 */
export const timeOfTopic = (now: number, before: Pick<Post, "at"> | undefined): number =>
  before === undefined ? now : Math.min(Number.MAX_SAFE_INTEGER, Math.max(now, before.at + 1))

/** The posts among these that set the topics of their rooms. */
export const topicsAmong = (posts: Iterable<Post>): ReadonlyMap<Room, Post> => {
  const latest = new Map<Room, Post>()
  for (const post of posts) {
    if (topicIn(post.text) === undefined) continue
    const before = latest.get(roomIn(post.stream))
    if (before === undefined || isLaterTopic(post, before)) latest.set(roomIn(post.stream), post)
  }
  return latest
}

/** What the author of such a post has done, in words that follow the author's name. */
export const topicInWords = (room: Room, topic: string): string =>
  topic === "" ? `removed the topic of ${roomTitle(room)}` : `set the topic of ${roomTitle(room)}: ${topic}`
