/** What a client asks for of what was said before (IRCv3, draft/chathistory). Pure. */
import * as Either from "effect/Either"
import type { Post } from "../../domain/Post.ts"

/** The greatest number of posts in one answer. */
export const mostAtOnce = 500

/** The name of a post as a message of IRC: the same at all nodes. */
export const msgidOf = ({ n, stream }: Post): string => `${stream}/${n}`

/** A place in the history: right at a post, or at a time in ms since 1970. */
type Place = { readonly msgid: string } | { readonly at: number }

export type Request =
  | { readonly _tag: "Latest"; readonly after: Place | undefined; readonly limit: number }
  | { readonly _tag: "Before" | "After" | "Around"; readonly place: Place; readonly limit: number }
  | { readonly _tag: "Between"; readonly from: Place; readonly to: Place; readonly limit: number }

/** Why a request can't be answered: the code of FAIL, and words. */
export interface Fault {
  readonly code: "INVALID_PARAMS" | "INVALID_MSGREFTYPE"
  readonly words: string
}

const invalid: Fault = { code: "INVALID_PARAMS", words: "Wrong parameters" }

const placeIn = (text = ""): Either.Either<Place, Fault> => {
  const [, type = "", value = ""] = /^([^=]*)=(.+)$/.exec(text) ?? []
  if (type === "msgid") return Either.right({ msgid: value })
  if (type !== "timestamp") return Either.left({ code: "INVALID_MSGREFTYPE", words: "Use msgid= or timestamp=" })
  const at = Date.parse(value)
  return Number.isNaN(at) ? Either.left(invalid) : Either.right({ at })
}

const limitIn = (text = ""): Either.Either<number, Fault> =>
  /^\d{1,9}$/.test(text) ? Either.right(Math.min(Number(text), mostAtOnce)) : Either.left(invalid)

/** The request of `CHATHISTORY COMMAND TARGET …rest`. */
export const requestIn = (command: string, rest: ReadonlyArray<string>): Either.Either<Request, Fault> => {
  const [first, second, third] = rest
  if (command === "BETWEEN") {
    return Either.map(
      Either.all([placeIn(first), placeIn(second), limitIn(third)]),
      ([from, to, limit]): Request => ({ _tag: "Between", from, to, limit })
    )
  }
  const limit = limitIn(second)
  if (command === "LATEST") {
    const after = first === "*" ? Either.right(undefined) : placeIn(first)
    return Either.map(Either.all([after, limit]), ([after, limit]): Request => ({ _tag: "Latest", after, limit }))
  }
  const tag = ({ BEFORE: "Before", AFTER: "After", AROUND: "Around" } as const)[command]
  if (tag === undefined) return Either.left({ code: "INVALID_PARAMS", words: "Unknown command" })
  return Either.map(Either.all([placeIn(first), limit]), ([place, limit]): Request => ({ _tag: tag, place, limit }))
}

/** Which conversations a client asks for: those in which something was said last between two times, in ms since 1970. */
export interface TargetsRequest {
  readonly from: number
  readonly to: number
  readonly limit: number
}

/** The request of `CHATHISTORY TARGETS …words`. */
export const targetsIn = ([from = "", to = "", most]: ReadonlyArray<string>): Either.Either<TargetsRequest, Fault> =>
  Either.flatMap(Either.all([placeIn(from), placeIn(to), limitIn(most)]), ([from, to, limit]) =>
    "at" in from && "at" in to
      ? Either.right({ from: from.at, to: to.at, limit })
      : Either.left<Fault>({ code: "INVALID_MSGREFTYPE", words: "Use timestamp=" })
  )

/** The conversations of an answer, in the order of their last posts. The limit leaves out those furthest from `from`. */
export const selectTargets = <A>(
  all: ReadonlyArray<readonly [target: A, last: number]>,
  { from, limit, to }: TargetsRequest
): ReadonlyArray<readonly [target: A, last: number]> => {
  const [early, late] = from < to ? [from, to] : [to, from]
  const found = all.filter(([, last]) => last > early && last < late).sort(([, one], [, other]) => one - other)
  return from < to ? found.slice(0, limit) : found.slice(Math.max(0, found.length - limit))
}

/** The posts of an answer, in the order in which they are given, which is that of the node's log. */
export const select = (posts: ReadonlyArray<Post>, request: Request): ReadonlyArray<Post> => {
  const { limit } = request
  const last = (some: ReadonlyArray<Post>, count = limit) => (count === 0 ? [] : some.slice(-count))
  if (request._tag === "Latest") return last(request.after === undefined ? posts : after(posts, request.after))
  if (request._tag === "Before") return last(before(posts, request.place))
  if (request._tag === "After") return after(posts, request.place).slice(0, limit)
  if (request._tag === "Between") {
    const forth = before(after(posts, request.from), request.to)
    return forth.length > 0 ? forth.slice(0, limit) : last(before(after(posts, request.to), request.from))
  }
  const later = after(posts, request.place)
  const earlier = before(posts, request.place)
  const middle = posts.filter((post) => !later.includes(post) && !earlier.includes(post))
  const half = Math.max(0, limit - middle.length)
  return [...last(earlier, Math.floor(half / 2)), ...middle, ...later.slice(0, Math.ceil(half / 2))].slice(0, limit)
}

const positionOf = (posts: ReadonlyArray<Post>, msgid: string): number =>
  posts.findIndex((post) => msgidOf(post) === msgid)

const before = (posts: ReadonlyArray<Post>, place: Place): ReadonlyArray<Post> =>
  "at" in place ? posts.filter(({ at }) => at < place.at) : posts.slice(0, Math.max(0, positionOf(posts, place.msgid)))

const after = (posts: ReadonlyArray<Post>, place: Place): ReadonlyArray<Post> => {
  if ("at" in place) return posts.filter(({ at }) => at > place.at)
  const position = positionOf(posts, place.msgid)
  return position < 0 ? [] : posts.slice(position + 1)
}
