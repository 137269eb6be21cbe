/** Shows in a session what its node witnesses. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import type { Entry } from "../../domain/Entry.ts"
import { Fact } from "../../domain/Fact.ts"
import { within } from "../../domain/Limit.ts"
import type { PeerId } from "../../domain/Peer.ts"
import { authorOf } from "../../domain/Post.ts"
import { type ScreenLine, screenLineOf } from "../../domain/ScreenLine.ts"
import type { OwnLines } from "./ownLines.ts"
import type { Session } from "./Session.ts"

/** What this node says itself is seen where it is typed. */
const isNews = (entry: Entry): boolean => entry._tag !== "Said" || !entry.own

/** A screen that takes nothing any more holds up the end of a program no longer than this. */
const lastLines = "1 second"

/** Shows what this node witnesses, in that order, until the scope closes; then everything up to there is shown. */
export const showWhatHappens = (
  { console, muted }: Session["Type"],
  ownLines: OwnLines
): Effect.Effect<void, never, MessageLog | PeerMesh | Scope.Scope> =>
  Effect.gen(function* () {
    const log = yield* MessageLog
    const mesh = yield* PeerMesh
    const asLines = (entries: Iterable<Entry>) => {
      const lines: Array<ScreenLine> = []
      for (const entry of entries) {
        const line = screenLineOf(mesh.self, entry)
        if (line !== undefined) lines.push(line)
      }
      return lines.length === 0 ? Effect.void : console.show(lines)
    }
    const [seen, show] = Option.match(console.tell, {
      onNone: () => [log.screen.follow(isNews), asLines] as const,
      onSome: (tell) =>
        [
          log.screen.follow(),
          (entries: Iterable<Entry>) => tell(Array.from(entries, (entry) => Fact.Witnessed({ entry })))
        ] as const
    })
    const showing = ownLines.watch(seen, (entries) =>
      Effect.map(
        Effect.flatMap(Ref.get(muted), (silenced) =>
          show(silenced.size === 0 ? entries : Chunk.filter(entries, (entry) => !isMuted(silenced, entry)))
        ),
        () => {
          const last = Option.getOrUndefined(Chunk.last(entries))
          if (last !== undefined && !console.isGone()) log.screen.shown(last)
        }
      )
    )
    const screen = yield* Effect.forkScoped(showing)
    yield* Effect.addFinalizer(() => Effect.zipRight(log.close, within(lastLines)(Fiber.join(screen))))
  })

const isMuted = (silenced: ReadonlySet<PeerId>, entry: Entry): boolean =>
  (entry._tag === "Said" || entry._tag === "Earlier") && silenced.has(authorOf(entry.post.stream))
