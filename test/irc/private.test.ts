/** Private messages: PRIVMSG to a nick. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather } from "../programs/World.ts"
import { enter, ircStory } from "./Guest.ts"

describe("PRIVMSG to a nick", () => {
  ircStory("is read there, in all sessions of both nodes, and nowhere else", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities: "echo-message labeled-response batch" })
      const other = yield* enter(world, one)
      const far = yield* enter(world, two)
      const third = yield* enter(world, server)
      yield* guest.send("@label=x PRIVMSG 2 :psst")
      for (const each of [other, far]) yield* each.sees(/^:1!1@outlive PRIVMSG 2 :psst$/)
      yield* two.sees("(private) Client 1: psst")
      yield* guest.sees(/NOTICE .*This chat is not encrypted/)
      assert.strictEqual(yield* guest.sees(/ PRIVMSG /), "@label=x :1!1@outlive PRIVMSG 2 :psst")
      yield* far.send("PRIVMSG 1 :\u0001ACTION nods\u0001")
      for (const each of [guest, other]) {
        assert.strictEqual(
          yield* each.sees(/^:2!2@outlive PRIVMSG 1 /),
          ":2!2@outlive PRIVMSG 1 :\u0001ACTION nods\u0001"
        )
      }
      yield* two.type("end")
      yield* third.sees(/:end$/)
      yield* far.sees(/:end$/)
      assert.lengthOf(third.all(/ PRIVMSG \d/), 0)
      yield* guest.send("PRIVMSG 2 :and more")
      yield* far.sees(/ PRIVMSG 2 :and more$/)
      assert.lengthOf(guest.all(/not encrypted/), 1)
      assert.lengthOf(far.all(/ PRIVMSG [12] /), 2)
    })
  )

  ircStory("comes when its reader's client comes again, once", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const how = { user: "weechat", capabilities: "server-time" }
      const first = yield* enter(world, one, how)
      yield* two.type("/msg 1 before")
      yield* first.sees(/ PRIVMSG 1 :before$/)
      yield* first.close
      yield* two.type("/msg 1 missed")
      yield* one.sees("(private) Client 2: missed")
      const again = yield* enter(world, one, how)
      yield* again.sees(/ PRIVMSG 1 :missed$/)
      yield* two.type("/msg 1 after")
      yield* again.sees(/ PRIVMSG 1 :after$/)
      assert.lengthOf(again.all(/ PRIVMSG 1 /), 2)
    })
  )

  ircStory("goes to a node that is away since before the client came, when it is back", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* two.kill
      yield* one.sees("* Client 2 is lost: the connection broke")
      const guest = yield* enter(world, one)
      yield* guest.send("PRIVMSG 2 :psst", "PRIVMSG nobody :psst")
      yield* guest.sees(/ 401 1 nobody /)
      yield* guest.sees(/ 301 1 2 :There is no link/)
      const again = yield* world.client("2")
      yield* again.sees("(private) Client 1: psst")
    })
  )
})
