/** What is typed behind a slash: each command, by the real programs with scripted consoles. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { commands } from "../../src/programs/commands/all.ts"
import { completionsOf } from "../../src/terminal/Completion.ts"
import { id } from "../support/samples.ts"
import { gather, type Node, story } from "./World.ts"

/** What the screen shows of a command, below it. */
const answerTo = (node: Node, line: string) =>
  Effect.gen(function* () {
    yield* node.type(line)
    yield* node.sees(`> ${line}`)
    yield* node.type("/help unmute")
    yield* node.sees("> /help unmute", "* /unmute ID: Shows the lines of ID again.")
    const screen = yield* node.screen
    return screen.slice(screen.lastIndexOf(`> ${line}`) + 1, screen.lastIndexOf("> /help unmute"))
  })

const time = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g

/** With every time of day in it as the word TIME. */
const timeless = (lines: ReadonlyArray<string>) => lines.map((line) => line.replace(time, "TIME"))

const names = [
  ...["help", "who", "join", "go", "leave", "rooms", "topic", "say", "msg", "query"],
  ...["me", "history", "mentions", "pending", "mute", "unmute"],
  ...["send", "files", "get", "cancel", "drop"],
  ...["verify", "trust", "kick", "ban", "unban", "status", "save", "web", "quit"]
]

describe("help and completion", () => {
  it("name every command there is, each once", () => {
    assert.deepStrictEqual(
      commands.map(({ name }) => name),
      names
    )
    assert.deepStrictEqual(
      completionsOf(commands, "/", 1, [id("7")]).candidates.map(({ label }) => label),
      names.map((name) => `/${name}`)
    )
  })

  story("/help lists every command with its arguments and what it does", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const lines = yield* answerTo(server, "/help")
      const [most, few] = [commands.filter(({ group }) => group === undefined), ["Files", "Secure chats", "This node"]]
      assert.lengthOf(lines, most.length + few.length + 1)
      assert.include(lines, "* Files: /send, /files, /get, /cancel, /drop.")
      for (const [index, { name }] of most.entries()) {
        assert.match(lines[index] as string, new RegExp(`^\\* /${name}( [[A-Z|\\]]+)*: [A-Z].+\\.$`))
      }
      assert.include(lines, "* Secure chats: /verify, /trust, /kick, /ban, /unban.")
      for (const name of names) assert.match(lines.join(), new RegExp(`/${name}\\b`))
      // It fits a terminal of 24 rows and 80 columns, with the line that was typed, the status, and what is being typed.
      assert.isAtMost(lines.length, 21)
      for (const line of lines) assert.isAtMost(line.length, 79, line)
      const more = [
        "* /mute [ID]: Hides the lines of ID; without ID: lists who is muted.",
        "* On this screen only, until /unmute or until you leave."
      ]
      assert.include(lines, more[0])
      assert.deepStrictEqual(yield* answerTo(server, "/help mute"), more)
      assert.deepStrictEqual(yield* answerTo(server, "/help /mute"), more)
      assert.match(
        (yield* answerTo(server, "/help miut")).join(),
        /^\* There is no command \/miut; did you mean \/mute\?/
      )
    })
  )

  story("a command that is not there is not said, and the nearest is suggested", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const unknown = (name: string, meant: string) =>
        `* There is no command /${name}${meant} /help lists them. To send a line that begins with a slash, begin it with //.`
      assert.deepStrictEqual(yield* answerTo(one, "/hisotry"), [unknown("hisotry", "; did you mean /history?")])
      assert.deepStrictEqual(yield* answerTo(one, "/st"), [unknown("st", "; did you mean /status?")])
      assert.deepStrictEqual(yield* answerTo(one, "/ignore 2"), [unknown("ignore", "; did you mean /mute?")])
      assert.deepStrictEqual(yield* answerTo(one, "/usr/local/bin"), [unknown("usr/local/bin", ".")])
      assert.deepStrictEqual(yield* answerTo(one, "/"), [unknown("", ".")])
      yield* one.type("still here")
      yield* two.sees("Client 1: still here")
      assert.notInclude((yield* two.screen).join(), "/")
    })
  )

  story("commands that other chats have are answered with what there is in their place, and are not said", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const known: ReadonlyArray<readonly [line: string, answer: string]> = [
        ["/j ops", "did you mean /join?"],
        ["/list", "did you mean /rooms?"],
        ["/part", "did you mean /leave?"],
        ["/window ops", "did you mean /go?"],
        ["/buffer ops", "did you mean /go?"],
        ["/m 2 hello", "did you mean /msg?"],
        ["/q 2", "did you mean /query?"],
        ["/whisper 2 hello", "did you mean /msg?"],
        ["/nick bob", "An id can't be changed while you are here"],
        ["/NICK bob", "An id can't be changed while you are here"],
        ["/away lunch", "/me is away"],
        ["/clear", "Ctrl-L clears the screen."],
        ["/set x y", "outlive config lists them"],
        ["/op 2", "There are no operators"],
        ["/invite 2", "outlive invite"],
        ["/quote x", "no IRC server is here"],
        ["/notice 2 hello", "/msg says a line to somebody alone"],
        ["/r hello", "Name the reader: /msg ID TEXT."],
        ["/time", "With --times"],
        ["/wc", "did you mean /leave?"],
        ["/whois 2", "did you mean /who?"],
        ["/ping", "did you mean /who?"],
        ["/names", "did you mean /who?"],
        ["/exit", "did you mean /quit?"],
        ["/help nick", "An id can't be changed while you are here"]
      ]
      for (const [line, answer] of known) {
        const lines = yield* answerTo(one, line)
        assert.lengthOf(lines, 1, line)
        assert.include(lines[0], answer, line)
      }
      yield* one.type("still here")
      yield* two.sees("Client 1: still here")
      assert.isEmpty((yield* two.screen).filter((line) => /bob|hello|lunch/.test(line)))
    })
  )

  story("exit and quit are asked about once, and then said", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const question = "* Exit (with a capital E) or /quit leaves. To send this line, type it again."
      yield* one.type("exit")
      yield* one.sees("> exit", question)
      yield* one.type("exit")
      yield* two.sees("Client 1: exit")
      yield* one.type("QUIT")
      yield* one.sees("> QUIT", question, question)
      yield* one.type("exit the room")
      yield* two.sees("Client 1: exit the room")
      yield* one.type("Exit")
      assert.deepStrictEqual(yield* one.ended, Exit.void)
      assert.notInclude((yield* two.screen).join(), "QUIT")
    })
  )

  story("/mentions shows the last lines that called, and nothing of one's own", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      assert.deepStrictEqual(yield* answerTo(one, "/mentions"), ["* No line that is kept mentions you."])
      yield* two.type("@1 are you there?")
      yield* two.type("somebody?")
      yield* two.type("/me waves at @1")
      yield* one.sees("Client 2 waves at @1")
      yield* one.type("@1 is me")
      assert.deepStrictEqual(timeless(yield* answerTo(one, "/mentions")), [
        "* TIME Client 2: @1 are you there?",
        "* TIME Client 2 waves at @1"
      ])
    })
  )

  story("what does not fit is answered with how the command is used", (world) =>
    Effect.gen(function* () {
      const one = yield* world.server
      const usage = (text: string) => `* Usage: ${text}`
      assert.deepStrictEqual(yield* answerTo(one, "/me"), [usage("/me TEXT (TEXT is missing)")])
      assert.deepStrictEqual(yield* answerTo(one, "/rooms else"), [usage("/rooms (it takes no more arguments)")])
      assert.deepStrictEqual(yield* answerTo(one, "/mute no/id"), [
        usage("/mute [ID] (an id has 1 to 32 letters, digits, - and _)")
      ])
    })
  )
})

describe("commands", () => {
  story("// says a slash, to all, and only one is taken away", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* one.type("//who is it")
      yield* one.type("///")
      for (const node of [two, server]) yield* node.sees("Client 1: /who is it", "Client 1: //")
      yield* one.sees("> //who is it", "> ///")
      yield* one.stands()
    })
  )

  story("/who tells who is here, where, how they are linked, and who is being dialled", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      yield* world.network.delay(() => 20)
      // Until the heartbeat has measured all links again.
      yield* Effect.sleep("15 seconds")
      assert.deepStrictEqual(timeless(yield* answerTo(one, "/who")), [
        "* Client 1, localhost:6001, this node, since TIME",
        "* Server, localhost:4000, direct, 40.0 ms, since TIME",
        "* Client 2, localhost:6002, direct, 40.0 ms, since TIME"
      ])
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
      assert.deepStrictEqual(timeless(yield* answerTo(one, "/who")), [
        "* Client 1, localhost:6001, this node, since TIME",
        "* Client 2, localhost:6002, direct, 40.0 ms, since TIME",
        "* Server, localhost:4000, no link, being dialled"
      ])
    })
  )

  story("/who tells through whom somebody is heard who can't be reached directly", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* world.network.cut((from, to) => from !== "Server" && to !== "Server")
      yield* one.sees("* Client 2 is lost: it stopped answering")
      assert.include((yield* answerTo(one, "/who")).join(), "* Client 2, localhost:6002, no link, being dialled")
      yield* two.type("still here")
      yield* one.sees("Client 2: still here")
      assert.include((yield* answerTo(one, "/who")).join(), "* Client 2, localhost:6002, no link, heard through Server")
    })
  )

  story("/who tells who was given up and is heard through others, as long as these are there", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* world.network.cut((from, to) => from !== "Server" && to !== "Server")
      yield* one.sees("* Client 2 can't be reached any more")
      assert.notInclude((yield* answerTo(one, "/who")).join(), "Client 2")
      yield* two.type("still here")
      yield* one.sees("Client 2: still here")
      const heard = "* Client 2, localhost:6002, no link, given up, heard through Server"
      assert.include((yield* answerTo(one, "/who")).join(), heard)
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
      assert.notInclude((yield* answerTo(one, "/who")).join(), "Client 2")
      yield* world.network.heal
      yield* one.sees("* Client 2 is back")
      assert.include((yield* answerTo(one, "/who")).join(), "* Client 2, localhost:6002, direct")
    })
  )

  story("/me says what one does, as something done, on every screen and in the record", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* one.type("/me waves to  all")
      for (const node of [two, server]) yield* node.sees("Client 1 waves to  all")
      // Not what was typed, but what the others see.
      yield* one.sees("> Client 1 · waves to  all")
      yield* one.stands()
      assert.deepStrictEqual(timeless(yield* answerTo(two, "/history 1")), ["* TIME Client 1 waves to  all"])
      yield* server.kill
      yield* two.kill
      yield* one.type("/me waits")
      yield* one.stands("… Client 1 · waits")
      assert.deepStrictEqual(yield* answerTo(one, "/pending"), ["* not yet delivered: waits"])
    })
  )

  story("/history shows the last lines, so many, or those with a text in them", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      assert.deepStrictEqual(yield* answerTo(two, "/history"), ["* No lines are kept."])
      for (let n = 1; n <= 30; n += 1) yield* one.type(n % 3 === 0 ? `Fizz ${n}` : `line ${n}`)
      yield* two.sees("Client 1: Fizz 30")
      yield* two.type("fizz to you")
      const last = timeless(yield* answerTo(two, "/history 2"))
      assert.deepStrictEqual(last, ["* TIME Client 1: Fizz 30", "* TIME Client 2: fizz to you"])
      assert.lengthOf(yield* answerTo(two, "/history"), 20)
      assert.lengthOf(yield* answerTo(two, "/history 99"), 31)
      const found = timeless(yield* answerTo(two, "/history fizz"))
      assert.deepStrictEqual([found.length, found[0], found.at(-1)], [11, "* TIME Client 1: Fizz 3", last[1]])
      assert.deepStrictEqual((yield* answerTo(two, "/history client"))[0], "* 31 lines match; the last 20:")
      assert.deepStrictEqual(yield* answerTo(two, "/history nothing here"), [
        "* No line that is kept contains nothing here."
      ])
    })
  )

  story("/mute hides what somebody says, on that screen alone, and /unmute ends it", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      assert.deepStrictEqual(yield* answerTo(one, "/mute"), ["* Nobody is muted."])
      assert.deepStrictEqual(yield* answerTo(one, "/mute 2"), ["* Muted: Client 2."])
      yield* two.type("hidden")
      yield* server.sees("Client 2: hidden")
      yield* server.type("shown")
      yield* one.sees("Server: shown")
      assert.deepStrictEqual(yield* answerTo(one, "/unmute 2"), ["* Nobody is muted."])
      yield* two.type("seen")
      yield* one.sees("Client 2: seen")
      assert.notInclude(yield* one.screen, "Client 2: hidden")
    })
  )

  story("/mute takes only whom there is something to hide of: who is here, or has left and said something", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const nobody = (id: string, meant = ".") => `* ${id} is not here, and no line of ${id} is kept${meant}`
      assert.deepStrictEqual(yield* answerTo(one, "/mute sever"), [nobody("sever", "; did you mean Server?")])
      assert.deepStrictEqual(yield* answerTo(one, "/mute 1"), [nobody("1", "; did you mean 2?")])
      yield* two.type("goodbye")
      yield* two.interrupt
      yield* one.sees("Client 2: goodbye", "* Client 2 left")
      assert.deepStrictEqual(yield* answerTo(one, "/mute 2"), ["* Muted: Client 2."])
      assert.deepStrictEqual(yield* answerTo(one, "/mute"), ["* Muted: Client 2."])
    })
  )

  story("/status tells of the server, of links, of what waits and what is kept", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      assert.deepStrictEqual(
        (yield* answerTo(one, "/status")).map((line) => line.replace(/for \d+ s/, "for a while")),
        [
          "* This is Client 1 at localhost:6001, running for a while.",
          "* The server is up.",
          "* Links: 2 of 2. A peer counts as lost after 3 s of silence.",
          "* Rooms: main; you are in main.",
          "* Every line of yours has reached a peer.",
          "* Lines kept: 0."
        ]
      )
      yield* server.kill
      yield* two.kill
      yield* one.sees("* Client 2 is lost: the connection broke")
      yield* one.type("anybody?")
      assert.deepStrictEqual((yield* answerTo(one, "/status")).slice(1), [
        "* The server is down; the chat goes on without it.",
        "* Links: 0 of 2. A peer counts as lost after 3 s of silence.",
        "* Rooms: main; you are in main.",
        "* Your lines that no peer has yet: 1.",
        "* Lines kept: 1."
      ])
    })
  )

  story("/save writes what is kept into a new file, safe to look at, and over none", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* two.type("a \u001b[31mred\u001b[0m line")
      yield* one.sees("Client 2: a \\u{1b}[31mred\\u{1b}[0m line")
      yield* one.type("an answer")
      yield* two.sees("Client 1: an answer")
      assert.deepStrictEqual(yield* answerTo(one, "/save my chat.txt"), ["* 2 lines are in my chat.txt."])
      assert.strictEqual(
        world.files.get("my chat.txt")?.replace(time, "TIME"),
        "TIME Client 2: a \\u{1b}[31mred\\u{1b}[0m line\nTIME Client 1: an answer\n"
      )
      assert.deepStrictEqual(yield* answerTo(one, "/save my chat.txt"), [
        "* my chat.txt was not written: it exists already."
      ])
    })
  )

  story("/save shows on the screen no name of a file as it is that could act there", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* two.type("hello")
      yield* one.sees("Client 2: hello")
      const name = "a\u001b]52;c;b3duZWQ=\u0007\u009b2J\u202e\u200btxt"
      const shown = "a\\u{1b}]52;c;b3duZWQ=\\u{7}\\u{9b}2J\\u{202e}\\u{200b}txt"
      yield* one.type(`/save ${name}`)
      yield* one.sees(`* 1 line is in ${shown}.`)
      yield* one.type(`/save ${name}`)
      yield* one.sees(`* ${shown} was not written: it exists already.`)
      assert.deepStrictEqual([...world.files.keys()], [name])
    })
  )

  story("/quit leaves as Exit does, and nothing behind it is said", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* two.type("/quit")
      yield* two.type("too late")
      yield* two.ended
      yield* one.sees("* Client 2 left")
      yield* server.type("/quit")
      yield* server.ended
      yield* one.sees("Server: terminated.")
      assert.notInclude((yield* one.screen).join(), "too late")
    })
  )
})
