/** Rooms as channels: joining, leaving, who is there, topics. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather, type World } from "../programs/World.ts"
import { enter, ircStory } from "./Guest.ts"

/** A server and two clients, of which the second one is in `ops`. */
const withOps = (world: World) =>
  Effect.gen(function* () {
    const { one, server, two } = yield* gather(world)
    yield* two.type("/join ops")
    yield* two.sees("* You are in #ops. Nobody else is there.")
    return { server, one, two }
  })

describe("a room is a channel", () => {
  ircStory("that is listed, joined, spoken in, and left", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* withOps(world)
      const guest = yield* enter(world, one, { capabilities: "labeled-response batch" })
      yield* guest.send("LIST")
      yield* guest.sees(/ 322 1 #ops 1 :$/)
      yield* guest.sees(/ 323 /)
      yield* guest.send("PRIVMSG #ops :too early")
      yield* guest.sees(/ 404 1 #ops /)
      yield* guest.send("@label=j JOIN #ops")
      yield* guest.sees(/^@label=j :1\.outlive BATCH/)
      yield* guest.sees(/:1!1@outlive JOIN #ops$/)
      yield* guest.sees(/ 353 1 = #ops :1 2$/)
      yield* guest.sees(/ 366 1 #ops /)
      yield* guest.send("PRIVMSG #ops :hello ops")
      yield* two.sees("Client 1: hello ops")
      yield* two.type("hello 1")
      yield* guest.sees(/^:2!2@outlive PRIVMSG #ops :hello 1$/)
      yield* guest.send("WHO #ops", "WHOIS 2")
      yield* guest.sees(/ 352 1 #ops 1 outlive /)
      yield* guest.sees(/ 352 1 #ops 2 outlive /)
      yield* guest.sees(/ 319 1 2 :?#main #ops$/)
      // Until a peer has confirmed the last line, leaving the room is refused.
      yield* Effect.sleep("2 seconds")
      yield* guest.send("@label=p PART #ops :done")
      yield* guest.sees(/^@label=p :1!1@outlive PART #ops :?done$/)
      yield* two.type("without 1")
      yield* two.type("/go main")
      yield* two.type("in main")
      yield* guest.sees(/in main$/)
      assert.isEmpty(guest.all(/without 1/))
    })
  )

  ircStory("that an IRC client is in if its node is, at once or as soon as it joins", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* withOps(world)
      const guest = yield* enter(world, one)
      yield* one.type("/join ops")
      yield* guest.sees(/^:1!1@outlive JOIN #ops$/)
      yield* one.type("typed at the console")
      yield* guest.sees(/^:1!1@outlive PRIVMSG #ops :typed at the console$/)
      yield* two.sees("Client 1: typed at the console")
      const later = yield* enter(world, one)
      yield* later.sees(/^:1!1@outlive JOIN #ops$/)
      yield* Effect.sleep("2 seconds")
      yield* one.type("/leave")
      for (const each of [guest, later]) yield* each.sees(/^:1!1@outlive PART #ops$/)
    })
  )

  ircStory("in which one sees who joins and leaves, and who is lost only once", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* withOps(world)
      yield* one.type("/join ops")
      const guest = yield* enter(world, one)
      yield* guest.sees(/ 366 1 #ops /)
      yield* two.type("/leave")
      yield* guest.sees(/^:2!2@outlive PART #ops$/)
      yield* two.type("/join ops")
      yield* guest.sees(/^:2!2@outlive JOIN #ops$/)
      yield* two.kill
      yield* guest.sees(/^:2!2@outlive QUIT /)
      yield* server.type("end")
      yield* guest.sees(/:end$/)
      assert.lengthOf(guest.all(/^:2!2@outlive PART/), 1)
      yield* guest.send("NAMES #ops")
      assert.notMatch(yield* guest.sees(/ 353 1 = #ops /), /\b2\b/)
    })
  )

  ircStory("whose topic is seen and set", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* withOps(world)
      yield* one.type("/join ops")
      const guest = yield* enter(world, one)
      yield* guest.sees(/ 366 1 #ops /)
      yield* guest.send("TOPIC #ops")
      yield* guest.sees(/ 331 1 #ops /)
      yield* guest.send("TOPIC #ops :on call: 1")
      yield* guest.sees(/^:1!1@outlive TOPIC #ops :on call: 1$/)
      yield* two.type("/topic ops on call: 2")
      yield* guest.sees(/^:2!2@outlive TOPIC #ops :on call: 2$/)
      const later = yield* enter(world, one)
      yield* later.sees(/ 332 1 #ops :on call: 2$/)
      yield* later.sees(/ 333 1 #ops 2 \d+$/)
      yield* later.send("LIST #ops", "CHATHISTORY LATEST #ops * 1")
      yield* later.sees(/ 322 1 #ops \d :on call: 2$/)
    })
  )

  ircStory("in which a client that comes again gets what it missed", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* withOps(world)
      yield* one.type("/join ops")
      const first = yield* enter(world, one, { user: "weechat", capabilities: "server-time" })
      yield* first.sees(/ 366 1 #ops /)
      yield* two.type("before")
      yield* first.sees(/#ops :before$/)
      yield* first.close
      yield* two.type("missed")
      yield* one.sees("Client 2: missed")
      const again = yield* enter(world, one, { user: "weechat", capabilities: "server-time" })
      yield* again.sees(/#ops :missed$/)
      yield* two.type("after")
      yield* again.sees(/#ops :after$/)
      assert.lengthOf(again.all(/ PRIVMSG #ops /), 2)
    })
  )
})
