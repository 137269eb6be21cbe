/** Follows each line typed in a session until a peer has it, and lets the console show the state of each. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constFalse, constVoid } from "effect/Function"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Typed, whenTaken } from "../../../services/Console.ts"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import type { SayResult } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { actionIn, actionOf, deedMark, utterance } from "../../domain/Action.ts"
import { announcedIn } from "../../domain/Announcement.ts"
import { placeOf } from "../../domain/Conversation.ts"
import { doubtAfter, pairUp, type Saying, saidAnew, sortOut } from "../../domain/Delivery.ts"
import type { Entry } from "../../domain/Entry.ts"
import * as Monotonic from "../../domain/Monotonic.ts"
import type { PeerId } from "../../domain/Peer.ts"
import { authorOf, type Post, type Room } from "../../domain/Post.ts"
import { makeSignal, whileOpen } from "../../domain/Signal.ts"
import { Run } from "../Run.ts"
import type { Session } from "./Session.ts"
import type { Hand } from "./Showing.ts"

/** A timer may fire a little before the clock reaches its time. This is added to the delay. */
const early = Duration.millis(50)

export interface OwnLines {
  /** Shows a text in place of a typed line. */
  readonly reword: (line: Typed, text: string) => Effect.Effect<void>
  /** Takes away lines that came too late and are said to nobody. */
  readonly drop: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /** Settles lines that need no delivery, such as commands: they are pending no more. */
  readonly settle: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /**
   * These lines are about to be said in that room. If the log shows some of them before their results are known, their
   * console is told which posts they became first. A plain function.
   */
  readonly begin: (sayings: ReadonlyArray<Saying<Typed>>, room: Room) => void
  /**
   * Takes the result of each line, which was to be said in that room, and follows the lines that were said. Lines that
   * could not be said, and lines without a result, are given back.
   */
  readonly follow: (
    sayings: ReadonlyArray<Saying<Typed>>,
    results: ReadonlyArray<SayResult>,
    room: Room
  ) => Effect.Effect<void>
  /**
   * Shows the next entries of the log. Before it shows an entry, it settles the lines that a peer is known to have: a
   * peer that answers a line has it. Lines typed in other sessions of the node are followed too, and stand among the
   * lines typed here. A plain function, for the hot path.
   */
  readonly witness: (entries: ReadonlyArray<Entry>, show: (entries: ReadonlyArray<Entry>) => void, hand: Hand) => void
  /**
   * Whether lines may have to be settled because a peer has confirmed them, or marked because no peer has for long.
   * Then `witness` is to be called, whether or not there are entries.
   */
  readonly isDue: () => boolean
  /** Calls a function whenever that becomes true, until the function that is returned is called. */
  readonly onDue: (look: () => void) => () => void
}

/**
 * Carries pending lines over to another run of the node. `posts` maps each post that is said again to its new post: the
 * line is still followed. A peer has all others, so their lines are settled.
 */
export const carryOver = ({ console, waiting }: Session["Type"], posts: ReadonlyMap<Post, Post>): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (Option.isNone(console.pending)) return
    const { left, said } = saidAnew(MutableRef.get(waiting), posts, Monotonic.millis(yield* Effect.clock))
    MutableRef.set(waiting, said)
    const { place } = console.pending.value
    for (const each of said) place([each], placeOf(authorOf(each.post.stream), each.post))
    yield* whenTaken(console.pending.value.settle)(left)
  })

/** What stands at a terminal for something that this node has said: what was typed, or what the others see of it. */
export const asTyped = (self: PeerId, room: Room, text: string): string => {
  const announcement = announcedIn(room, text)
  if (announcement !== undefined) return utterance(self, actionOf(announcement), deedMark)
  return actionIn(text) === undefined ? text : utterance(self, text, deedMark)
}

type Own = Extract<Entry, { readonly own: boolean }>
const isOwn = (entry: Entry): entry is Own => entry._tag === "Said" && entry.own

/** For a console that does not show typed lines, such as a pipe: it follows nothing. */
const unseen: OwnLines = {
  reword: () => Effect.void,
  drop: () => Effect.void,
  settle: () => Effect.void,
  begin: constVoid,
  follow: () => Effect.void,
  witness: (entries, show) => show(entries),
  isDue: constFalse,
  onDue: () => constVoid
}

/** Lines of a session that are being said. They come to the log in their order. Mutable: each change is synchronous. */
interface UnderWay {
  readonly room: Room
  readonly sayings: ReadonlyArray<Saying<Typed>>
  /** The posts of those that have come so far. */
  readonly come: Set<Post>
  /** The first of them that may come next. */
  next: number
}

export const make = ({
  console,
  reader,
  waiting
}: Session["Type"]): Effect.Effect<OwnLines, never, MeshStatus | PeerMesh | Rooms | Run | Scope.Scope> =>
  Effect.gen(function* () {
    if (Option.isNone(console.pending)) return unseen
    const { add, drop, giveBack, mark, place, reword, settle } = console.pending.value
    const status = yield* MeshStatus
    const { self } = yield* PeerMesh
    const { undelivered } = yield* Run
    const clock = yield* Effect.clock
    const now = () => Monotonic.millis(clock)
    /** A program gets every entry unchanged, its own lines too. */
    const seesAll = Option.isSome(console.tell)
    let isDue = false
    const due = makeSignal()
    const reviewNow = (): void => {
      isDue = true
      due.changed()
    }

    const review = (entries: ReadonlyArray<Entry>, hand: Hand): void => {
      isDue = false
      undelivered.see(entries)
      const lines = MutableRef.get(waiting)
      if (lines.length === 0) return
      const { delivered, doubtful, waiting: left } = sortOut(self.id, lines, undelivered.delivery(), now())
      MutableRef.set(waiting, left)
      hand(
        settle,
        delivered.map(({ line }) => line)
      )
      hand(
        mark,
        doubtful.map(({ line }) => line)
      )
    }

    /** When to look again at the lines that were said, in monotonic ms: a line that no peer has by then is marked. */
    const times: Array<number> = []
    const doubts = makeSignal()
    const reviewLater = (): void => {
      times.push(now() + Duration.toMillis(Duration.sum(doubtAfter, early)))
      doubts.changed()
    }
    const doubt = Effect.gen(function* () {
      yield* doubts.until(() => times.length > 0)
      yield* Clock.sleep(Duration.millis(Math.max(0, (times[0] ?? 0) - now())))
      while ((times[0] ?? Number.POSITIVE_INFINITY) <= now()) times.shift()
      reviewNow()
    })

    /** Follows lines that were said in other sessions. */
    const take = (entries: ReadonlyArray<Own>): void => {
      const saidAt = now()
      const lines = entries.map(({ post }) => ({
        line: { text: asTyped(authorOf(post.stream), placeOf(self.id, post), post.text), room: placeOf(self.id, post) },
        post,
        saidAt
      }))
      MutableRef.update(waiting, (before) => [...before, ...lines])
      for (const { line } of lines) add(line)
      reviewLater()
    }
    /** More than one only if a command has its result later, while the session goes on. */
    const underWay = new Map<UnderWay["sayings"], UnderWay>()
    /** Takes a post for the next line of them that has its text. Too long ones never come. */
    const placeAsOneOf = (own: UnderWay, post: Post): boolean => {
      const at = own.sayings.findIndex(({ text }, index) => index >= own.next && text === post.text)
      const saying = own.sayings[at]
      if (saying === undefined) return false
      own.next = at + 1
      own.come.add(post)
      place([{ line: saying.line, post }], own.room)
      return true
    }
    /** Tells which posts lines of this session have become, if it is not known yet. */
    const placeThoseIn = (entries: ReadonlyArray<Entry>): void => {
      for (const entry of entries) {
        if (entry._tag !== "Said" || entry.by !== reader) continue
        for (const own of underWay.values()) if (placeAsOneOf(own, entry.post)) break
      }
    }

    /**
     * Shows entries in the order of the log. Entries before a line of another session are shown before that line is
     * added, and later entries are shown below it.
     */
    const witness: OwnLines["witness"] = (entries, show, hand) => {
      if (underWay.size > 0) placeThoseIn(entries)
      const from = seesAll ? -1 : entries.findIndex(isOwn)
      const above = from < 0 ? entries : entries.slice(0, from)
      review(above, hand)
      show(above)
      if (from < 0) return
      const rest = entries.slice(from)
      const to = rest.findIndex((entry) => !isOwn(entry))
      take((to < 0 ? rest : rest.slice(0, to)).filter(isOwn))
      witness(to < 0 ? [] : rest.slice(to), show, hand)
    }

    yield* Effect.forkScoped(Stream.runForEach(status.delivery.changes, () => Effect.sync(reviewNow)))
    yield* Effect.forkScoped(Effect.forever(doubt))
    const { onChange } = yield* Rooms
    // Lines of a room that was left are settled.
    yield* whileOpen(() => onChange(reviewNow))
    return {
      reword,
      drop,
      settle: whenTaken(settle),
      begin: (sayings, room) => {
        if (seesAll) underWay.set(sayings, { room, sayings, come: new Set(), next: 0 })
      },
      follow: (sayings, results, room) =>
        Effect.suspend(() => {
          const { said, unsaid } = pairUp(sayings, results, now())
          const placed = underWay.get(sayings)?.come
          underWay.delete(sayings)
          const unplaced = placed === undefined ? said : said.filter(({ post }) => !placed.has(post))
          if (unplaced.length > 0) place(unplaced, room)
          MutableRef.update(waiting, (before) => [...before, ...said])
          return Effect.map(giveBack(unsaid), () => {
            reviewNow()
            reviewLater()
          })
        }),
      witness,
      isDue: () => isDue,
      onDue: due.listen
    }
  })
