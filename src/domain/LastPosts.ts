/** Picks the last posts of some rooms. Each function gets posts newest first, and gives them newest first. */
import { type Post, type Room, roomIn } from "./Post.ts"

/** The last posts in these rooms, at most `count`. All rooms by default. */
export function* lastOf(posts: Iterable<Post>, count: number, of?: ReadonlySet<Room>): Generator<Post, void> {
  let left = count
  if (left <= 0) return
  for (const post of posts) {
    if (of !== undefined && !of.has(roomIn(post.stream))) continue
    yield post
    left -= 1
    if (left <= 0) return
  }
}

/**
 * The last posts of each of these rooms, at most `count` of each. `topicOf`: a post of a room that is among them in any
 * case, if it is there, in place of the oldest one.
 */
export function* lastOfEach(
  posts: Iterable<Post>,
  count: number,
  of: Iterable<Room>,
  topicOf: (room: Room) => Post | undefined = () => undefined
): Generator<Post, void> {
  const rooms = new Map(Array.from(of, (room) => [room, { left: count, topic: topicOf(room) }]))
  let open = count > 0 ? rooms.size : 0
  if (open === 0) return
  for (const post of posts) {
    const room = rooms.get(roomIn(post.stream))
    if (room === undefined || room.left === 0) continue
    const isTopic = room.topic !== undefined && isSame(room.topic, post)
    if (room.left === 1 && room.topic !== undefined && !isTopic) continue
    if (isTopic) room.topic = undefined
    room.left -= 1
    yield post
    if (room.left === 0) open -= 1
    if (open === 0) return
  }
}

/** Whether both are the same post. */
const isSame = (one: Post, other: Post): boolean => one.n === other.n && one.stream === other.stream
