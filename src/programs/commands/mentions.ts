/** `/mentions`: the posts that mention the person at this console. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { mentions as callsIn } from "../../domain/Calling.ts"
import { authorOf } from "../../domain/Post.ts"
import { recalled } from "../../domain/ScreenLine.ts"
import { roomUnnamed, Session } from "../session/Session.ts"
import { Answer, answer, make } from "./Command.ts"
import { kept } from "./kept.ts"

/** How many lines to show at most. */
const most = 15

export const mentions = make({
  name: "mentions",
  elsewhere: ["highlights", "pings"],
  help: `Shows the last ${most} lines that mention you.`,
  arguments: Schema.Tuple(),
  run: () =>
    Effect.gen(function* () {
      const { self } = yield* PeerMesh
      const session = yield* Session
      const calling = (yield* kept).filter(
        ({ stream, text }) => authorOf(stream) !== self.id && callsIn(self.id, session.highlights, text)
      )
      return calling.length === 0
        ? answer("No line that is kept mentions you.")
        : Answer({ lines: calling.slice(-most).map((post) => recalled(post, roomUnnamed(session))), facts: [] })
    })
})
