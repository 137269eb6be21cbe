import { assert, it } from "@effect/vitest"
import { describe } from "vitest"
import { makePasses } from "../../../layers/web/Passes.ts"

const world = (kept?: string) => {
  let now = 0
  let changes = 0
  const passes = makePasses(
    () => now,
    kept,
    () => {
      changes += 1
    }
  )
  return {
    ...passes,
    changes: () => changes,
    wait: (millis: number) => {
      now += millis
    }
  }
}

describe("passes", () => {
  it("a token is exchanged once, for a pass of its own", () => {
    const { changes, exchange, isPass, token } = world()
    const [one, other] = [token(), token()]
    const [pass, another] = [exchange(one) ?? "", exchange(other) ?? ""]
    assert.notStrictEqual(pass, another)
    assert.isTrue(isPass(pass) && isPass(another))
    assert.isUndefined(exchange(one))
    assert.strictEqual(changes(), 2)
  })

  it("a token of 128 bits and a pass of 256 need no escape in a link or a cookie", () => {
    const { exchange, token } = world()
    const one = token()
    assert.match(one, /^[\w-]{22}$/)
    assert.match(exchange(one) ?? "", /^[\w-]{43}$/)
  })

  it("a token is good for a minute", () => {
    const { exchange, token, wait } = world()
    const [early, late] = [token(), token()]
    wait(60_000)
    assert.isString(exchange(early))
    wait(1)
    assert.isUndefined(exchange(late))
  })

  it("what nobody gave is neither a token nor a pass", () => {
    const { exchange, isPass, token } = world()
    for (const text of ["", "x", token().slice(1), "[]"]) {
      assert.isUndefined(exchange(text))
      assert.isFalse(isPass(text))
    }
  })

  it("of 40 tokens the last 32 are good", () => {
    const { exchange, token } = world()
    const tokens = Array.from({ length: 40 }, token)
    assert.deepStrictEqual(
      tokens.map((each) => exchange(each) !== undefined),
      tokens.map((_, at) => at >= 8)
    )
  })

  it("32 passes are valid; the one that was used least lately makes room", () => {
    const { exchange, isPass, token } = world()
    const passes = Array.from({ length: 32 }, () => exchange(token()) ?? "")
    assert.isTrue(isPass(passes[0] ?? ""))
    const last = exchange(token()) ?? ""
    assert.isFalse(isPass(passes[1] ?? ""))
    assert.isTrue(isPass(passes[0] ?? "") && isPass(passes[2] ?? "") && isPass(last))
  })

  it("the next run knows the passes, and its file has none of them", () => {
    const first = world()
    const pass = first.exchange(first.token()) ?? ""
    assert.notInclude(first.asText(), pass)
    const second = world(first.asText())
    assert.isTrue(second.isPass(pass))
    assert.isFalse(second.isPass(JSON.parse(first.asText())[0]))
  })

  it("a damaged file is as good as none", () => {
    for (const text of ["", "{", "{}", "null", '["x", 3, null]']) {
      assert.strictEqual(world(text).asText(), "[]", text)
    }
  })
})
