/**
 * What several people see of each other over IRC, by the numbers of the specifications: RFC 1459, RFC 2812, and the pages
 * of IRCv3. Each is a guest of one server. The same is checked from outside with irctest: see docs/IRC.md.
 */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { World } from "../../programs/World.ts"
import { connect, type Guest, ircStory } from "../Guest.ts"

/** Registers. Returns when the message of the day, or that there is none, has come. */
const register = (world: World, nick: string, capabilities = "") =>
  Effect.gen(function* () {
    const guest = yield* connect(world, { name: "Server" })
    if (capabilities !== "") yield* guest.send("CAP LS 302", `CAP REQ :${capabilities}`)
    yield* guest.send(`NICK ${nick}`, `USER u-${nick} 0 * :Real ${nick}`)
    if (capabilities !== "") yield* guest.send("CAP END")
    yield* guest.sees(/ 422 /)
    taken.set(guest, guest.lines().length)
    return guest
  })

let last = 0

/** How many lines of each were looked at. */
const taken = new WeakMap<Guest, number>()

/** What has come since the last call, and what these lines bring, up to the answer to a PING behind them. */
const asked = (guest: Guest, ...lines: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    last += 1
    yield* guest.send(...lines, `PING token-${last}`)
    yield* guest.sees(new RegExp(` PONG \\S+ token-${last}$`))
    const all = guest.lines()
    const before = taken.get(guest) ?? 0
    taken.set(guest, all.length)
    return all.slice(before, -1)
  })

/** What has come by now. */
const heard = (guest: Guest) => asked(guest)

const both = (world: World, channel: string, capabilities = "") =>
  Effect.gen(function* () {
    const foo = yield* register(world, "foo", capabilities)
    const bar = yield* register(world, "bar", capabilities)
    yield* asked(foo, `JOIN ${channel}`)
    yield* asked(bar, `JOIN ${channel}`)
    yield* asked(foo)
    return { foo, bar }
  })

const story = (name: string, tell: (world: World) => Effect.Effect<void>) =>
  ircStory(
    name,
    (world) =>
      Effect.flatMap(world.server, (server) =>
        Effect.zipRight(server.sees("* IRC clients connect to localhost:5000."), tell(world))
      ),
    { guests: true, operPassword: "sesame" }
  )

const has = (lines: ReadonlyArray<string>, ...expressions: ReadonlyArray<RegExp>) => {
  for (const expression of expressions) assert.match(lines.join("\n"), expression)
}

describe("RFC 2812, 3.1: registration, QUIT; 3.7.2: PING", () => {
  story("001 to 005 come in order, PING is answered, an unknown command is 421", (world) =>
    Effect.gen(function* () {
      const foo = yield* register(world, "foo")
      const numbers = foo.lines().map((line) => line.split(" ")[1])
      assert.deepStrictEqual(numbers.slice(0, 5), ["001", "002", "003", "004", "005"])
      has(foo.lines(), / 251 foo :There are 1 users and 0 invisible on 1 servers/, / 255 foo :I have 1 clients/)
      has(yield* asked(foo, "PING", "NONSENSE", "NOT_1-2"), / 409 foo /, / 421 foo NONSENSE /, / 421 foo NOT_1-2 /)
    })
  )

  story("a nick that is in use is 433, and free again after QUIT, which the channel sees", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      const other = yield* connect(world, { name: "Server" })
      yield* other.send("NICK FOO")
      yield* other.sees(/ 433 \* FOO /)
      yield* foo.send("QUIT :bye all")
      yield* foo.sees(/^ERROR /)
      yield* bar.sees(/^:foo!u-foo@outlive QUIT :bye all$/)
      yield* other.send("NICK foo", "USER u 0 * :r")
      yield* other.sees(/ 001 foo /)
    })
  )

  story("NICK is told to the channel once, and the new name works", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      has(yield* asked(foo, "NICK qux"), /^:foo!u-foo@outlive NICK qux$/m)
      has(yield* asked(bar, "PRIVMSG qux :hi", "PRIVMSG foo :hi"), /^:foo!\S+ NICK qux$/m, / 401 bar foo /)
      yield* foo.sees(/^:bar!u-bar@outlive PRIVMSG qux :hi$/)
    })
  )
})

describe("RFC 2812, 3.2: channels", () => {
  story("3.2.1, 3.2.5: JOIN is seen by all in it, with names; who begins a channel is its operator", (world) =>
    Effect.gen(function* () {
      const foo = yield* register(world, "foo")
      const bar = yield* register(world, "bar")
      has(yield* asked(foo, "JOIN #chan"), /^:foo!u-foo@outlive JOIN #chan$/m, / 353 foo = #chan :?@foo$/m, / 366 /)
      has(yield* asked(bar, "JOIN #chan"), / 353 bar = #chan :(bar @foo|@foo bar)$/m)
      has(yield* heard(foo), /^:bar!u-bar@outlive JOIN #chan$/m)
      has(yield* asked(bar, "JOIN #a,in@valid"), / JOIN #a$/m, / 403 bar in@valid /)
      assert.isEmpty(yield* asked(bar, "JOIN #chan"))
    })
  )

  story("3.2.2: PART with words, once, and 442 and 403 otherwise", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      has(yield* asked(bar, "PART #chan :see you"), /^:bar!u-bar@outlive PART #chan :see you$/m)
      has(yield* heard(foo), /^:bar!u-bar@outlive PART #chan :see you$/m)
      has(yield* asked(bar, "PART #chan"), / 442 bar #chan /)
      yield* asked(foo, "PRIVMSG #chan :alone")
      assert.isEmpty(yield* heard(bar))
    })
  )

  story("3.2.4, 3.2.6: TOPIC and LIST", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      has(yield* asked(foo, "TOPIC #chan"), / 331 foo #chan /)
      has(yield* asked(foo, "TOPIC #chan :on call"), /^:foo!u-foo@outlive TOPIC #chan :on call$/m)
      has(yield* heard(bar), /^:foo!\S+ TOPIC #chan :on call$/m)
      has(yield* asked(bar, "TOPIC #chan", "TOPIC #none"), / 332 bar #chan :on call$/m, / 333 /, / 403 bar #none /)
      const list = yield* asked(bar, "LIST")
      has(list, / 321 /, / 322 bar #chan 2 :on call$/m, / 323 /)
      assert.notMatch(list.join("\n"), /#main/)
    })
  )

  story("3.2.3, 3.2.8: the operator gives +o and +v, and removes; nobody else does", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan", "multi-prefix")
      has(yield* asked(bar, "KICK #chan foo", "MODE #chan +o bar"), / 482 bar #chan /)
      yield* asked(foo, "MODE #chan +v bar")
      has(yield* heard(bar), /^:foo!u-foo@outlive MODE #chan \+v bar$/m)
      has(yield* asked(bar, "NAMES #chan"), /\+bar/)
      yield* asked(foo, "KICK #chan bar :enough")
      has(yield* heard(bar), /^:foo!u-foo@outlive KICK #chan bar :?enough$/m)
      has(yield* asked(foo, "NAMES #chan", "KICK #chan bar"), / 353 foo = #chan :?@foo$/m, / 441 foo bar #chan /)
    })
  )
})

describe("RFC 2811, 4.2 and 4.3; RFC 2812, 3.2.3: modes of channels", () => {
  story("i, k, l, b, e and I decide who may come in; an invitation counts more than all but the key", (world) =>
    Effect.gen(function* () {
      const foo = yield* register(world, "foo")
      const bar = yield* register(world, "bar")
      yield* asked(foo, "JOIN #chan")
      assert.deepStrictEqual(yield* asked(foo, "MODE #chan +ik-n+v beer foo"), [
        ":foo!u-foo@outlive MODE #chan +ik-n+v beer foo"
      ])
      has(yield* asked(foo, "MODE #chan"), / 324 foo #chan \+ik beer$/m, / 329 foo #chan \d+$/m)
      has(yield* asked(bar, "MODE #chan"), / 324 bar #chan \+ik \*$/m)
      has(
        yield* asked(bar, "JOIN #chan", "JOIN #other,#chan x,bees", "JOIN #chan beer"),
        / 475 bar #chan .*\n[\s\S]* 475 bar #chan [\s\S]* 473 bar #chan /
      )
      yield* asked(foo, "MODE #chan +I b?r!*@*")
      has(yield* asked(bar, "JOIN #chan beer", "PART #chan"), /^:bar!u-bar@outlive JOIN #chan$/m)
      yield* asked(foo, "MODE #chan -kI+bl * b?r!*@* BAR 1")
      has(yield* asked(bar, "JOIN #chan"), / 474 bar #chan /)
      has(yield* asked(bar, "MODE #chan b"), / 367 bar #chan BAR!\*@\* foo \d+$/m, / 368 bar #chan /)
      yield* asked(foo, "MODE #chan -i+e *!u-bar@*")
      has(yield* asked(bar, "JOIN #chan"), / 471 bar #chan /)
      has(yield* asked(bar, "INVITE"), / 337 bar /)
      has(yield* asked(foo, "INVITE bar #chan"), / 341 foo bar #chan$/m)
      has(
        yield* asked(bar, "INVITE", "JOIN #chan", "INVITE"),
        /^:foo!u-foo@outlive INVITE bar #chan$/m,
        / 336 bar #chan$/m,
        / JOIN #chan$/m
      )
      has(
        yield* asked(foo, "INVITE bar #chan", "INVITE nobody #chan", "INVITE bar #none"),
        / 443 foo bar #chan /,
        / 401 foo nobody /,
        / 403 foo #none /
      )
      // One change that is none is not told, and of several faults each is.
      const faults = yield* asked(foo, "MODE #chan +lkz-i 0 :a b", "MODE #chan +k", "MODE #chan +o nobody")
      has(faults, / 696 foo #chan l 0 /, / 696 foo #chan k \* /, / 472 foo z /, / 461 foo MODE_k /, / 401 foo nobody /)
      assert.notMatch(faults.join("\n"), / MODE #chan /)
    })
  )

  story("-n lets others speak who are not in the channel, and hear nothing of it", (world) =>
    Effect.gen(function* () {
      const foo = yield* register(world, "foo")
      const bar = yield* register(world, "bar", "echo-message")
      yield* asked(foo, "JOIN #chan")
      has(yield* asked(bar, "PRIVMSG #chan :no", "PRIVMSG #none :no"), / 404 bar #chan [\s\S]* 404 bar #none /)
      yield* asked(foo, "MODE #chan -n")
      yield* bar.send("PRIVMSG #chan :yes", "NICK rab")
      yield* bar.sees(/^:bar!u-bar@outlive PRIVMSG #chan :yes$/)
      yield* bar.sees(/^:bar!u-bar@outlive NICK rab$/)
      has(yield* asked(foo, "PRIVMSG #chan :thanks"), /^:bar!u-bar@outlive PRIVMSG #chan :yes$/m)
      assert.notMatch((yield* heard(bar)).join("\n"), /thanks/)
      yield* asked(foo, "MODE #chan +m")
      has(yield* asked(bar, "PRIVMSG #chan :no"), / 404 rab #chan /)
    })
  )

  story("those who come at the same time do not get past the limit", (world) =>
    Effect.gen(function* () {
      const foo = yield* register(world, "foo")
      yield* asked(foo, "JOIN #chan", "MODE #chan +l 2")
      const others = yield* Effect.forEach(["a", "b", "c"], (nick) => register(world, nick))
      for (const each of others) yield* each.send("JOIN #chan")
      const outcomes = yield* Effect.forEach(others, (each) => each.sees(/ (366|471) /))
      assert.lengthOf(
        outcomes.filter((line) => / 471 /.test(line)),
        2
      )
    })
  )

  story("m, b and t decide who may speak and set the topic; s hides the channel from who is outside", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      yield* asked(foo, "MODE #chan +mts")
      has(
        yield* asked(foo, "NAMES #chan", "MODE #chan +p-s", "NAMES #chan", "MODE #chan +s-p"),
        / 353 foo @ #chan /,
        / 353 foo \* #chan /
      )
      has(yield* heard(bar), /^:foo!u-foo@outlive MODE #chan \+mts$/m)
      const refused = yield* asked(bar, "PRIVMSG #chan :no", "TOPIC #chan :no", "MODE #chan -m", "OUTLIVE say chan no")
      has(refused, / 404 bar #chan [\s\S]* 482 bar #chan [\s\S]* 482 bar #chan [\s\S]* 481 bar /)
      assert.isEmpty(yield* asked(bar, "NOTICE #chan :no"))
      assert.isEmpty(yield* heard(foo))
      yield* asked(foo, "MODE #chan +v bar")
      yield* asked(bar, "PRIVMSG #chan :yes")
      has(yield* heard(foo), /^:bar!u-bar@outlive PRIVMSG #chan :yes$/m)
      yield* asked(foo, "MODE #chan -mv+b bar bar")
      has(yield* asked(bar, "PRIVMSG #chan :no"), / 404 bar #chan /)
      const qux = yield* register(world, "qux")
      const outside = yield* asked(qux, "LIST", "NAMES #chan", "WHOIS foo", "MODE #chan")
      assert.notMatch(outside.join("\n"), / (322|353|319) .*#chan/)
      has(outside, / 403 qux #chan /)
      yield* asked(foo, "MODE #chan -s")
      yield* asked(bar, "MODE bar +i")
      const told = yield* asked(qux, "NAMES #chan,#none", "WHO #chan")
      has(told, / 353 qux = #chan :?@foo$[\s\S]* 366 qux #none [\s\S]* 352 qux #chan u-foo /m)
      assert.notMatch(told.join("\n"), /u-bar/)
      has(yield* asked(bar, "LIST", "WHOIS foo"), / 322 bar #chan 2 /, / 319 bar foo :?@#chan/)
    })
  )
})

describe("RFC 2812, 3.1.4, 3.1.5, 3.7.1, 4.7: operators of the node", () => {
  story("OPER, KILL and WALLOPS; modes i and w; LUSERS, WHO and WHOIS tell", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      has(
        yield* asked(bar, "OPER x", "OPER x wrong", "KILL foo :x", "WALLOPS :x"),
        / 461 bar [\s\S]* 464 bar [\s\S]* 481 bar [\s\S]* 481 bar /
      )
      assert.deepStrictEqual(yield* asked(foo, "MODE foo +wio-w+x"), [
        ":Server.outlive 501 foo :Unknown mode",
        ":foo!u-foo@outlive MODE foo +i"
      ])
      has(yield* asked(foo, "MODE foo +w", "MODE foo", "MODE bar +i"), / 221 foo \+iw$/m, / 502 foo /)
      has(yield* asked(bar, "OPER anybody sesame"), / 381 bar [\s\S]*:bar!u-bar@outlive MODE bar \+o$/m)
      has(
        yield* asked(bar, "LUSERS", "WHO bar", "WHOIS bar"),
        / 251 bar :There are 1 users and 1 invisible /,
        / 252 bar 1 /,
        / H\* :0 /,
        / 313 bar bar /
      )
      yield* asked(bar, "WALLOPS :all hands")
      has(yield* heard(foo), /^:bar!u-bar@outlive WALLOPS :?all hands$/m)
      // An operator of the node is one in every channel.
      yield* asked(bar, "MODE #chan +m")
      has(yield* heard(foo), /^:bar!u-bar@outlive MODE #chan \+m$/m)
      const qux = yield* register(world, "qux")
      has(yield* asked(qux, "WHO f*", "WHO foo"), /^\S+ 315 qux f\* [\s\S]* 352 qux \* u-foo /)
      has(yield* asked(bar, "KILL Server :x", "KILL nobody :x"), / 483 bar [\s\S]* 401 bar nobody /)
      yield* bar.send("KILL foo :that is enough")
      yield* foo.sees(/^:bar!u-bar@outlive KILL foo :that is enough$/)
      yield* foo.sees(/^ERROR :Closing link: Killed \(bar \(that is enough\)\)$/)
      yield* bar.sees(/^:foo!u-foo@outlive QUIT :Killed \(bar \(that is enough\)\)$/)
      yield* asked(bar, "MODE bar -o")
      has(yield* asked(bar, "KILL qux :x"), / 481 bar /)
      yield* qux.send("OPER a b", "OPER a b", "OPER a b")
      yield* qux.sees(/^ERROR :Closing link: Too many wrong passwords/)
    })
  )
})

describe("RFC 2812, 3.3 and 3.6, 4.1, 4.6: messages, WHO, WHOIS, AWAY", () => {
  story("3.3: PRIVMSG and NOTICE to a channel and a nick; 401, 404, 411, 412, and nothing for a NOTICE", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      assert.isEmpty(yield* asked(foo, "PRIVMSG #chan :one", "NOTICE #chan :two", "NOTICE bar :three"))
      const lines = yield* heard(bar)
      assert.deepStrictEqual(lines, [
        ":foo!u-foo@outlive PRIVMSG #chan :one",
        ":foo!u-foo@outlive NOTICE #chan :two",
        ":foo!u-foo@outlive NOTICE bar :three"
      ])
      yield* asked(bar, "PART #chan")
      const errors = yield* asked(bar, "PRIVMSG nobody :x", "PRIVMSG #chan :x", "PRIVMSG", "PRIVMSG foo")
      has(errors, / 401 bar nobody /, / 404 bar #chan /, / 411 bar /, / 412 bar /)
      assert.isEmpty(yield* asked(bar, "NOTICE nobody :x"))
    })
  )

  story("a line that its readers would not get whole is 417", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      has(yield* asked(foo, `PRIVMSG bar :${"x".repeat(490)}`), / 417 foo /)
      assert.isEmpty(yield* asked(foo, `PRIVMSG bar :${"x".repeat(470)}`))
      has(yield* heard(bar), /:x{470}$/m)
    })
  )

  story("3.6.1, 3.6.2: WHO of a channel, a nick and a mask; WHOIS with channels", (world) =>
    Effect.gen(function* () {
      const { bar } = yield* both(world, "#chan")
      const who = yield* asked(bar, "WHO #chan")
      has(
        who,
        / 352 bar #chan u-foo outlive \S+ foo H@ :0 Real foo$/m,
        / 352 bar #chan u-bar \S+ \S+ bar H :/m,
        / 315 /
      )
      has(yield* asked(bar, "WHO f*o"), / 352 bar \S+ u-foo /)
      assert.lengthOf(yield* asked(bar, "WHO nobody"), 1)
      const whois = yield* asked(bar, "WHOIS foo", "WHOIS nobody")
      has(
        whois,
        / 311 bar foo u-foo outlive \* :Real foo$/m,
        / 319 bar foo :?@#chan$/m,
        / 312 /,
        / 318 bar foo /,
        / 401 /
      )
    })
  )

  story("4.1: AWAY is told to who writes, asks, and has away-notify", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan", "away-notify")
      has(yield* asked(foo, "AWAY :lunch"), / 306 foo /)
      has(yield* heard(bar), /^:foo!u-foo@outlive AWAY :?lunch$/m)
      has(
        yield* asked(bar, "PRIVMSG foo :hi", "WHOIS foo", "WHO foo", "USERHOST foo"),
        / 301 bar foo :?lunch$/m,
        / G@? :/
      )
      yield* asked(foo, "PART #chan", "JOIN #chan")
      has(yield* heard(bar), /^:foo!\S+ JOIN #chan\n:foo!u-foo@outlive AWAY :?lunch$/m)
      has(yield* asked(foo, "AWAY"), / 305 foo /)
      has(yield* heard(bar), /^:foo!u-foo@outlive AWAY$/m)
    })
  )
})

describe("what a guest says of itself, and to several", () => {
  const bidi = "\u202ea\u0007b\u001b[2J\u00a0\u200bc"
  const shown = String.raw`\u{202e}a\u{7}b\u{1b}[2J\u00a0\u{200b}c`.replace(String.raw`\u00a0`, "\u00a0")

  story("words of QUIT, PART, AWAY, KICK, INVITE and real names are as harmless as text", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan", "away-notify extended-join setname")
      const evil = yield* connect(world, { name: "Server" })
      yield* evil.send("NICK evil", `USER u 0 * :${bidi}`, "JOIN #chan", `AWAY :${bidi}`, `SETNAME :${bidi}x`)
      yield* evil.send(`PART #chan :${bidi}`, "JOIN #chan", "AWAY", "PING over", `QUIT :${bidi}`)
      yield* evil.sees(/^ERROR/)
      yield* asked(foo, `KICK #chan bar :${bidi}`)
      const lines = [...(yield* heard(foo)), ...(yield* heard(bar))]
      for (const mark of "\u202e\u0007\u001b\u200b") assert.notInclude(lines.join("\n"), mark)
      for (const start of ["JOIN #chan * :", "AWAY :", "SETNAME :", "PART #chan :", "QUIT :", "KICK #chan bar :"]) {
        const found = lines.find((line) => line.includes(` ${start.replace(" :", " ")}`) && line.includes(shown))
        assert.isDefined(found, [start, ...lines].join("\n"))
      }
    })
  )

  story("a NOTICE makes none of a PRIVMSG that says the same later", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      // It is said before its author is out of the channel.
      yield* bar.send("NOTICE #chan :same")
      yield* foo.send("KICK #chan bar")
      yield* bar.sees(/ KICK #chan bar /)
      yield* asked(bar, "JOIN #chan", "PRIVMSG #chan :same")
      const said = (yield* heard(foo)).filter((line) => line.endsWith(":same"))
      const from = ":bar!u-bar@outlive"
      assert.deepStrictEqual(said, [`${from} NOTICE #chan :same`, `${from} PRIVMSG #chan :same`])
    })
  )

  story("PRIVMSG and NOTICE go to several, each answered, and to no more than TARGMAX says", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan")
      has(foo.lines(), / TARGMAX=\S*PRIVMSG:4,NOTICE:4/)
      yield* foo.send("PRIVMSG bar,nobody,#chan,BAR,#none :hi")
      yield* foo.sees(/ 401 foo nobody /)
      yield* foo.sees(/ 404 foo #none /)
      assert.sameMembers(
        [...(yield* heard(bar))],
        [":foo!u-foo@outlive PRIVMSG bar :hi", ":foo!u-foo@outlive PRIVMSG #chan :hi"]
      )
      yield* heard(foo)
      has(yield* asked(foo, "PRIVMSG a,b,c,d,bar :hi"), /^\S+ 407 foo a,b,c,d,bar /)
      assert.isEmpty(yield* asked(foo, "NOTICE a,b,c,d,bar :hi"))
      assert.isEmpty(yield* heard(bar))
    })
  )
})

describe("IRCv3", () => {
  story("server-time: what happens has a time too; invite-notify and setname are told to who asked", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan", "server-time invite-notify setname batch labeled-response")
      const qux = yield* register(world, "qux")
      yield* asked(foo, "INVITE qux #chan", "MODE #chan +t", "SETNAME :Another name", "TOPIC #chan :news")
      yield* asked(qux, "JOIN #chan", "NICK quux", "PART #chan", "JOIN #chan", "SETNAME :Quux")
      yield* asked(foo, "KICK #chan quux")
      yield* qux.send("QUIT")
      yield* qux.sees(/^ERROR/)
      const told = yield* heard(bar)
      for (const words of [
        "INVITE qux #chan",
        "MODE #chan",
        "SETNAME :Another",
        "TOPIC",
        "JOIN",
        "NICK",
        "PART",
        "KICK"
      ]) {
        has(told, new RegExp(`^@time=\\d{4}-\\d\\d-\\d\\dT\\S+Z :\\S+ ${words}`, "m"))
      }
      has(told, /^@\S+ :quux!u-qux@outlive SETNAME :?Quux$/m)
      assert.notMatch(qux.lines().join("\n"), /@time|SETNAME|INVITE qux.*\n[\s\S]*INVITE qux/)
      has(yield* asked(bar, "WHOIS foo"), / 311 bar foo \S+ \S+ \* :Another name$/m)
      yield* bar.send("@label=x PING y", "@label=z SETNAME")
      yield* bar.sees(/^@label=x :\S+ PONG/)
      yield* bar.sees(/^@label=z :\S+ FAIL SETNAME INVALID_REALNAME /)
    })
  )

  story("echo-message, labels and tags: the echo has its label, all have the same msgid", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan", "echo-message labeled-response batch message-tags server-time")
      yield* foo.send("@label=one PRIVMSG #chan :hello")
      const echo = yield* foo.sees(/PRIVMSG #chan :hello$/)
      assert.match(echo, /^@(\S*;)?label=one/)
      const received = yield* bar.sees(/PRIVMSG #chan :hello$/)
      const msgid = /msgid=([^; ]+)/
      assert.strictEqual(msgid.exec(received)?.[1], msgid.exec(echo)?.[1])
      assert.match(received, /time=\d{4}-\d\d-\d\dT/)
      yield* foo.send("@label=two PING x")
      yield* foo.sees(/^@label=two :\S+ PONG \S+ x$/)
    })
  )

  story("extended-join, userhost-in-names, account-free; UTF-8 stays whole", (world) =>
    Effect.gen(function* () {
      const { bar, foo } = yield* both(world, "#chan", "extended-join userhost-in-names")
      yield* register(world, "qux").pipe(Effect.flatMap((qux) => asked(qux, "JOIN #chan")))
      has(yield* heard(foo), /^:qux!u-qux@outlive JOIN #chan \* :Real qux$/m)
      has(yield* asked(bar, "NAMES #chan"), /@foo!u-foo@outlive/)
      yield* asked(foo, "PRIVMSG #chan :grüße 😃")
      has(yield* heard(bar), /:grüße 😃$/m)
    })
  )

  story("chathistory: what was said comes in a batch, before and after a message", (world) =>
    Effect.gen(function* () {
      const { foo } = yield* both(world, "#chan", "draft/chathistory batch message-tags server-time")
      yield* asked(foo, ...Array.from({ length: 5 }, (_, at) => `PRIVMSG #chan :line ${at + 1}`))
      const latest = yield* asked(foo, "CHATHISTORY LATEST #chan * 3")
      assert.lengthOf(
        latest.filter((line) => / PRIVMSG #chan :line [345]$/.test(line)),
        3
      )
      has(latest, /BATCH \+\S+ chathistory #chan$/m)
    })
  )

  story("MONITOR: who comes and goes", (world) =>
    Effect.gen(function* () {
      const foo = yield* register(world, "foo")
      has(yield* asked(foo, "MONITOR + bar"), / 731 foo :?bar/)
      const bar = yield* register(world, "bar")
      has(yield* heard(foo), / 730 foo :?bar/)
      yield* bar.send("QUIT")
      yield* bar.sees(/^ERROR/)
      has(yield* heard(foo), / 731 foo :?bar/)
      const again = yield* register(world, "bar")
      has(yield* heard(foo), / 730 foo :?bar/)
      yield* asked(again, "NICK BAR")
      assert.isEmpty(yield* heard(foo))
    })
  )
})
