/** Shows the entries of the log in a session. */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { type Console, whenTaken } from "../../../services/Console.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import type { Entry } from "../../domain/Entry.ts"
import { Fact } from "../../domain/Fact.ts"
import type { Peer, PeerId } from "../../domain/Peer.ts"
import { authorOf } from "../../domain/Post.ts"
import { type ScreenLine, screenLineOf } from "../../domain/ScreenLine.ts"
import type { OwnLines } from "./ownLines.ts"
import type { Session } from "./Session.ts"

/**
 * Shows entries of the log in order, until the log or the scope closes. A line typed in this session is not shown
 * again, as it stands where it was typed; a program gets it all the same. Returns an effect that returns once
 * everything up to the end of the log is shown, or once nothing more will be.
 */
export const showWhatHappens = (
  { console, muted, reader }: Session["Type"],
  ownLines: OwnLines
): Effect.Effect<Effect.Effect<void>, never, PeerMesh | Scope.Scope> =>
  Effect.gen(function* () {
    const { self } = yield* PeerMesh
    const isNews: Predicate.Predicate<Entry> = (entry) => entry._tag !== "Said" || entry.by !== reader
    const entries = reader.follow(Option.isNone(console.tell) ? isNews : undefined)
    const show = showOn(console, self)
    const showing = ownLines.watch(entries, {
      show: (entries) =>
        Effect.flatMap(Ref.get(muted), (silenced) =>
          show(silenced.size === 0 ? entries : Chunk.filter(entries, (entry) => !isMuted(silenced, entry)))
        ),
      seen: (entries) => {
        const last = Option.getOrUndefined(Chunk.last(entries))
        if (last !== undefined && !console.isGone()) reader.shown(last)
      }
    })
    const screen = yield* Effect.forkScoped(showing)
    return Effect.flatMap(Fiber.await(screen), (exit) =>
      Exit.isFailure(exit) && Cause.isDie(exit.cause) ? Effect.failCause(exit.cause) : Effect.void
    )
  })

/** Shows entries to people as lines, and to programs as facts. */
const showOn = (console: Console["Type"], self: Peer): ((entries: Iterable<Entry>) => Effect.Effect<void>) =>
  Option.match(console.tell, {
    onNone: () => (entries) => {
      const lines: Array<ScreenLine> = []
      for (const entry of entries) {
        const line = screenLineOf(self, entry)
        if (line !== undefined) lines.push(line)
      }
      return lines.length === 0 ? Effect.void : console.show(lines)
    },
    onSome: (tell) => (entries) => whenTaken(tell)(Array.from(entries, (entry) => Fact.Witnessed({ entry })))
  })

const isMuted = (silenced: ReadonlySet<PeerId>, entry: Entry): boolean =>
  (entry._tag === "Said" || entry._tag === "Earlier") && silenced.has(authorOf(entry.post.stream))
