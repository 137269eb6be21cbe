/** Speech, history for who comes again, who comes and goes: IRC clients at the nodes of a chat. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather } from "../programs/World.ts"
import { VirtualDisk } from "../support/VirtualDisk.ts"
import { connect, enter, ircStory } from "./Guest.ts"

const texts = (lines: ReadonlyArray<string>) => lines.map((line) => line.replace(/^.* PRIVMSG #main :/, ""))

describe("an IRC client", () => {
  ircStory("speaks as its node, and is heard everywhere but by itself", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const guest = yield* enter(world, one)
      const other = yield* enter(world, one)
      const far = yield* enter(world, two)
      yield* guest.send("PRIVMSG #main :hello")
      for (const console of [two, server]) yield* console.sees("Client 1: hello")
      yield* one.sees("> hello")
      for (const each of [other, far]) {
        assert.strictEqual(yield* each.sees(/ PRIVMSG #/), ":1!1@outlive PRIVMSG #main :hello")
      }
      yield* two.type("/me waves")
      assert.strictEqual(yield* guest.sees(/ PRIVMSG #/), ":2!2@outlive PRIVMSG #main :\u0001ACTION waves\u0001")
      yield* guest.send("PRIVMSG #main :\u0001ACTION bows\u0001")
      yield* two.sees("Client 1 bows")
      yield* one.type("at the console")
      assert.strictEqual(yield* guest.sees(/ PRIVMSG #/), ":1!1@outlive PRIVMSG #main :at the console")
    })
  )

  ircStory("gets its own line back with echo-message, once, with label, time and msgid", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one, {
        capabilities: "echo-message labeled-response message-tags server-time batch"
      })
      const far = yield* enter(world, two, { capabilities: "message-tags" })
      yield* guest.send("@label=x PRIVMSG #main :hello")
      assert.match(
        yield* guest.sees(/ PRIVMSG #/),
        /^@time=2026-\d\d-\d\dT[\d:.]+Z;msgid=1\/main\/\d+-[0-9a-f]{8}\/1;label=x :1!1@outlive PRIVMSG #main :hello$/
      )
      // The same line has the same msgid at every node.
      assert.strictEqual(
        /msgid=([^; ]+)/.exec(yield* far.sees(/ PRIVMSG #/))?.[1],
        /msgid=([^; ]+)/.exec(guest.lines().at(-1) ?? "")?.[1]
      )
      yield* guest.send("@label=y PRIVMSG #main :again")
      yield* guest.sees(/label=y/)
      yield* Effect.sleep("5 seconds")
      assert.lengthOf(guest.all(/ PRIVMSG #/), 2)
    })
  )

  ircStory("is told nothing of a labelled line without echo-message but ACK", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities: "labeled-response batch" })
      yield* guest.send("@label=x PRIVMSG #main :hello")
      assert.strictEqual(yield* guest.sees(/label/), "@label=x :1.outlive ACK")
      yield* guest.send("@label=p PING t", "@label=w WHOIS 2")
      assert.strictEqual(yield* guest.sees(/label/), "@label=p :1.outlive PONG 1.outlive t")
      assert.strictEqual(yield* guest.sees(/label/), "@label=w :1.outlive BATCH +b3 labeled-response")
      yield* guest.sees(/^@batch=b3 :1\.outlive 311 1 2 2 outlive \* :outlive node 2/)
      yield* guest.sees(/^:1\.outlive BATCH -b3$/)
    })
  )

  ircStory("sees a lost server as a netsplit, its return as a join, and who leaves as a quit", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const guest = yield* enter(world, one)
      assert.deepStrictEqual(guest.all(/ 353 /), [":1.outlive 353 1 = #main :1 @Server 2"])
      yield* server.kill
      yield* guest.sees(/^:Server!Server@outlive QUIT :peer\.lost outlive\.net$/)
      yield* guest.sees(/^:1\.outlive NOTICE #main :Server is lost/)
      yield* guest.send("WHOIS Server")
      yield* guest.sees(/ 301 1 Server :There is no link/)
      yield* two.type("still here")
      yield* guest.sees(/PRIVMSG #main :still here/)
      yield* world.server
      yield* guest.sees(/^:Server!Server@outlive JOIN #main$/)
      yield* two.type("Exit")
      yield* guest.sees(/^:2!2@outlive QUIT :?left$/)
      const three = yield* world.client("3")
      yield* guest.sees(/^:3!3@outlive JOIN #main$/)
      yield* three.type("hi")
      yield* guest.sees(/^:3!3@outlive PRIVMSG #main :hi$/)
      yield* guest.send("NAMES #main")
      assert.strictEqual(yield* guest.sees(/ 353 /), ":1.outlive 353 1 = #main :1 @Server 3")
    })
  )

  ircStory("gets what it missed when it comes again, once and in order, by its name", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const first = yield* enter(world, one, { user: "weechat", capabilities: "server-time" })
      yield* two.type("before")
      yield* first.sees(/before/)
      yield* first.close
      yield* two.type("missed 1")
      yield* one.sees("Client 2: missed 1")
      yield* one.type("missed 2")
      yield* two.sees("Client 1: missed 2")
      const again = yield* enter(world, one, { user: "weechat", capabilities: "server-time" })
      yield* two.type("after")
      yield* again.sees(/after/)
      assert.deepStrictEqual(texts(again.all(/ PRIVMSG #/)), ["missed 1", "missed 2", "after"])
      assert.match(again.all(/missed 1/)[0] ?? "", /^@time=/)
      // A newcomer, and one that would take old lines for new ones.
      const newcomer = yield* enter(world, one, { user: "irssi", capabilities: "server-time" })
      const bot = yield* enter(world, one, { user: "weechat" })
      yield* two.type("last")
      for (const each of [newcomer, bot, again]) yield* each.sees(/last/)
      assert.deepStrictEqual(texts(newcomer.all(/ PRIVMSG #/)), ["last"])
      assert.deepStrictEqual(texts(bot.all(/ PRIVMSG #/)), ["last"])
      assert.deepStrictEqual(texts(again.all(/ PRIVMSG #/)), ["missed 1", "missed 2", "after", "last"])
    })
  )

  ircStory("gets what it missed after its node was killed, and has come again with its log", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      yield* world.server
      const one = yield* world.client("1", { disk })
      yield* one.sees("Client 1: initiated")
      const two = yield* world.client("2")
      yield* one.sees("Client 2: initiated")
      const how = { user: "weechat", capabilities: "server-time" }
      const first = yield* enter(world, one, how)
      yield* two.type("before")
      yield* first.sees(/:before$/)
      yield* Effect.sleep("1 second")
      yield* one.kill
      yield* first.ended
      yield* two.type("missed")
      const restarted = yield* world.client("1", { disk })
      yield* restarted.sees("Client 2: missed")
      const again = yield* enter(world, restarted, how)
      yield* two.type("after")
      yield* again.sees(/:after$/)
      assert.deepStrictEqual(texts(again.all(/ PRIVMSG #/)), ["missed", "after"])
    })
  )

  ircStory("leaves the channel and comes back to it, and the node stays in the chat", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities: "server-time" })
      yield* guest.send("PART #main :bye")
      yield* guest.sees(/^@time=\S+ :1!1@outlive PART #main :?bye$/)
      yield* two.type("while away")
      yield* one.sees("Client 2: while away")
      yield* guest.send("PRIVMSG #main :no", "PING x")
      yield* guest.sees(/ 404 1 #main /)
      yield* guest.sees(/PONG/)
      assert.isEmpty(guest.all(/while away/))
      yield* guest.send("JOIN #MAIN")
      yield* guest.sees(/^@time=\S+ :1!1@outlive JOIN #main$/)
      yield* guest.sees(/ 366 /)
      yield* guest.sees(/while away/)
      yield* guest.send("JOIN #main", "PING y")
      yield* guest.sees(/PONG/)
      assert.lengthOf(guest.all(/ JOIN #/), 2)
      assert.lengthOf(guest.all(/while away/), 1)
    })
  )

  ircStory("is told when nobody has its lines, and when somebody has", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      yield* server.sees("* IRC clients connect to localhost:5000.")
      const guest = yield* enter(world, server)
      yield* guest.send("PRIVMSG #main :anybody?")
      yield* guest.sees(/NOTICE #main :No other node has your last line yet/)
      const one = yield* world.client("1", { history: 10 })
      yield* one.sees("(earlier) Server: anybody?")
      yield* guest.sees(/NOTICE #main :Another node has all of your lines now/)
    })
  )

  ircStory("says everything that it has sent before QUIT, or before its connection ends", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one)
      yield* guest.send(...Array.from({ length: 50 }, (_, at) => `PRIVMSG #main :line ${at}`), "QUIT :bye")
      yield* two.sees("Client 1: line 49")
      yield* guest.sees(/^ERROR :Closing link/)
      yield* guest.ended
      const other = yield* enter(world, one)
      yield* other.send(...Array.from({ length: 50 }, (_, at) => `PRIVMSG #main :more ${at}`))
      yield* other.close
      yield* two.sees("Client 1: more 49")
    })
  )

  ircStory("runs commands of the node, and gets the answer as notices of its own", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const guest = yield* enter(world, one)
      yield* guest.send("OUTLIVE pending")
      yield* guest.sees(/^:1\.outlive NOTICE 1 :/)
    })
  )

  ircStory("gets an honest answer to what there is not", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const guest = yield* enter(world, one)
      yield* guest.send("PRIVMSG 1 :psst", "PRIVMSG nobody :psst", "JOIN #o.p", "MODE #main +m", "KICK #main 2")
      yield* guest.sees(/ 531 1 1 :A private line to yourself/)
      yield* guest.sees(/ 401 1 nobody /)
      yield* guest.sees(/ 403 1 #o\.p /)
      yield* guest.sees(/ 482 1 #main /)
      yield* guest.sees(/ 482 1 #main /)
      yield* guest.send("NOTICE 1 :psst", "PING x")
      yield* guest.sees(/PONG/)
      assert.lengthOf(guest.all(/ 531 /), 1)
    })
  )

  ircStory("ends with its node, which tells it", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const guest = yield* enter(world, one)
      yield* one.type("Exit")
      yield* guest.sees(/^ERROR :Closing link: The node has ended/)
      yield* guest.ended
    })
  )
})

describe("nobody at an IRC client", () => {
  ircStory("is called by other names than the id of the node, whatever nick was asked for", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const guest = yield* enter(world, one, { nick: "joe" })
      yield* guest.send("MODE joe +i")
      yield* guest.sees(/ 221 1 \+$/)
      assert.deepStrictEqual(guest.all(/ NICK /), [":joe!joe@outlive NICK 1"])
      yield* guest.send("NICK other")
      yield* guest.sees(/ 447 1 :You are called 1/)
    })
  )

  ircStory("can make a second line of IRC, or a request of CTCP, out of what was said elsewhere", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one)
      const json = yield* two.attach()
      yield* json.type("a\r\nPRIVMSG #main :forged\u0000\u001b]0;x\u0007")
      yield* json.type("\u0001VERSION\u0001")
      yield* json.type("end")
      yield* guest.sees(/:end$/)
      const lines = guest.all(/ PRIVMSG #/)
      assert.deepStrictEqual(lines, [
        ":2!2@outlive PRIVMSG #main :a",
        ":2!2@outlive PRIVMSG #main :PRIVMSG #main :forged\\u{0}\\u{1b}]0;x\\u{7}",
        ":2!2@outlive PRIVMSG #main :\\u{1}VERSION\\u{1}",
        ":2!2@outlive PRIVMSG #main :end"
      ])
    })
  )

  ircStory("gets a line of more than 512 bytes: it comes in pieces, cut at spaces", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities: "message-tags" })
      const text = Array.from({ length: 300 }, (_, at) => `wört${at}`).join(" ")
      yield* two.type(text)
      yield* two.type("end")
      yield* guest.sees(/:end$/)
      const lines = guest.all(/ PRIVMSG #/).slice(0, -1)
      assert.isAbove(lines.length, 5)
      for (const line of lines) assert.isAtMost(Buffer.byteLength(line.replace(/^@\S+ /, "")) + 2, 512)
      assert.strictEqual(texts(lines).join(" "), text)
      assert.lengthOf(
        lines.filter((line) => line.includes("msgid=")),
        1
      )
    })
  )
})

describe("limits", () => {
  ircStory("a client that does not introduce itself is let go, and so is one that answers no PING", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const stranger = yield* connect(world, one)
      yield* stranger.send("NICK x")
      yield* stranger.sees(/^ERROR :Closing link: Registration took too long/)
      const guest = yield* enter(world, one)
      yield* guest.sees(/^:1\.outlive PING 1\.outlive$/)
      yield* guest.send("PONG x")
      yield* guest.sees(/^:1\.outlive PING 1\.outlive$/)
      yield* guest.sees(/^ERROR :Closing link: Ping timeout/)
      yield* guest.ended
    })
  )

  ircStory("a client that sends 5,000 lines at once is read as fast as it may send", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one)
      const other = yield* enter(world, one)
      yield* guest.send(...Array.from({ length: 5_000 }, (_, at) => `UNKNOWN${"x".repeat(at % 9)}`))
      yield* guest.sees(/ 421 /)
      yield* other.send("PRIVMSG #main :meanwhile")
      yield* two.sees("Client 1: meanwhile")
      yield* Effect.sleep("20 seconds")
      assert.isBelow(guest.all(/ 421 /).length, 1_000)
      assert.isAbove(guest.all(/ 421 /).length, 700)
    })
  )

  ircStory("a client that reads nothing holds up nobody, and is let go", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one)
      const other = yield* enter(world, one)
      guest.hold(true)
      const long = "x".repeat(4_000)
      for (let at = 0; at < 500; at += 1) yield* two.type(`${at} ${long}`)
      yield* two.type("end")
      yield* other.sees(/:end$/)
      yield* Effect.sleep("4 minutes")
      guest.hold(false)
      yield* guest.ended
      assert.isEmpty(guest.all(/:end$/))
    })
  )
})
