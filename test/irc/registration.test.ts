/** How an IRC client introduces itself, by the numbers of the specifications. */
import { assert, describe, it } from "@effect/vitest"
import { parse, write } from "../../src/protocol/irc/Message.ts"
import * as Registration from "../../src/protocol/irc/Registration.ts"

const open: Registration.Policy = { server: "a.outlive", account: "a" }
const closed: Registration.Policy = { ...open, isPassword: (text) => text === "sesame" }

/** What comes of these lines. */
const outcome = (policy: Registration.Policy, ...lines: ReadonlyArray<string>) => {
  let state = Registration.initial
  let end: string | undefined
  const answers: Array<string> = []
  for (const line of lines) {
    const message = parse(line)
    if (message === undefined) continue
    const step = Registration.step(policy, state, message)
    state = step.state
    end ??= step.end
    answers.push(...step.answers.map((answer) => write(answer).trimEnd()))
  }
  return { state, end, answers }
}

const plain = (password: string, name = "joe") => Buffer.from(`\0${name}\0${password}`).toString("base64")

describe("RFC 2812, 3.1: registration", () => {
  it("3.1.2, 3.1.3: NICK and USER in either order", () => {
    for (const lines of [
      ["NICK joe", "USER u 0 * :r"],
      ["USER u 0 * :r", "NICK joe"]
    ]) {
      const { answers, state } = outcome(open, ...lines)
      assert.isTrue(state.isRegistered)
      assert.isEmpty(answers)
      assert.deepInclude(state, { nick: "joe", user: "u" })
    }
  })

  it("3.1.2: no nickname is 431, and one that could be taken for something else is 432", () => {
    assert.deepStrictEqual(outcome(open, "NICK").answers, [":a.outlive 431 * :No nickname given"])
    for (const nick of ["#x", "a!b", "a@b", ":a b", "*", "x".repeat(65), "a,b"]) {
      assert.match(outcome(open, `NICK ${nick}`).answers[0] ?? "", /^:a\.outlive 43[12] \* /, nick)
    }
  })

  it("3.1.3: USER without its four parameters is 461", () => {
    for (const line of ["USER u", "USER u 0 * :"]) {
      assert.deepStrictEqual(outcome(open, line).answers, [":a.outlive 461 * USER :Not enough parameters"], line)
    }
  })

  it("3.1.1, 3.1.3: PASS and USER again are 462", () => {
    const lines = ["NICK joe", "USER u 0 * :r", "PASS x", "USER u 0 * :r"]
    assert.deepStrictEqual(outcome(open, ...lines).answers, [
      ":a.outlive 462 joe :You are registered already",
      ":a.outlive 462 joe :You are registered already"
    ])
  })

  it("3.1.1: a wrong or missing password is 464, and the end", () => {
    for (const lines of [["PASS wrong"], []]) {
      const { answers, end, state } = outcome(closed, ...lines, "NICK joe", "USER u 0 * :r")
      assert.isFalse(state.isRegistered)
      assert.match(answers[0] ?? "", / 464 joe /)
      assert.isString(end)
    }
    assert.isTrue(outcome(closed, "PASS sesame", "NICK joe", "USER u 0 * :r").state.isRegistered)
    assert.isFalse(outcome(closed, "PASS sesame", "PASS wrong", "NICK joe", "USER u 0 * :r").state.isRegistered)
  })
})

describe("IRCv3: capability negotiation", () => {
  it("CAP LS and CAP REQ suspend the registration until CAP END", () => {
    for (const first of ["CAP LS 302", "CAP REQ :batch", "CAP REQ :nonsense"]) {
      const lines = [first, "NICK joe", "USER u 0 * :r"]
      assert.isFalse(outcome(open, ...lines).state.isRegistered, first)
      assert.isTrue(outcome(open, ...lines, "CAP END").state.isRegistered, first)
    }
  })

  it("CAP LS 302 gives values, and takes cap-notify for granted", () => {
    const { answers, state } = outcome(closed, "CAP LS 302")
    assert.match(answers.join("\n"), /^:a\.outlive CAP \* LS :.*\bsasl=PLAIN\b/)
    assert.isTrue(state.capabilities.has("cap-notify"))
    const old = outcome(closed, "CAP LS")
    assert.match(old.answers.join("\n"), /\bsasl\b(?!=)/)
    assert.isFalse(old.state.capabilities.has("cap-notify"))
    assert.notInclude(outcome(open, "CAP LS 302").answers.join("\n"), "sasl")
  })

  it("a request is granted as a whole, or not at all; a minus takes a capability back", () => {
    assert.deepStrictEqual(outcome(open, "CAP REQ :batch nonsense").answers, [":a.outlive CAP * NAK :batch nonsense"])
    assert.isEmpty(outcome(open, "CAP REQ :batch nonsense").state.capabilities)
    const { answers, state } = outcome(open, "CAP REQ :batch server-time", "CAP REQ -batch", "CAP LIST")
    assert.deepStrictEqual(answers, [
      ":a.outlive CAP * ACK :batch server-time",
      ":a.outlive CAP * ACK -batch",
      ":a.outlive CAP * LIST server-time"
    ])
    assert.deepStrictEqual([...state.capabilities], ["server-time"])
  })

  it("one capability a request, before the list is answered, as senpai does it", () => {
    const { state } = outcome(open, "CAP LS 302", "CAP REQ batch", "CAP REQ server-time", "NICK s", "USER s 0 * s")
    assert.sameMembers([...state.capabilities], ["cap-notify", "batch", "server-time"])
  })

  it("anything else is 410", () => {
    assert.deepStrictEqual(outcome(open, "CAP NONSENSE").answers, [":a.outlive 410 * NONSENSE :Invalid CAP command"])
    assert.deepStrictEqual(outcome(open, "CAP").answers, [":a.outlive 410 * * :Invalid CAP command"])
  })

  it("no line of the list is longer than 512 bytes", () => {
    for (const answer of outcome(closed, "NICK joe", "CAP LS 302").answers) assert.isAtMost(answer.length, 510)
  })
})

describe("IRCv3: SASL 3.1 and RFC 4616", () => {
  const begin = ["CAP REQ :sasl", "NICK joe", "USER u 0 * :r", "AUTHENTICATE PLAIN"]

  it("the password is 900 and 903, and opens the door", () => {
    const { answers, state } = outcome(closed, ...begin, `AUTHENTICATE ${plain("sesame")}`, "CAP END")
    assert.deepStrictEqual(answers.slice(1), [
      "AUTHENTICATE +",
      ":a.outlive 900 joe joe!u@a.outlive a :You are now logged in as a",
      ":a.outlive 903 joe :SASL authentication successful"
    ])
    assert.isTrue(state.isRegistered)
  })

  it("a wrong one is 904, three times at most", () => {
    const wrong = ["AUTHENTICATE PLAIN", `AUTHENTICATE ${plain("no")}`]
    const once = outcome(closed, ...begin.slice(0, 3), ...wrong)
    assert.match(once.answers.at(-1) ?? "", / 904 joe /)
    assert.isUndefined(once.end)
    assert.match(outcome(closed, ...begin.slice(0, 3), ...wrong, "CAP END").answers.at(-1) ?? "", / 464 joe /)
    assert.isString(outcome(closed, ...begin.slice(0, 3), ...wrong, ...wrong, ...wrong).end)
  })

  it("comes in pieces of 400 characters; an asterisk is 906, too much 905, another mechanism 908 and 904", () => {
    const name = "x".repeat(294 - "sesame".length - 2 + 6)
    const whole = plain("sesame", name)
    assert.lengthOf(whole, 400)
    assert.isTrue(outcome(closed, ...begin, `AUTHENTICATE ${whole}`, "AUTHENTICATE +", "CAP END").state.isRegistered)
    assert.match(outcome(closed, ...begin, "AUTHENTICATE *").answers.at(-1) ?? "", / 906 /)
    assert.match(outcome(closed, ...begin, `AUTHENTICATE ${"x".repeat(401)}`).answers.at(-1) ?? "", / 905 /)
    const much = Array.from({ length: 4 }, () => `AUTHENTICATE ${"x".repeat(400)}`)
    assert.match(outcome(closed, ...begin, ...much).answers.at(-1) ?? "", / 905 /)
    const [, mechanisms, failure] = outcome(closed, "CAP REQ :sasl", "AUTHENTICATE EXTERNAL").answers
    assert.match(mechanisms ?? "", / 908 \* PLAIN /)
    assert.match(failure ?? "", / 904 /)
  })

  it("is refused without the capability, and where there is no password", () => {
    assert.match(outcome(closed, "AUTHENTICATE PLAIN").answers[0] ?? "", / 904 /)
    assert.match(outcome(open, "CAP REQ :sasl").answers[0] ?? "", /NAK/)
  })

  it("what is no base64, no UTF-8 or has no three parts is no password", () => {
    for (const text of ["%%%", "AAAA", "/////w==", plain("sesame").slice(4), "+"]) {
      assert.match(outcome(closed, ...begin, `AUTHENTICATE ${text}`).answers.at(-1) ?? "", / 904 /, text)
    }
  })
})
