/** CHATHISTORY (IRCv3, draft/chathistory), at nodes of a chat. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather } from "../programs/World.ts"
import { connect, enter, type Guest, ircStory } from "./Guest.ts"

const capabilities = "draft/chathistory batch server-time message-tags"

/** Asks for history, and returns the lines within the batch. */
const ask = (guest: Guest, command: string) =>
  Effect.gen(function* () {
    yield* guest.send(command)
    const opening = yield* guest.sees(/ BATCH \+\S+ (chathistory|draft\/chathistory-targets)/)
    const reference = / BATCH \+(\S+)/.exec(opening)?.[1] ?? ""
    yield* guest.sees(new RegExp(` BATCH -${reference}$`))
    return guest.all(new RegExp(`^@batch=${reference}[; ]`))
  })
const textsOf = (lines: ReadonlyArray<string>) => lines.map((line) => line.replace(/^.* PRIVMSG #main :/, ""))
const tagOf = (name: string, line = "") => new RegExp(`[@;]${name}=([^; ]+)`).exec(line)?.[1] ?? ""

describe("draft/chathistory", () => {
  ircStory("LATEST, BEFORE, AFTER, AROUND and BETWEEN give the same lines and msgids at two nodes", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const here = yield* enter(world, one, { capabilities })
      const there = yield* enter(world, two, { capabilities })
      for (let at = 1; at <= 9; at += 1) {
        yield* two.type(`line ${at}`)
        yield* Effect.sleep("1 second")
      }
      yield* here.sees(/line 9$/)
      const all = yield* ask(here, "CHATHISTORY LATEST #main * 100")
      assert.deepStrictEqual(
        textsOf(all),
        Array.from({ length: 9 }, (_, at) => `line ${at + 1}`)
      )
      const elsewhere = yield* ask(there, "CHATHISTORY LATEST #main * 100")
      assert.deepStrictEqual(
        elsewhere.map((line) => tagOf("msgid", line)),
        all.map((line) => tagOf("msgid", line))
      )
      for (const name of ["msgid", "time"]) {
        const ref = (line: number) => `${name === "time" ? "timestamp" : name}=${tagOf(name, all[line - 1])}`
        const expected: ReadonlyArray<readonly [command: string, ...lines: ReadonlyArray<number>]> = [
          ["LATEST #main * 2", 8, 9],
          [`LATEST #main ${ref(6)} 100`, 7, 8, 9],
          [`LATEST #main ${ref(6)} 2`, 8, 9],
          [`BEFORE #main ${ref(4)} 2`, 2, 3],
          [`AFTER #main ${ref(4)} 2`, 5, 6],
          [`AROUND #main ${ref(5)} 3`, 4, 5, 6],
          [`AROUND #main ${ref(5)} 1`, 5],
          [`BETWEEN #main ${ref(2)} ${ref(8)} 3`, 3, 4, 5],
          [`BETWEEN #main ${ref(8)} ${ref(2)} 3`, 5, 6, 7],
          [`BETWEEN #main ${ref(2)} ${ref(3)} 3`],
          [`BEFORE #main ${ref(1)} 5`],
          ["LATEST #main * 0"]
        ]
        for (const [command, ...lines] of expected) {
          const texts = textsOf(yield* ask(here, `CHATHISTORY ${command}`))
          assert.deepStrictEqual(
            texts,
            lines.map((line) => `line ${line}`),
            command
          )
        }
      }
    })
  )

  ircStory("a label is at the beginning of the batch; TARGETS names the channel; what is wrong is told", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const guest = yield* enter(world, one, { capabilities: `${capabilities} labeled-response` })
      yield* two.type("hello")
      yield* guest.sees(/:hello$/)
      yield* guest.send("@label=x CHATHISTORY LATEST #main * 10")
      yield* guest.sees(/^@label=x :1\.outlive BATCH \+b1 chathistory #main$/)
      yield* guest.sees(/^@batch=b1;time=[^;]+;msgid=\S+ :2!2@outlive PRIVMSG #main :hello$/)
      yield* guest.sees(/^:1\.outlive BATCH -b1$/)
      const times = "timestamp=2025-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z"
      const [target] = yield* ask(guest, `CHATHISTORY TARGETS ${times} 10`)
      assert.match(target ?? "", / CHATHISTORY TARGETS #main 2026-01-01T00:00:\d\d\.\d\d\dZ$/)
      const early = "timestamp=2025-01-01T00:00:00.000Z timestamp=2025-02-01T00:00:00.000Z"
      assert.isEmpty(yield* ask(guest, `CHATHISTORY TARGETS ${early} 10`))
      for (const [command, code] of [
        ["LATEST #ops * 10", "INVALID_TARGET LATEST #ops"],
        ["LATEST #main * many", "INVALID_PARAMS LATEST #main"],
        ["LATEST #main number=1 10", "INVALID_MSGREFTYPE LATEST #main"],
        ["NONSENSE #main * 10", "INVALID_PARAMS NONSENSE #main"],
        ["BEFORE #main timestamp=never 10", "INVALID_PARAMS BEFORE #main"]
      ] as const) {
        yield* guest.send(`CHATHISTORY ${command}`)
        yield* guest.sees(new RegExp(`^:1\\.outlive FAIL CHATHISTORY ${code} :`))
      }
    })
  )

  ircStory("of what was said in private: with each of the others, and not with anybody else", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const first = yield* enter(world, one, { capabilities })
      yield* two.type("in the room")
      yield* first.sees(/:in the room$/)
      yield* Effect.sleep("1 second")
      yield* one.type("/msg 2 to you")
      yield* two.sees("(private) Client 1: to you")
      yield* one.type("/msg 2,Server to both")
      yield* two.sees("(private) Client 1: to both")
      yield* Effect.sleep("1 second")
      yield* two.type("/msg 1 from 2")
      yield* first.sees(/:from 2$/)
      yield* first.close
      const again = yield* enter(world, one, { capabilities })
      const spoken = (lines: ReadonlyArray<string>) => lines.map((line) => line.replace(/^\S+ /, ""))
      assert.deepStrictEqual(spoken(yield* ask(again, "CHATHISTORY LATEST 2 * 10")), [
        ":1!1@outlive PRIVMSG 2 :to you",
        ":1!1@outlive PRIVMSG 2 :to both",
        ":2!2@outlive PRIVMSG 1 :from 2"
      ])
      const withServer = yield* ask(again, "CHATHISTORY LATEST server * 10")
      assert.deepStrictEqual(spoken(withServer), [":1!1@outlive PRIVMSG Server :to both"])
      assert.isEmpty(again.all(/^(?!@batch).* PRIVMSG /))
      const [early, late] = ["timestamp=2025-01-01T00:00:00.000Z", "timestamp=2027-01-01T00:00:00.000Z"]
      const targetsOf = (lines: ReadonlyArray<string>) => lines.map((line) => / TARGETS (\S+) /.exec(line)?.[1])
      const targets = (from: string, to: string, limit: number) =>
        Effect.map(ask(again, `CHATHISTORY TARGETS ${from} ${to} ${limit}`), targetsOf)
      assert.deepStrictEqual(yield* targets(early, late, 10), ["#main", "Server", "2"])
      assert.deepStrictEqual(yield* targets(early, late, 1), ["#main"])
      assert.deepStrictEqual(yield* targets(late, early, 1), ["2"])
      yield* again.send("CHATHISTORY LATEST nobody * 10", "CHATHISTORY TARGETS msgid=x * 10")
      yield* again.sees(/ FAIL CHATHISTORY INVALID_TARGET LATEST nobody /)
      yield* again.sees(/ FAIL CHATHISTORY INVALID_MSGREFTYPE TARGETS /)
    })
  )

  ircStory("who asks for history is sent nothing old, and who has not asked for it gets none", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const first = yield* enter(world, one, { capabilities })
      yield* first.close
      yield* two.type("missed")
      yield* one.sees("Client 2: missed")
      const again = yield* enter(world, one, { capabilities })
      yield* two.type("now")
      yield* again.sees(/:now$/)
      assert.isEmpty(again.all(/:missed$/))
      const plain = yield* connect(world, one)
      yield* plain.send("NICK x", "USER x 0 * :x", "CHATHISTORY LATEST #main * 10")
      yield* plain.sees(/ 421 1 CHATHISTORY /)
    })
  )
})
