/** Who is there, who is away, whose id it is: MONITOR, away-notify, accounts, KICK and bans. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather, secureStory } from "../programs/World.ts"
import { enter, ircStory } from "./Guest.ts"

describe("what a client is told", () => {
  ircStory("is true from the beginning, and comes in the order of its commands", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const guest = yield* enter(world, one)
      assert.deepStrictEqual(guest.all(/ 251 /), [":1.outlive 251 1 :There are 3 users and 0 invisible on 1 servers"])
      yield* guest.send("WHOIS 2", "PING after", "WHOIS Server")
      yield* guest.sees(/ 318 1 2 /)
      yield* guest.sees(/ PONG 1\.outlive after$/)
      yield* guest.sees(/ 318 1 Server /)
    })
  )
})

describe("MONITOR", () => {
  ircStory("tells who is there, who comes and who goes", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one)
      yield* guest.send("MONITOR + 2,Server,nobody,2")
      assert.strictEqual(yield* guest.sees(/ 730 /), ":1.outlive 730 1 2!2@outlive,Server!Server@outlive")
      assert.strictEqual(yield* guest.sees(/ 731 /), ":1.outlive 731 1 nobody")
      yield* two.type("Exit")
      yield* guest.sees(/ 731 1 2$/)
      yield* two.ended
      const again = yield* world.client("2")
      yield* guest.sees(/ 730 1 2!2@outlive$/)
      yield* guest.send("MONITOR L")
      yield* guest.sees(/ 732 1 2,Server,nobody$/)
      yield* guest.sees(/ 733 1 :End of MONITOR list$/)
      yield* guest.send("MONITOR - 2", "MONITOR S")
      yield* guest.sees(/ 730 1 Server!Server@outlive$/)
      yield* guest.sees(/ 731 1 nobody$/)
      yield* again.type("Exit")
      yield* guest.sees(/QUIT :?left/)
      yield* guest.send(`MONITOR + ${Array.from({ length: 99 }, (_, at) => `n${at}`).join(",")}`)
      yield* guest.sees(/ 731 1 n0,/)
      yield* guest.sees(/ 734 1 100 n98 :/)
      yield* guest.send("MONITOR C", "MONITOR L", "MONITOR nonsense")
      yield* guest.sees(/ 733 /)
      yield* guest.sees(/ 461 1 MONITOR /)
      assert.lengthOf(guest.all(/ 731 1 2$/), 1)
      assert.lengthOf(guest.all(/ 732 /), 1)
    })
  )
})

describe("the server that is away", () => {
  ircStory("is told of by AWAY, in WHOIS and when somebody writes to it", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities: "away-notify" })
      const other = yield* enter(world, one)
      yield* server.kill
      yield* guest.sees(/^:Server!Server@outlive AWAY :There is no link/)
      yield* guest.sees(/^:Server!Server@outlive QUIT /)
      yield* guest.send("PRIVMSG Server :psst", "WHOIS Server")
      yield* guest.sees(/ 301 1 Server :There is no link/)
      yield* guest.sees(/ 301 1 Server :There is no link/)
      yield* guest.send("NOTICE Server :psst", "PING x")
      yield* guest.sees(/PONG/)
      assert.lengthOf(guest.all(/ 301 /), 2)
      yield* world.server
      yield* guest.sees(/^:Server!Server@outlive JOIN #main$/)
      yield* guest.sees(/^:Server!Server@outlive AWAY$/)
      yield* other.sees(/^:Server!Server@outlive JOIN #main$/)
      assert.isEmpty(other.all(/ AWAY/))
    })
  )
})

describe("in a secure chat", () => {
  secureStory(
    "an id is an account; the server alone kicks and bans, and its bans are listed",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const [one, two, three] = yield* Effect.forEach(["1", "2", "3"], (id) =>
          Effect.flatMap(world.safe.invite, (link) => world.client(id, { link }))
        )
        if (one === undefined || two === undefined || three === undefined) return
        yield* three.sees("Client 3: initiated", "Client 1: initiated", "Client 2: initiated")
        yield* one.sees("Client 3: initiated")
        const guest = yield* enter(world, one, { capabilities: "account-tag extended-join" })
        const owner = yield* enter(world, server)
        assert.strictEqual(guest.all(/ JOIN /)[0], "@account=1 :1!1@outlive JOIN #main 1 :outlive node 1")
        yield* two.type("hello")
        assert.strictEqual(yield* guest.sees(/ PRIVMSG /), "@account=2 :2!2@outlive PRIVMSG #main :hello")
        yield* guest.send("WHO #main %tna,7", "KICK #main 2", "MODE #main +b *!3@outlive", "WHOIS 2")
        yield* guest.sees(/ 354 1 7 2 2$/)
        yield* guest.sees(/ 482 1 #main :Only the server/)
        yield* guest.sees(/ 482 1 #main :Modes of channels/)
        yield* guest.sees(/ 330 1 2 2 :is logged in as$/)
        yield* owner.send("KICK #main 2 :away with it")
        yield* guest.sees(/^@account=Server :Server!Server@outlive KICK #main 2 :kicked by the server$/)
        yield* server.type("/ban 3")
        yield* guest.sees(/:Server!Server@outlive MODE #main \+b \*!3@outlive$/)
        yield* guest.sees(/:Server!Server@outlive KICK #main 3 :banned by the server$/)
        yield* guest.send("MODE #main b")
        yield* guest.sees(/ 367 1 #main \*!3@outlive$/)
        yield* guest.sees(/ 368 1 #main /)
      }),
    { irc: {} }
  )
})
