/** The life of a guest: what it leaves behind, and for whom. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather, type Node, type World } from "../programs/World.ts"
import { connect, type Guest, ircStory as storyOf } from "./Guest.ts"

const ircStory = (
  name: string,
  tell: (world: World) => Effect.Effect<void>,
  conditions: Omit<Parameters<typeof storyOf>[2], "guests"> = {}
) => storyOf(name, tell, { ...conditions, guests: true })

const capabilities = "echo-message message-tags server-time batch draft/chathistory"

/** A guest that has introduced itself, and is in the main channel. */
const arrive = (world: World, server: Node, nick: string) =>
  Effect.gen(function* () {
    const guest = yield* connect(world, server)
    yield* guest.send(`CAP REQ :${capabilities}`, `NICK ${nick}`, `USER ${nick} 0 * :${nick}`, "CAP END", "JOIN #main")
    yield* guest.sees(new RegExp(` 366 ${nick} #main `))
    return guest
  })

const leave = (guest: Guest) => Effect.zipRight(guest.send("QUIT"), guest.ended)

/** All lines that come for these. */
const asked = (guest: Guest, ...lines: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const before = guest.lines().length
    yield* guest.send(...lines, `PING end-${before}`)
    yield* guest.sees(new RegExp(` PONG \\S+ end-${before}$`))
    return guest.lines().slice(before).join("\n")
  })

const histories = ["kim", "1", "Server", "bob"].map((id) => `CHATHISTORY LATEST ${id} * 50`)
const everything = [
  ...histories,
  "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 50"
]

describe("what a guest has said in private", () => {
  ircStory("is for nobody who has its nick later: guest, renamed guest, or node", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const first = yield* arrive(world, server, "bob")
      const kim = yield* arrive(world, server, "kim")
      yield* one.sees("Client kim: initiated")
      yield* first.send("PRIVMSG kim :secret 1", "PRIVMSG 1 :secret 2", "PRIVMSG Server :secret 3")
      yield* kim.sees(/ PRIVMSG kim :secret 1$/)
      yield* one.sees("(private) Client bob: secret 2")
      yield* server.sees("(private) Client bob: secret 3")
      yield* kim.send("PRIVMSG bob :secret 4")
      yield* first.sees(/ PRIVMSG bob :secret 4$/)
      yield* one.type("/msg bob secret 5")
      yield* first.sees(/ PRIVMSG bob :secret 5$/)
      yield* server.type("/msg bob secret 6")
      yield* first.sees(/ PRIVMSG bob :secret 6$/)
      assert.strictEqual((yield* asked(first, ...everything)).match(/secret \d$/gm)?.length, 6)
      yield* leave(first)
      // What its friends have stays with them.
      assert.match(yield* asked(kim, ...histories), /secret 4/)

      for (const node of [one, server]) {
        yield* node.sees("* Client bob left")
        yield* node.type("/msg bob are you there?")
        yield* node.sees("* Client bob was a guest, and is gone.")
      }
      yield* one.type("/query bob")
      assert.match(yield* asked(kim, "PRIVMSG bob :are you there?"), / 401 kim bob /)

      const second = yield* arrive(world, server, "bob")
      assert.notMatch(yield* asked(second, ...everything), /secret/)
      yield* one.type("/msg bob hello, other bob")
      yield* second.sees(/ PRIVMSG bob :hello, other bob$/)
      yield* second.send("PRIVMSG kim :I am another", "PRIVMSG 1 :and here")
      yield* kim.sees(/^\S* ?:bob!bob@outlive PRIVMSG kim :I am another$/)
      yield* one.sees("(private) Client bob: and here")
      assert.notMatch(second.lines().join("\n"), /secret/)
      yield* leave(second)

      const third = yield* arrive(world, server, "rob")
      yield* third.send("NICK bob")
      yield* third.sees(/ NICK bob$/)
      assert.notMatch(yield* asked(third, ...everything), /secret|other/)
      yield* third.send("NICK rob")
      yield* one.sees("* Client bob is now Client rob")
      yield* leave(third)

      const node = yield* world.client("bob")
      yield* node.type("I am a node")
      yield* one.sees("Client bob: I am a node")
      yield* one.type("/msg bob to the node")
      yield* node.sees("(private) Client 1: to the node")
      yield* node.stands()
      yield* node.type("/history 100")
      yield* node.sees("* 2026-01-01 00:00:00 Client bob: I am a node")
      assert.notMatch((yield* node.screen).join("\n"), /secret|other bob/)
      const away = yield* connect(world, server)
      yield* away.send("NICK bob")
      yield* away.sees(/ 433 \* bob /)
    })
  )
})

describe("a room in which guests were", () => {
  for (const carries of ["none", "all"] as const) {
    ircStory(
      `is given back when nobody is there any more, if the node carries ${carries}`,
      (world) =>
        Effect.gen(function* () {
          const { one, server } = yield* gather(world)
          const bob = yield* arrive(world, server, "bob")
          const kim = yield* arrive(world, server, "kim")
          yield* kim.send("JOIN #stays")
          yield* kim.sees(/ 366 kim #stays /)
          yield* one.type("/join theirs")
          yield* one.sees("* You are in #theirs. Nobody else is there.")
          for (const room of ["a", "b", "c", "d", "e"]) {
            yield* bob.send(`JOIN #${room}`)
            yield* bob.sees(new RegExp(` 366 bob #${room} `))
            if (room === "b" || room === "d") yield* asked(bob, `PRIVMSG #${room} :last in ${room}`)
            yield* bob.send(`PART #${room}`)
            yield* bob.sees(new RegExp(` PART #${room}`))
          }
          // Nobody is in the others. What was said in #b and #d is kept by a node that carries all, if it has room.
          const list = yield* asked(bob, "LIST")
          assert.deepStrictEqual(
            Array.from(list.matchAll(/ 322 bob (#\S+) (\d+) /g), ([, name, count]) => `${name} ${count}`).sort(),
            ["#main 5", "#stays 1", "#theirs 1"]
          )
          yield* bob.send("JOIN #f")
          yield* bob.sees(/ 366 bob #f /)
          yield* leave(bob)
          yield* kim.send("JOIN #f,#g")
          yield* kim.sees(/ 366 kim #g /)
          if (carries === "none") yield* asked(kim, "JOIN #h")
          yield* kim.send("JOIN #i")
          yield* kim.sees(/ 403 kim #i /)
          assert.notMatch(yield* asked(kim, "PRIVMSG #stays :all is well"), / 40\d /)
        }),
      { carries, limits: { rooms: 4 } }
    )
  }

  ircStory("stays theirs when the people at its node leave it, and goes with the last of them", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const bob = yield* arrive(world, server, "bob")
      yield* server.type("/join ops")
      yield* server.sees("* You are in #ops. Nobody else is there.")
      yield* one.type("/join ops")
      yield* one.sees("* You are in #ops. Server is there too.")
      yield* asked(bob, "JOIN #ops")
      yield* server.type("/leave ops")
      yield* server.sees("* You have left #ops. You are in main.")
      yield* bob.send("PRIVMSG #ops :still here")
      yield* one.sees("Client bob: still here")
      yield* one.type("good")
      yield* bob.sees(/ PRIVMSG #ops :good$/)
      yield* bob.send("PART #ops")
      yield* bob.sees(/ PART #ops/)
      yield* one.type("/go ops")
      yield* one.sees("* You are in #ops. Nobody else is there.")
    })
  )
})
