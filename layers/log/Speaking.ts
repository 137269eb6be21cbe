/**
 * What this node says: the lines of all its sessions, in the order of the calls. One write is on its way to the disk at
 * a time; lines that are said meanwhile wait, and share the next one. The log goes on.
 */
import * as Effect from "effect/Effect"
import type { Reader, SayResult } from "../../services/MessageLog.ts"
import type { TextLines } from "../../src/domain/EncodedPost.ts"
import type { Entry } from "../../src/domain/Entry.ts"
import type { LogUnavailable } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import type { Post, Room } from "../../src/domain/Post.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"
import type { Entries } from "./Entries.ts"
import type { Settled } from "./Journal.ts"
import type * as OwnPosts from "./OwnPosts.ts"
import type { ScreenMark } from "./ScreenMark.ts"

/** For how long a call that is interrupted still waits for the disk. */
const patience = "5 seconds"

interface Needs {
  readonly ownPosts: ReturnType<typeof OwnPosts.make>
  readonly entries: Entries
  readonly mark: ScreenMark
  readonly store: PostStore
  /** The rooms in which this node takes part. */
  readonly rooms: ReadonlySet<Room>
  /**
   * Hands the lines of so many posts over to the journal, and settles when it has them. Undefined if it keeps nothing.
   */
  readonly append: ((blocks: ReadonlyArray<Uint8Array>, posts: number, settled: Settled) => void) | undefined
  /** Called for each post that is added to the log. */
  readonly witness: (post: Post) => void
  /** The time of day, in ms since 1970. */
  readonly time: () => number
  /** Called when the log has grown. */
  readonly grown: () => void
  /** Called when nothing is on its way to the disk, before the next lines are. */
  readonly idle: () => void
}

interface Said {
  readonly room: Room
  readonly by: Reader
  readonly posts: ReadonlyArray<Post>
  readonly blocks: ReadonlyArray<{ readonly block: ReadonlyArray<Post>; readonly bytes: Uint8Array | TextLines }>
}

/** A call that waits. */
interface Call {
  readonly room: Room
  readonly lines: ReadonlyArray<string>
  readonly by: Reader
  readonly settle: (outcome: Effect.Effect<ReadonlyArray<SayResult>, LogUnavailable>) => void
}

export const make = ({ append, entries, grown, idle, mark, ownPosts, rooms, store, time, witness }: Needs) => {
  const calls: Array<Call> = []
  let isWriting = false
  /** How many wait for the end of the write, or want none to begin. */
  let pauses = 0
  let count = 0
  const change = makeSignal()

  /** Numbers and encodes lines. `ahead`: how many posts of the room are in front of them, in the same write. */
  const prepare = (room: Room, lines: ReadonlyArray<string>, by: Reader, ahead = 0) => {
    const { posts, results } = ownPosts.compose(room, lines, time(), ahead)
    const said: Said = {
      room,
      by,
      posts,
      blocks: append === undefined ? ownPosts.blocksForStore(posts) : ownPosts.blocksOfOwn(posts)
    }
    return { said, results }
  }

  /** Adds posts that are on disk to the store, and puts their entries where they belong. */
  const enter = ({ blocks, by, posts, room }: Said, put: (entry: Entry) => void): void => {
    for (const { block, bytes } of blocks) store.say(room, block, bytes)
    for (const post of posts) {
      witness(post)
      put({ _tag: "Said", post, own: true, by })
    }
  }

  const add = (entry: Entry): void => entries.add(entry)
  /** Adds posts to a log that keeps nothing beyond the process: for the hot path. */
  const enterNow = (said: Said): void => {
    enter(said, add)
    mark.posted(said.posts.length)
    mark.showTo(mark.position)
    grown()
  }

  /** Has posts written, and adds them to the log. Their places among the entries are kept free meanwhile. */
  const write = (all: ReadonlyArray<Said>, settled: Settled): void => {
    if (append === undefined) {
      for (const said of all) enterNow(said)
      return settled()
    }
    const count = all.reduce((sum, { posts }) => sum + posts.length, 0)
    const end = (failure?: LogUnavailable): void => {
      if (failure === undefined) {
        for (const said of all) enter(said, fill)
        entries.release()
        mark.showTo(mark.position)
        grown()
      } else {
        entries.release()
        mark.posted(-count, 0)
      }
      settled(failure)
    }
    const fill = entries.reserve(count)
    append(
      all.flatMap(({ blocks }) => blocks.map(({ bytes }) => bytes as Uint8Array)),
      count,
      end
    )
  }

  /**
   * Prepares all calls that wait. A call that has nothing to write is settled at once. One whose room was left meanwhile
   * has no results.
   */
  const prepareAll = () => {
    const ahead = new Map<Room, number>()
    return calls.splice(0).flatMap(({ by, lines, room, settle }) => {
      if (!rooms.has(room)) {
        settle(Effect.succeed([]))
        return []
      }
      const { results, said } = prepare(room, lines, by, ahead.get(room))
      ahead.set(room, (ahead.get(room) ?? 0) + said.posts.length)
      if (said.posts.length > 0) return [{ said, results, settle }]
      settle(Effect.succeed(results))
      return []
    })
  }

  const go = (): void => {
    if (isWriting || pauses > 0 || calls.length === 0) return
    const prepared = prepareAll()
    if (prepared.length === 0) return
    isWriting = true
    write(
      prepared.map(({ said }) => said),
      (failure) => {
        isWriting = false
        for (const { results, settle } of prepared)
          settle(failure === undefined ? Effect.succeed(results) : Effect.fail(failure))
        change.changed()
        idle()
        go()
      }
    )
  }

  return {
    /**
     * Says lines; see `MessageLog.say`. They are said even if the fiber is interrupted meanwhile. Then it waits a little
     * for the disk, which may be stuck.
     */
    say: (room: Room, lines: ReadonlyArray<string>, by: Reader) =>
      Effect.async<ReadonlyArray<SayResult>, LogUnavailable>((resume) => {
        let isSettled = false
        const settle: Call["settle"] = (outcome) => {
          isSettled = true
          resume(outcome)
        }
        count += 1
        calls.push({ room, lines, by, settle })
        go()
        return within(patience)(change.until(() => isSettled))
      }),
    /** How many calls of `say` there were. */
    calls: () => count,
    /**
     * The same in a plain call, for a journal that is instant. Undefined if there is more to tell than posts, if the
     * journal failed, or if others are about to say something.
     */
    sayNow: (room: Room, lines: ReadonlyArray<string>, by: Reader): ReadonlyArray<Post> | undefined => {
      if (isWriting || pauses > 0 || calls.length > 0) return undefined
      const { results, said } = prepare(room, lines, by)
      if (said.posts.length < results.length) return undefined
      if (append === undefined) {
        enterNow(said)
        return said.posts
      }
      let isKept = false
      write([said], (failure) => {
        isKept = failure === undefined
      })
      return isKept ? said.posts : undefined
    },
    /** Says posts that are encoded already. While it is paused, and nothing else is said meanwhile. */
    sayNext: (said: Said): Effect.Effect<void, LogUnavailable> =>
      Effect.async((resume) => {
        isWriting = true
        write([said], (failure) => {
          isWriting = false
          change.changed()
          idle()
          resume(failure === undefined ? Effect.void : Effect.fail(failure))
        })
      }),
    /** Runs something while no line is on its way to the disk. What is said meanwhile waits. */
    paused: <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          pauses += 1
        }),
        () =>
          Effect.zipRight(
            change.until(() => !isWriting),
            effect
          ),
        () =>
          Effect.sync(() => {
            pauses -= 1
            go()
          })
      )
  }
}
