/** Answers what a program asks about what its node keeps and knows. */
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import { whenTaken } from "../../../services/Console.ts"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { absurd } from "../../domain/Absurd.ts"
import { isClosed, isIn, isPrivate } from "../../domain/Conversation.ts"
import { Fact } from "../../domain/Fact.ts"
import { pageOf, type Slices, searched } from "../../domain/KeptPosts.ts"
import { authorOf, type Post, type Room, roomReader } from "../../domain/Post.ts"
import type { Request } from "../../domain/Request.ts"
import { isPrivateTo } from "../guest.ts"
import { answerOnFiles } from "./fileRequests.ts"
import { recollection } from "./recollection.ts"
import { roomOf, type Session, ShownRooms } from "./Session.ts"
import { watching } from "./watching.ts"

/** Does work in slices. Everything else has its turn in between. */
const inSlices = <A>(work: Slices<A>): Effect.Effect<A> =>
  Effect.suspend(() => {
    const slice = work.next()
    return slice.done === true ? Effect.succeed(slice.value) : Effect.zipRight(Effect.sleep(0), inSlices(work))
  })

/** Answers the requests of a session. A console that takes no facts is told nothing. */
export const answering = (session: Session["Type"]) =>
  Effect.gen(function* () {
    const log = yield* MessageLog
    const { self } = yield* PeerMesh
    const { isJoined } = yield* Rooms
    const shown = yield* ShownRooms
    const { muted } = session
    const watch = yield* watching(session)
    const kept = recollection(session, self.id)
    const tell = Option.match(session.console.tell, { onNone: () => () => Effect.void, onSome: whenTaken })

    /** Whether this session may show a post: of the rooms that the node has joined, and private ones that it can read. */
    const isShown = (): ((post: Post) => boolean) => {
      const roomOf = roomReader()
      const isPrivatelySaid = isPrivateTo(session.as, self.id)
      const isRoomShown = (room: Room): boolean =>
        isPrivate(room) ? isPrivatelySaid(room) : isJoined(room) && (shown?.has(room) ?? true)
      const silenced = MutableRef.get(muted)
      return (post) =>
        isRoomShown(roomOf(post.stream)) &&
        !isClosed(post) &&
        (silenced.size === 0 || !silenced.has(authorOf(post.stream)))
    }
    const wantedIn = (place: Room | undefined): ((post: Post) => boolean) => {
      const isVisible = isShown()
      if (place === undefined) return isVisible
      const isThere = isIn(self.id, place)
      return (post) => isThere(post) && isVisible(post)
    }

    const context = yield* Effect.context<Effect.Effect.Context<ReturnType<ReturnType<typeof answerOnFiles>>>>()
    const onFiles = answerOnFiles(session, tell)

    return (request: Request): Effect.Effect<void> => {
      switch (request._tag) {
        case "History": {
          const { bound, limit, place = roomOf(session), ref } = request
          return Effect.flatMap(inSlices(pageOf(log.kept(), wantedIn(place), bound, limit)), ({ posts, ...page }) =>
            tell([Fact.Recalled({ ref, place, lines: posts.map(kept), ...page })])
          )
        }
        case "Search":
          return Effect.flatMap(inSlices(searched(log.kept(), wantedIn(request.place), request)), ({ more, posts }) =>
            tell([Fact.Found({ ref: request.ref, lines: posts.map(kept), more })])
          )
        case "Watch":
          return watch(request.what)
        case "Read":
          return Effect.sync(() => session.reading.read(request.place ?? roomOf(session)))
        case "Seek":
        case "Get":
        case "Cancel":
          return Effect.provide(onFiles(request), context)
        default:
          return absurd(request)
      }
    }
  })
