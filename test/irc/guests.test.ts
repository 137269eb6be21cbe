/** Guests: IRC clients of a server that are people of their own. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather, type Node, type World } from "../programs/World.ts"
import { connect, ircStory as storyOf } from "./Guest.ts"

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
