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
