/** Guests: IRC clients of a server that are people of their own. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather, type Node, type World } from "../programs/World.ts"
import { connect, enter, ircStory as storyOf } from "./Guest.ts"

const ircStory = (name: string, tell: (world: World) => Effect.Effect<void>) => storyOf(name, tell, { guests: true })

/** A guest that has introduced itself, and is in these channels. */
const arrive = (
  world: World,
  server: Node,
  nick: string,
  { capabilities = "", channels = [] }: { capabilities?: string; channels?: ReadonlyArray<string> } = {}
) =>
  Effect.gen(function* () {
    const guest = yield* connect(world, server)
    if (capabilities !== "") yield* guest.send(`CAP REQ :${capabilities}`)
    yield* guest.send(`NICK ${nick}`, `USER ${nick}-user 0 * :${nick} the guest`)
    if (capabilities !== "") yield* guest.send("CAP END")
    yield* guest.sees(/ 422 /)
    for (const channel of channels) {
      yield* guest.send(`JOIN ${channel}`)
      yield* guest.sees(new RegExp(` 366 ${nick} ${channel} `))
    }
    return guest
  })

describe("a guest", () => {
  ircStory("has a short name before what it says, and those commands of its node that concern a guest", (world) =>
    Effect.gen(function* () {
      const { server } = yield* gather(world)
      const kim = yield* arrive(world, server, "kim", { channels: ["#ops"] })
      const bob = yield* connect(world, server)
      yield* bob.send("NICK bob", `USER a!b@c${"u".repeat(400)} 0 * :Bob`)
      yield* bob.sees(/ 422 /)
      yield* bob.send("JOIN #ops,#OPS", "PRIVMSG #ops :hello")
      yield* bob.sees(/ 366 bob #ops /i)
      yield* kim.sees(/^:bob!abcu{13}@outlive PRIVMSG #ops :hello$/)
      for (const line of [
        "say ops x",
        "me x",
        "topic x",
        "save /tmp/x",
        ":save /tmp/x",
        "web",
        "/save x",
        "history",
        "SAVE x"
      ]) {
        yield* bob.send(`OUTLIVE ${line}`)
        yield* bob.sees(/ 481 bob :Guests have these commands: help, msg, /)
      }
      yield* bob.send("AWAY :lunch", "PRIVMSG kim :psst")
      yield* kim.sees(/^:bob!abcu{13}@outlive PRIVMSG kim :psst$/)
      yield* kim.send("NICK bob")
      yield* kim.sees(/ 433 kim bob /)
      yield* kim.send("WHOIS bob")
      yield* kim.sees(/ 311 kim bob abcu{13} outlive \* Bob$/)
      yield* kim.sees(/ 301 kim bob lunch$/)
    })
  )

  ircStory("is known at other nodes as one that comes through its node, and is lost with it", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const bob = yield* arrive(world, server, "bob", { channels: ["#ops"] })
      yield* one.sees("Client bob: initiated")
      yield* bob.send("PRIVMSG #ops :is anybody there?")
      yield* one.type("/who")
      yield* one.sees("* Client bob, a guest of Server, since 2026-01-01 00:00:00")
      yield* one.type("/join ops")
      yield* one.sees("* You are in #ops. Server and Client bob are there too.")
      yield* bob.sees(/^:1!1@outlive JOIN #ops$/)
      yield* one.type("here is one")
      yield* bob.sees(/ PRIVMSG #ops :here is one$/)
      yield* bob.send("PRIVMSG #ops :hello 1")
      yield* one.sees("Client bob: hello 1")
      yield* bob.send("NICK rob")
      yield* bob.sees(/^:bob!bob-user@outlive NICK rob$/)
      for (const each of [one, two]) yield* each.sees("* Client bob is now Client rob")
      const irc = yield* enter(world, two)
      assert.match(irc.lines().join(" "), / 353 2 = #main :.*\brob\b/)
      const late = yield* world.client("3")
      yield* late.sees("Client rob: initiated")
      yield* bob.send("PRIVMSG #ops :last")
      yield* one.sees("Client rob: last")
      const kim = yield* arrive(world, server, "kim")
      yield* irc.sees(/^:kim!kim@outlive JOIN #main$/)
      yield* server.kill
      yield* one.sees("* 2 guests of Server (rob, kim) are lost with it")
      yield* irc.sees(/^:kim!kim@outlive QUIT /)
      yield* kim.close
    })
  )

  ircStory("mutes somebody for itself alone, and gives its nick back when it goes", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const kim = yield* arrive(world, server, "kim", { channels: ["#main"] })
      const bob = yield* arrive(world, server, "Bob", { channels: ["#main"] })
      yield* kim.send("OUTLIVE mute Bob")
      yield* kim.sees(/ NOTICE kim :Muted: Client Bob\.$/)
      yield* bob.send("PRIVMSG #main :unheard", "PRIVMSG kim :unheard", "PRIVMSG #main :heard by others")
      yield* one.sees("Client Bob: heard by others")
      yield* kim.send("OUTLIVE unmute Bob")
      yield* kim.sees(/ NOTICE kim :Nobody is muted\.$/)
      yield* bob.send("QUIT")
      yield* kim.sees(/^:Bob!\S+ QUIT /)
      assert.isEmpty(kim.all(/heard/))
      const other = yield* arrive(world, server, "bob", { channels: ["#main"] })
      yield* kim.sees(/^:bob!bob-user@outlive JOIN #main$/)
      yield* other.send("PRIVMSG #main :another Bob")
      yield* kim.sees(/^:bob!bob-user@outlive PRIVMSG #main :another Bob$/)
    })
  )

  ircStory("is told that its node ends, and of nobody else who ends with it", (world) =>
    Effect.gen(function* () {
      const { server } = yield* gather(world)
      const bob = yield* arrive(world, server, "bob", { channels: ["#ops"] })
      const kim = yield* arrive(world, server, "kim", { channels: ["#ops"] })
      yield* server.type("Exit")
      for (const guest of [bob, kim]) {
        yield* guest.sees(/^ERROR :Closing link: The node has ended$/)
        yield* guest.ended
        assert.isEmpty(guest.all(/ QUIT /))
      }
    })
  )

  ircStory("that does not read is let go, and nobody waits for it", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const kim = yield* arrive(world, server, "kim", { channels: ["#main"] })
      const deaf = yield* arrive(world, server, "deaf", { channels: ["#main"] })
      deaf.hold(true)
      const lines = Array.from({ length: 300 }, (_, at) => `${at} ${"x".repeat(1_000)}`)
      yield* Effect.forEach(lines, one.type, { discard: true })
      yield* kim.sees(/ PRIVMSG #main :299$/)
      yield* Effect.forkIn(Effect.forever(Effect.delay(kim.send("PONG x"), "30 seconds")), world.scope)
      yield* kim.sees(/^:deaf!deaf-user@outlive QUIT /)
      deaf.hold(false)
      yield* deaf.sees(/^ERROR :Closing link: You do not read what you are sent$/)
      yield* deaf.ended
    })
  )

  ircStory("says what it has said before it takes another nick under the nick before", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const bob = yield* arrive(world, server, "bob", { channels: ["#main"] })
      const said = ["one", "two", "three"].map((text) => `PRIVMSG #main :${text}`)
      yield* bob.send(...said, "PRIVMSG 1 :alone", "NICK rob", "PRIVMSG #main :four")
      yield* one.sees("Client rob: four")
      assert.deepStrictEqual(
        (yield* one.screen).filter((line) => /\b[br]ob\b/.test(line)),
        [
          "Client bob: initiated",
          ...["one", "two", "three"].map((text) => `Client bob: ${text}`),
          "(private) Client bob: alone",
          "* Client bob is now Client rob",
          "Client rob: four"
        ]
      )
    })
  )

  ircStory("talks in private with guests, nodes and the server", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const bob = yield* arrive(world, server, "bob", { channels: ["#main"], capabilities: "echo-message" })
      const kim = yield* arrive(world, server, "kim", { channels: ["#main"] })
      yield* one.sees("Client kim: initiated")
      yield* bob.send("PRIVMSG kim :between us")
      yield* bob.sees(/^:bob!bob-user@outlive PRIVMSG kim :between us$/)
      yield* kim.sees(/^:bob!bob-user@outlive PRIVMSG kim :between us$/)
      yield* bob.send("PRIVMSG 1 :psst")
      yield* one.sees("(private) Client bob: psst")
      yield* one.type("/msg bob what is it?")
      yield* bob.sees(/^:1!1@outlive PRIVMSG bob :what is it\?$/)
      yield* one.stands()
      yield* bob.send("PRIVMSG Server :to you alone")
      yield* server.sees("(private) Client bob: to you alone")
      yield* server.type("/msg bob fine")
      yield* bob.sees(/^:Server!Server@outlive PRIVMSG bob :fine$/)
      yield* server.stands()
      yield* two.type("to all")
      yield* kim.sees(/ PRIVMSG #main :to all$/)
      for (const each of [server, one, two]) {
        assert.notInclude((yield* each.screen).join("\n"), "between us")
      }
      yield* server.type("/history 100")
      yield* server.sees("Client 2: to all")
      assert.notInclude((yield* server.screen).join("\n"), "between us")
    })
  )

  ircStory("has an id that nobody else has, and nobody else gets it", (world) =>
    Effect.gen(function* () {
      const { server } = yield* gather(world)
      yield* arrive(world, server, "bob")
      const other = yield* connect(world, server)
      yield* other.send("USER u 0 * :r", "NICK bob")
      yield* other.sees(/ 433 \* bob /)
      yield* other.send("NICK B0B", "NICK 1", "NICK server", "NICK a.b")
      yield* other.sees(/ 433 \* B0B /)
      yield* other.sees(/ 433 \* 1 /)
      yield* other.sees(/ 433 \* server :The nick Server is taken by the server$/)
      yield* other.sees(/ 432 \* a\.b /)
      yield* other.send("NICK kim")
      yield* other.sees(/ 001 kim /)
      yield* other.send("NICK bob", "NICK KIM")
      yield* other.sees(/ 433 kim bob /)
      yield* other.sees(/^:kim!u@outlive NICK KIM$/)
      const node = yield* world.client("bob")
      assert.include(String(yield* node.ended), "IdTaken")
    })
  )

  ircStory("comes under its own nick, and everybody sees it come, speak and go", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const bob = yield* arrive(world, server, "bob", { channels: ["#main"] })
      yield* server.sees("Client bob: initiated")
      const kim = yield* arrive(world, server, "kim", { channels: ["#main"] })
      yield* bob.sees(/^:kim!kim-user@outlive JOIN #main$/)
      yield* bob.send("PRIVMSG #main :hello all")
      yield* kim.sees(/^:bob!bob-user@outlive PRIVMSG #main :hello all$/)
      yield* server.sees("Client bob: hello all")
      yield* one.sees("Client bob: hello all")
      yield* one.type("hello bob")
      yield* bob.sees(/^:1!1@outlive PRIVMSG #main :hello bob$/)
      yield* kim.send("PRIVMSG #main :first", "PRIVMSG #main :second", "QUIT :off")
      yield* one.sees("Client kim: first", "Client kim: second")
      yield* bob.sees(/^:kim!kim-user@outlive PRIVMSG #main :second$/)
      yield* bob.sees(/^:kim!kim-user@outlive QUIT :?off$/)
      yield* server.sees("* Client kim left")
      assert.isEmpty(bob.all(/No other node/))
    })
  )
})
