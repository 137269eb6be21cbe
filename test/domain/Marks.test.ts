import { assert, describe, it } from "@effect/vitest"
import type { KeptPosts } from "../../src/domain/KeptPosts.ts"
import { decodeMarks, encodeMarks, indexesOf, lastOf } from "../../src/domain/Marks.ts"
import { mainRoom, type Post, PostNumber, Room } from "../../src/domain/Post.ts"
import { post, stream } from "../support/samples.ts"

const one = stream("1")
const posts = [1, 2, 3].map((n) => post(one, n))
const kept = (all: ReadonlyArray<Post>): KeptPosts => ({ size: all.length, at: (index) => all[index] })
const name = (n: number) => ({ stream: one, n: PostNumber.make(n) })
const ops = Room.make("ops")

describe("the marks of what is read", () => {
  it("are the same after they were written and read, and what is no such text is none", () => {
    const marks = { since: null, read: new Map([[mainRoom, name(2)] as const, ["@bo" as Room, null] as const]) }
    assert.deepStrictEqual(decodeMarks(encodeMarks(marks)), marks)
    for (const text of ["", "{", "null", '{"since":5,"read":[]}', '{"since":null,"read":[["main",{"stream":"x"}]]}']) {
      assert.isUndefined(decodeMarks(text), text)
    }
  })

  it("name the last line that was read in a place, or when reading began; what is gone was before all others", () => {
    const read = indexesOf(kept(posts), { since: name(1), read: new Map([[mainRoom, name(3)]]) })
    assert.deepStrictEqual([read(mainRoom), read(ops)], [3, 1])
    const gone = indexesOf(kept(posts.slice(1)), { since: name(1), read: new Map([[ops, null]]) })
    assert.deepStrictEqual([gone(mainRoom), gone(ops)], [0, 0])
    assert.deepStrictEqual([lastOf(kept(posts)), lastOf(kept([]))], [name(3), null])
  })
})
