/** What a client sees of its own lines: each comes back when another node has it, or says that none has. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather, type World } from "../programs/World.ts"
import { enter, type Guest, ircStory } from "./Guest.ts"

const capabilities = "echo-message labeled-response batch message-tags server-time"

/** Cuts node 1 off from the other nodes, and not from its IRC clients. */
const cut = (world: World) =>
  world.network.cut((...ends) => !ends.includes("irc client") && (ends[0] === "1") !== (ends[1] === "1"))

const tags = (line: string) => [...(/^@(\S+) /.exec(line)?.[1] ?? "").split(";")].map((tag) => tag.replace(/=.*/, ""))
const spoken = (guest: Guest) => guest.all(/ PRIVMSG #main /).map((line) => line.replace(/^.* PRIVMSG #main :/, ""))

describe("a line of one's own", () => {
  ircStory("comes back when another node has it, without a mark; what the node says later comes behind it", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities })
      yield* cut(world)
      yield* guest.send("@label=x PRIVMSG #main :first")
      yield* Effect.sleep("500 millis")
      yield* one.type("second, at the console")
      yield* Effect.sleep("500 millis")
      assert.isEmpty(spoken(guest))
      yield* world.network.heal
      yield* two.sees("Client 1: first")
      yield* guest.sees(/second/)
      assert.deepStrictEqual(spoken(guest), ["first", "second, at the console"])
      assert.deepStrictEqual(tags(guest.all(/:first$/)[0] ?? ""), ["time", "msgid", "label"])
      yield* Effect.sleep("5 seconds")
      assert.isEmpty(guest.all(/ NOTICE /))
    })
  )

  ircStory(
    "comes back with a mark after 2 s if no other node has it, and a NOTICE says so, and when one has",
    (world) =>
      Effect.gen(function* () {
        const { one } = yield* gather(world)
        const guest = yield* enter(world, one, { capabilities })
        const labelled = yield* enter(world, one, { capabilities: "labeled-response batch" })
        const plain = yield* enter(world, one)
        yield* cut(world)
        yield* guest.send("@label=x PRIVMSG #main :into the void")
        yield* labelled.send("@label=y PRIVMSG #main :another")
        yield* plain.send("PRIVMSG #main :a third one")
        yield* Effect.sleep("1500 millis")
        assert.isEmpty(guest.all(/:into the void$/))
        for (const each of [guest, labelled, plain]) assert.isEmpty(each.all(/label=| NOTICE #/))
        yield* Effect.sleep("1 second")
        const marked = ["time", "msgid", "outlive.net/undelivered", "label"]
        assert.deepStrictEqual(tags(yield* guest.sees(/:into the void$/)), marked)
        yield* labelled.sees(/^@label=y :1\.outlive ACK$/)
        for (const each of [guest, labelled, plain]) {
          yield* each.sees(/ NOTICE #main :No other node has your last line yet$/)
        }
        yield* world.network.heal
        for (const each of [guest, labelled, plain]) {
          yield* each.sees(/ NOTICE #main :Another node has all of your lines now$/)
        }
        assert.lengthOf(guest.all(/:into the void$/), 1)
      })
  )

  ircStory("comes back at once, with a mark, where nobody else is", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      yield* server.sees("* IRC clients connect to localhost:5000.")
      const guest = yield* enter(world, server, { capabilities })
      yield* guest.send("PRIVMSG #main :anybody?")
      yield* Effect.sleep("100 millis")
      assert.include(tags(guest.all(/:anybody\?$/)[0] ?? ""), "outlive.net/undelivered")
    })
  )

  ircStory("that it has not seen when its connection ends comes when it is here again, once", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const how = { capabilities, user: "weechat" }
      const first = yield* enter(world, one, how)
      yield* cut(world)
      yield* first.send("PRIVMSG #main :before the end")
      yield* Effect.sleep("500 millis")
      assert.isEmpty(spoken(first))
      yield* first.close
      yield* world.network.heal
      yield* two.sees("Client 1: before the end")
      const again = yield* enter(world, one, how)
      yield* again.sees(/:before the end$/)
      yield* two.type("end")
      yield* again.sees(/:end$/)
      assert.deepStrictEqual(spoken(again), ["before the end", "end"])
    })
  )

  ircStory("to a reader who is away names the reader", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities })
      yield* two.kill
      yield* guest.sees(/ QUIT /)
      yield* guest.send("PRIVMSG 2 :psst", "PRIVMSG #main :to all")
      yield* guest.sees(/ 301 1 2 :/)
      yield* guest.sees(/ NOTICE 1 :Your last line did not reach 2 yet$/)
      assert.lengthOf(guest.all(/ NOTICE #main :No other node/), 0)
      yield* world.client("2")
      yield* guest.sees(/ NOTICE 1 :Your lines reached 2$/)
    })
  )
})
