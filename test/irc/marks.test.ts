/** Up to when somebody has read a channel or a conversation (IRCv3, draft/read-marker), at an IRC client and elsewhere. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Post } from "../../src/domain/Post.ts"
import { readUpTo, timeIn } from "../../src/protocol/irc/ReadMarker.ts"
import { gather } from "../programs/World.ts"
import { peer, post, stream } from "../support/samples.ts"
import { enter, ircStory } from "./Guest.ts"

const self = peer("1", 6001).id
const [mine, theirs] = [stream("1"), stream("2")]
const at = (what: Post, time: number): Post => ({ ...what, at: time })

describe("a mark", () => {
  it("stands before as many lines of others as are unread", () => {
    const posts = [at(post(theirs, 1), 10), at(post(mine, 1), 20), at(post(theirs, 2), 30), at(post(mine, 2), 40)]
    assert.deepStrictEqual(
      [0, 1, 2, 3].map((unread) => readUpTo(posts, self, unread)),
      [40, 20, undefined, undefined]
    )
  })

  it("is a time, or none", () => {
    assert.strictEqual(timeIn("timestamp=1970-01-01T00:00:01.500Z"), 1_500)
    for (const text of ["*", "timestamp=", "timestamp=now", "msgid=1", "timestamp=1970-13-01T00:00:00.000Z"]) {
      assert.isUndefined(timeIn(text), text)
    }
  })
})

const capabilities = "draft/read-marker server-time"

describe("draft/read-marker", () => {
  ircStory("what is read at one client, or elsewhere at the node, is read at all of them", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      // What is said where its screen is, a node counts as read.
      yield* one.type("/join ops")
      yield* one.sees("* You are in #ops. Nobody else is there.")
      const guest = yield* enter(world, one, { capabilities, user: "a" })
      const other = yield* enter(world, one, { capabilities, user: "b" })
      assert.match(guest.lines().join("\n"), / JOIN #main\n:1\.outlive MARKREAD #main \S+\n.* 353 /)
      yield* two.type("first")
      const first = /time=([^; ]+)/.exec(yield* guest.sees(/ PRIVMSG #main :first$/))?.[1]
      yield* Effect.sleep("2 seconds")
      yield* two.type("second")
      const second = /time=([^; ]+)/.exec(yield* guest.sees(/ PRIVMSG #main :second$/))?.[1]
      yield* guest.send(`MARKREAD #main timestamp=${first}`)
      for (const each of [guest, other]) {
        assert.include(yield* each.sees(/ MARKREAD #main timestamp=/), `MARKREAD #main timestamp=${first}`)
      }
      // Back it goes for nobody, and beyond the last line neither.
      yield* guest.send("MARKREAD #main timestamp=2020-01-01T00:00:00.000Z")
      assert.include(yield* guest.sees(/ MARKREAD #main timestamp=/), `${first}`)
      yield* guest.send("MARKREAD #main timestamp=2090-01-01T00:00:00.000Z")
      for (const each of [guest, other]) {
        assert.include(yield* each.sees(/ MARKREAD #main timestamp=/), `MARKREAD #main timestamp=${second}`)
      }
      yield* Effect.sleep("1 second")
      yield* two.type("third")
      const third = /time=([^; ]+)/.exec(yield* guest.sees(/ PRIVMSG #main :third$/))?.[1]
      yield* Effect.sleep("1 second")
      assert.lengthOf(guest.all(/ MARKREAD #main /), 4)
      yield* one.type("/go main")
      assert.include(yield* guest.sees(/ MARKREAD #main timestamp=/), `MARKREAD #main timestamp=${third}`)
      const late = yield* enter(world, one, { capabilities, user: "c" })
      assert.include(late.lines().join("\n"), `MARKREAD #main timestamp=${third}`)
    })
  )

  ircStory("it is refused where there is nothing, and for who has not asked for it", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities })
      yield* guest.send("MARKREAD", "MARKREAD #none", "MARKREAD #main yesterday", "MARKREAD 2")
      yield* guest.sees(/ FAIL MARKREAD NEED_MORE_PARAMS /)
      yield* guest.sees(/ FAIL MARKREAD INVALID_PARAMS #none /)
      yield* guest.sees(/ FAIL MARKREAD INVALID_PARAMS #main /)
      yield* guest.sees(/ MARKREAD 2 \*$/)
      const plain = yield* enter(world, one)
      yield* plain.send("MARKREAD #main")
      yield* plain.sees(/ 421 1 MARKREAD /)
      assert.isEmpty(plain.all(/ :\S+ MARKREAD /))
    })
  )
})
