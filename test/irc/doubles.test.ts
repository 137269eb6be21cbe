/** A post that comes in two ways, by the replay of what a client missed and by its session, is shown once. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { House } from "../../layers/irc/House.ts"
import { makeMarkers } from "../../layers/irc/Markers.ts"
import { makeSeenByClients } from "../../layers/irc/Seen.ts"
import type { Sender } from "../../layers/irc/Sender.ts"
import * as Talk from "../../layers/irc/Talk.ts"
import { Entry } from "../../src/domain/Entry.ts"
import { Fact } from "../../src/domain/Fact.ts"
import { mainRoom, type Post } from "../../src/domain/Post.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import { peer, post, stream } from "../support/samples.ts"

const self = peer("1", 6001)
const said = stream("2")

/** A client of that name, at a node whose log keeps these posts. */
const clientAt = (posts: ReadonlyArray<Post>, seen: House["seen"]) =>
  Effect.gen(function* () {
    const sent: Array<Outgoing> = []
    const sender: Sender = {
      send: (messages) => void sent.push(...messages),
      put: () => {},
      whenTaken: (taken) => taken(),
      isBehind: () => false,
      turns: () => 0
    }
    const house: House = {
      self,
      lobby: undefined,
      version: "0",
      policy: { server: "1.outlive", account: self.id },
      accounts: false,
      banned: () => [],
      sessions: { attach: () => Effect.never },
      posts: () => posts,
      topicOf: () => undefined,
      now: () => 0,
      seen,
      markers: makeMarkers()
    }
    const { console, talk } = yield* Talk.make({
      house,
      sender,
      has: (capability) => capability === "server-time",
      name: "weechat",
      asked: "1",
      onRead: () => {},
      isGone: () => false,
      newReference: () => "b1",
      describe: () => []
    })
    const tell = (...facts: ReadonlyArray<Fact>) => Option.getOrThrow(console.tell)(facts, () => {})
    return {
      talk,
      tell,
      texts: () => sent.flatMap(({ command, params }) => (command === "PRIVMSG" ? [params[1]] : []))
    }
  })

const witnessed = (what: Post) => Fact.Witnessed({ entry: Entry.Said({ post: what, own: false }) })

describe("what a client missed", () => {
  it.effect("and what comes while it is being sent is shown once, in order", () =>
    Effect.gen(function* () {
      const seen = makeSeenByClients()
      const posts = [1, 2, 3].map((n) => post(said, n))
      const [first, , third] = posts as [Post, Post, Post]
      seen.begin("weechat", mainRoom, [first])
      const { talk, tell, texts } = yield* clientAt(posts, seen)
      tell(Fact.RoomsAre({ rooms: [{ room: mainRoom, joined: true, peers: [] }] }))
      // The session is at the end of the log before it is known who is there, and the replay begins after that.
      tell(witnessed(third))
      talk.whenListed(() => talk.begin())
      tell(Fact.Self({ peer: self, since: 0 }))
      assert.deepStrictEqual(texts(), ["line 2", "line 3"])
      tell(witnessed(post(said, 4)))
      assert.deepStrictEqual(texts(), ["line 2", "line 3", "line 4"])
      assert.isTrue(seen.of("weechat", mainRoom)?.(post(said, 4)))
    })
  )

  it("is nothing if what was kept of it is damaged", () => {
    const damaged = makeSeenByClients('[["weechat", [["main"')
    assert.isUndefined(damaged.of("weechat", mainRoom))
    assert.strictEqual(damaged.asText(), "[]")
  })
})
