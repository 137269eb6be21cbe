/** Up to which line each room and conversation is read at a node, as it is kept for the next run. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { KeptPosts, PostName } from "./KeptPosts.ts"
import { PostNumber, type Room, StreamId } from "./Post.ts"

const Name = Schema.NullOr(Schema.Struct({ stream: StreamId, n: PostNumber }))

/** `null`: nothing was in the log yet. */
export interface Marks {
  /** The last line that was there when reading began. It counts where nothing was read since. */
  readonly since: PostName | null
  /** The last line that was there when a place was read. */
  readonly read: ReadonlyMap<Room, PostName | null>
}

const Text = Schema.parseJson(
  Schema.Struct({
    since: Name,
    read: Schema.ReadonlyMap({
      key: Schema.String.pipe(Schema.filter((place): place is Room => place !== "")),
      value: Name
    })
  })
)

export const encodeMarks = Schema.encodeSync(Text)
const decode = Schema.decodeUnknownOption(Text)

/** The marks in a text; undefined if it has none. */
export const decodeMarks = (text: string): Marks | undefined => Option.getOrUndefined(decode(text))

/** The name of the last post that is kept. */
export const lastOf = (kept: KeptPosts): PostName | null => {
  for (let index = kept.size - 1; index >= 0; index -= 1) {
    const post = kept.at(index)
    if (post !== undefined) return { stream: post.stream, n: post.n }
  }
  return null
}

/** For each place, the index after the last line that was read there. What is not kept any more was before all others. */
export const indexesOf = (kept: KeptPosts, { read, since }: Marks): ((place: Room) => number) => {
  const keyOf = ({ n, stream }: PostName): string => `${n} ${stream}`
  const wanted = new Set([...read.values(), since].flatMap((name) => (name === null ? [] : [keyOf(name)])))
  const found = new Map<string, number>()
  for (let index = kept.size - 1; index >= 0 && found.size < wanted.size; index -= 1) {
    const post = kept.at(index)
    if (post !== undefined && wanted.has(keyOf(post))) found.set(keyOf(post), index + 1)
  }
  const indexAfter = (name: PostName | null): number => (name === null ? 0 : (found.get(keyOf(name)) ?? 0))
  return (place) => indexAfter(read.get(place) ?? since)
}
