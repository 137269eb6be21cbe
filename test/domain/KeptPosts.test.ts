import { assert, describe, it } from "@effect/vitest"
import { type Bound, type KeptPosts, pageOf, type Slices, searched } from "../../src/domain/KeptPosts.ts"
import type { Post } from "../../src/domain/Post.ts"
import { post, stream } from "../support/samples.ts"

const many = 100_000
const one = stream("1")
const posts: ReadonlyArray<Post> = Array.from({ length: many }, (_, at) => post(one, at + 1))

/** How much may be read in one slice: by far less than what takes 10 ms. */
const most = 20_000

/** The result of some work. No slice of it reads much. */
const sliced = <A>(work: (kept: KeptPosts) => Slices<A>): A => {
  let reads = 0
  const steps = work({
    size: many,
    at: (index) => {
      reads += 1
      return posts[index]
    }
  })
  for (let step = steps.next(); ; step = steps.next()) {
    assert.isAtMost(reads, most)
    reads = 0
    if (step.done === true) return step.value
  }
}

const all = () => true
const named = (side: Bound["side"], n: number): Bound => ({ side, of: post(one, n) })
const numbersOf = (page: { readonly posts: ReadonlyArray<Post> }): ReadonlyArray<number> => page.posts.map(({ n }) => n)

describe("a long log", () => {
  it("gives pages, and is read in slices", () => {
    const first = sliced((kept) => pageOf(kept, all, named("before", 3), 50))
    assert.deepStrictEqual([numbersOf(first), first.older, first.newer, first.found], [[1, 2], false, true, true])
    const rare = sliced((kept) => pageOf(kept, ({ n }) => n === 7, undefined, 50))
    assert.deepStrictEqual([numbersOf(rare), rare.older, rare.newer], [[7], false, false])
    const none = sliced((kept) => pageOf(kept, () => false, named("around", 5), 50))
    assert.deepStrictEqual([numbersOf(none), none.older, none.newer, none.found], [[], false, false, true])
    const lost = sliced((kept) => pageOf(kept, all, named("after", many + 1), 2))
    assert.deepStrictEqual([numbersOf(lost), lost.older, lost.newer], [[many - 1, many], true, false])
    assert.isFalse(lost.found)
  })

  it("is searched in slices, shorter ones if its lines are long", () => {
    const found = sliced((kept) => searched(kept, all, { text: "E 9999", limit: 2 }))
    assert.deepStrictEqual([numbersOf(found), found.more], [[99_998, 99_999], true])
    const older = sliced((kept) => searched(kept, all, { text: "e 9999", limit: 50, before: post(one, 9_999) }))
    assert.deepStrictEqual([numbersOf(older), older.more], [[], false])
    const long = post(one, 1, "x".repeat(60_000))
    let slices = 1
    for (const _ of searched({ size: 1_000, at: () => long }, all, { text: "y", limit: 1 })) slices += 1
    assert.isAbove(slices, 100)
  })

  it("gives fewer posts if they are long, and at least one", () => {
    const long = Array.from({ length: 9 }, (_, at) => post(one, at + 1, "x".repeat(20_000)))
    const kept: KeptPosts = { size: 9, at: (index) => long[index] }
    const whole = <A>(steps: Slices<A>): A => {
      for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value
    }
    const last = whole(pageOf(kept, all, undefined, 50))
    assert.deepStrictEqual([numbersOf(last), last.older, last.newer], [[6, 7, 8, 9], true, false])
    const after = whole(pageOf(kept, all, named("after", 2), 50))
    assert.deepStrictEqual([numbersOf(after), after.older, after.newer], [[3, 4, 5, 6], true, true])
    const found = whole(searched(kept, all, { text: "X", limit: 50 }))
    assert.deepStrictEqual([numbersOf(found), found.more], [[6, 7, 8, 9], true])
    const huge: KeptPosts = { size: 1, at: () => post(one, 1, "x".repeat(100_000)) }
    assert.deepStrictEqual(numbersOf(whole(pageOf(huge, all, undefined, 50))), [1])
  })
})
