import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import type { Block, EncodedPost, Mark } from "../../src/domain/EncodedPost.ts"
import {
  authorOf,
  type Epoch,
  epochIn,
  mainRoom,
  type Post,
  PostNumber,
  Room,
  type StreamId,
  streamOf
} from "../../src/domain/Post.ts"
import { encodePost, maxFrameBytes } from "../../src/protocol/Frame.ts"
import { PostStore } from "../../src/protocol/PostStore.ts"
import { textOf } from "../support/bytes.ts"
import { post, stream } from "../support/samples.ts"

const encoded = (of: Post): EncodedPost => ({ post: of, line: encodePost(of) })

/** A post and what must come before it, as short as tests want to write them. */
const said = (author: string, n: number, ...deps: ReadonlyArray<readonly [author: string, n: number]>): EncodedPost =>
  encoded(
    post(
      stream(author),
      n,
      `${author}${n}`,
      deps.map(([dep, last]) => [stream(dep), last])
    )
  )

/** The store of whoever speaks in that stream, and takes part in no other room. */
const storeOf = (
  own: StreamId,
  ...rest: ConstructorParameters<typeof PostStore> extends [unknown, ...infer Rest] ? Rest : never
) => new PostStore({ author: authorOf(own), epoch: epochIn(own) }, ...rest)

const say = (store: PostStore, { line, post: spoken }: EncodedPost) => store.say(mainRoom, [spoken], line)

const names = (posts: ReadonlyArray<EncodedPost>) => posts.map(({ post: { text } }) => text)
const upTo = (from: number, last: number) => Array.from({ length: Math.max(0, last - from + 1) }, (_, at) => from + at)
const sorted = (marks: Iterable<Mark>) => [...marks].sort(([a], [b]) => (a < b ? -1 : 1))
const depsOf = ({ deps }: Post) => Object.entries(deps) as unknown as ReadonlyArray<Mark>

/** What skipping what was there already comes to. */
const nothing = { lost: 0, delivered: [] }

const keyOf = ({ n, stream: of }: Post) => `${of} ${n}`

/** What a talk among some stores has brought forth: its posts, and for each all that its author had seen. */
interface Talk {
  readonly posts: ReadonlyArray<EncodedPost>
  readonly past: ReadonlyMap<string, ReadonlySet<string>>
}

/** The same posts, those of each author that follow each other in one block, as many as `sizes` says. */
const inBlocks = (posts: ReadonlyArray<EncodedPost>, sizes: ReadonlyArray<number>): ReadonlyArray<Block> => {
  const blocks: Array<EncodedPost & { rest: Array<EncodedPost> }> = []
  let left = 0
  for (const each of posts) {
    const block = blocks.at(-1)
    if (block !== undefined && left > 0 && block.post.stream === each.post.stream) {
      block.rest.push(each)
      left -= 1
    } else {
      left = (sizes[blocks.length % sizes.length] ?? 1) - 1
      blocks.push({ ...each, rest: [] })
    }
  }
  return blocks.map(({ line, post, rest }) => (rest.length === 0 ? { line, post } : { line, post, rest }))
}

const authors = ["a", "b", "c"].map((author) => stream(author))

type Step = { readonly says: number } | { readonly tells: number; readonly to: number; readonly share: number }

const someone = FastCheck.nat(authors.length - 1)
const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  FastCheck.record({ says: someone }),
  FastCheck.record({ tells: someone, to: someone, share: FastCheck.double({ min: 0, max: 1, noNaN: true }) })
)

/** Several stores that say something, and tell each other what they have seen, as far as they come. */
const talk: FastCheck.Arbitrary<Talk> = FastCheck.array(step, { minLength: 1, maxLength: 40 }).map((steps) => {
  const nodes = authors.map((own) => ({ own, store: storeOf(own), seen: [] as Array<EncodedPost>, told: 0 }))
  const posts: Array<EncodedPost> = []
  const past = new Map<string, ReadonlySet<string>>()
  for (const each of steps) {
    if ("says" in each) {
      const { own, seen, store } = nodes[each.says] as (typeof nodes)[number]
      const n = store.have(own) + 1
      const spoken = encoded({ ...post(own, n, `${own[0]}${n}`), deps: store.news(mainRoom) })
      past.set(keyOf(spoken.post), new Set(seen.map((before) => keyOf(before.post))))
      say(store, spoken)
      seen.push(spoken)
      posts.push(spoken)
    } else {
      const from = nodes[each.tells] as (typeof nodes)[number]
      const to = nodes[each.to] as (typeof nodes)[number]
      to.seen.push(...to.store.receive(from.seen.slice(0, Math.ceil(each.share * from.seen.length))))
    }
  }
  return { posts, past }
})

/** How posts arrive: in any order, some of them again and again, and some not at all at first. */
interface Arrival {
  readonly keys: ReadonlyArray<number>
  readonly again: ReadonlyArray<readonly [which: number, where: number]>
  /** How many come at a time. */
  readonly batches: ReadonlyArray<number>
}

const arrival: FastCheck.Arbitrary<Arrival> = FastCheck.record({
  keys: FastCheck.array(FastCheck.nat(1_000), { minLength: 40, maxLength: 40 }),
  again: FastCheck.array(FastCheck.tuple(FastCheck.nat(), FastCheck.nat()), { maxLength: 20 }),
  batches: FastCheck.array(FastCheck.nat(6), { maxLength: 60 })
})

const arriving = ({ posts }: Talk, { again, batches, keys }: Arrival): ReadonlyArray<ReadonlyArray<EncodedPost>> => {
  const order = posts.map((each, at) => [keys[at] ?? 0, each] as const).sort(([a], [b]) => a - b)
  const all = order.map(([, each]) => each)
  for (const [which, where] of again) {
    const each = posts[which % Math.max(1, posts.length)]
    if (each !== undefined) all.splice(where % (all.length + 1), 0, each)
  }
  return [...batches.map((size) => all.splice(0, size)), all]
}

/** What of all that has arrived can be delivered, by going over it as often as it takes. */
const deliverable = (arrived: ReadonlyArray<EncodedPost>): ReadonlyMap<StreamId, number> => {
  const have = new Map<StreamId, number>()
  const reached = (of: StreamId, n: number) => (have.get(of) ?? 0) >= n
  for (let before = -1; before !== [...have.values()].reduce((a, b) => a + b, 0); ) {
    before = [...have.values()].reduce((a, b) => a + b, 0)
    for (const { post: each } of arrived) {
      const next = (have.get(each.stream) ?? 0) + 1 === each.n
      if (next && depsOf(each).every(([of, n]) => reached(of, n))) have.set(each.stream, each.n)
    }
  }
  return have
}

describe("PostStore", () => {
  it("in any order, twice and in any batches, each post is delivered once, after all that its author had seen", () => {
    FastCheck.assert(
      FastCheck.property(talk, arrival, (spoken, how) => {
        const reader = storeOf(stream("reader"))
        const delivered = new Set<string>()
        for (const batch of arriving(spoken, how)) {
          for (const { post: each } of reader.receive(batch)) {
            assert.isFalse(delivered.has(keyOf(each)), `${keyOf(each)} twice`)
            for (const before of spoken.past.get(keyOf(each)) ?? []) {
              assert.isTrue(delivered.has(before), `${keyOf(each)} before ${before}`)
            }
            delivered.add(keyOf(each))
          }
        }
        assert.strictEqual(delivered.size, spoken.posts.length)
        assert.deepStrictEqual(reader.missing(), [])
        for (const own of authors) {
          const count = spoken.posts.filter((each) => each.post.stream === own).length
          assert.strictEqual(reader.have(own), count)
        }
      }),
      { numRuns: 2_000 }
    )
  })

  it("what can be delivered is, at once, and `missing` names the rest that must come first: no more, no less", () => {
    FastCheck.assert(
      FastCheck.property(talk, arrival, (spoken, how) => {
        const reader = storeOf(stream("reader"))
        const arrived: Array<EncodedPost> = []
        for (const batch of arriving(spoken, how)) {
          reader.receive(batch)
          arrived.push(...batch)
          const have = deliverable(arrived)
          assert.deepStrictEqual(sorted([...reader.summary()].filter(([, n]) => n > 0)), sorted(have))
          const here = new Set(arrived.map((each) => keyOf(each.post)))
          const missing = new Map<StreamId, number>()
          for (const { post: held } of arrived.filter(({ post: { n, stream: of } }) => n > (have.get(of) ?? 0))) {
            for (const [of, n] of [[held.stream, held.n - 1] as const, ...depsOf(held)]) {
              if (n > (have.get(of) ?? 0) && !here.has(`${of} ${n}`)) missing.set(of, Math.max(n, missing.get(of) ?? 0))
            }
          }
          assert.deepStrictEqual(sorted(reader.missing()), sorted(missing))
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("whoever is given what it misses, and that alone, has everything that it holds", () => {
    FastCheck.assert(
      FastCheck.property(talk, FastCheck.nat(), (spoken, which) => {
        const last = spoken.posts[which % Math.max(1, spoken.posts.length)]
        if (last === undefined) return
        const reader = storeOf(stream("reader"))
        const delivered = names(reader.receive([last]))
        for (let missing = reader.missing(); missing.length > 0; missing = reader.missing()) {
          const asked = spoken.posts.filter(({ post: { n, stream: of } }) =>
            missing.some(([lacking, to]) => lacking === of && n > reader.have(of) && n <= to)
          )
          assert.isNotEmpty(asked)
          delivered.push(...names(reader.receive(asked)))
        }
        assert.strictEqual(delivered.at(-1), last.post.text)
        assert.strictEqual(delivered.length, (spoken.past.get(keyOf(last.post))?.size ?? 0) + 1)
      }),
      { numRuns: 1_000 }
    )
  })

  it("the news are what others have said since this node last spoke and nobody has answered: all else stands above that", () => {
    FastCheck.assert(
      FastCheck.property(
        talk,
        FastCheck.array(FastCheck.tuple(FastCheck.nat(5), FastCheck.boolean())),
        (spoken, all) => {
          const own = stream("reader")
          const reader = storeOf(own)
          let seen: Array<Post> = []
          const left = [...spoken.posts]
          for (const [size, speaks] of all) {
            seen.push(...reader.receive(left.splice(0, size)).map((each) => each.post))
            const answered = new Set(seen.flatMap((each) => [...(spoken.past.get(keyOf(each)) ?? [])]))
            const heads = seen.filter((each) => !answered.has(keyOf(each)))
            assert.deepStrictEqual(
              sorted(Object.entries(reader.news(mainRoom)) as unknown as ReadonlyArray<Mark>),
              sorted(heads.map((each): Mark => [each.stream, each.n]))
            )
            if (!speaks) continue
            say(reader, encoded({ ...post(own, reader.have(own) + 1), deps: reader.news(mainRoom) }))
            seen = []
            assert.deepStrictEqual(reader.news(mainRoom), {})
          }
        }
      )
    )
  })

  it("after a restart the first post stands below all that the run before had seen", () => {
    FastCheck.assert(
      FastCheck.property(talk, (spoken) => {
        const reader = storeOf(stream("reader"))
        for (const each of spoken.posts) reader.restore(each)
        const answered = new Set(spoken.posts.flatMap(({ post: each }) => [...(spoken.past.get(keyOf(each)) ?? [])]))
        const heads = spoken.posts.filter(({ post: each }) => !answered.has(keyOf(each)))
        assert.deepStrictEqual(
          sorted(Object.entries(reader.news(mainRoom)) as unknown as ReadonlyArray<Mark>),
          sorted(heads.map(({ post: each }): Mark => [each.stream, each.n]))
        )
      })
    )
  })

  it("history can be answered, if it is taken as seen", () => {
    const reader = storeOf(stream("reader"))
    reader.adopt([[stream("a"), 7]], [])
    reader.recall(said("a", 7).post)
    reader.recall(said("b", 1).post)
    assert.deepStrictEqual(reader.news(mainRoom), { [stream("a")]: 7 })
  })

  it("a post names no more than 200 others, and the next one the rest", () => {
    const own = stream("reader")
    const reader = storeOf(own)
    reader.receive(upTo(1, 450).map((author) => said(`a${author}`, 1)))
    const named: Array<string> = []
    for (const count of [200, 200, 50]) {
      const deps = reader.news(mainRoom)
      assert.strictEqual(Object.keys(deps).length, count)
      named.push(...Object.keys(deps))
      say(reader, encoded({ ...post(own, reader.have(own) + 1), deps }))
    }
    assert.strictEqual(new Set(named).size, 450)
    assert.deepStrictEqual(reader.news(mainRoom), {})
  })

  describe("with more than half of the streams that it may know", () => {
    const run = (at: number, author = "a"): StreamId => `${author}/main/${at}-00000000` as StreamId
    const infinite = Number.POSITIVE_INFINITY
    const main = "main" as Room
    const known = (store: PostStore) => [...store.summary().keys()].filter((each) => each !== stream("own"))
    const folded = (store: PostStore) => store.folds.get(main)

    /** A store that has had two posts of each of these runs, and keeps none of them. */
    const outlived = (streams: number, ...runs: ReadonlyArray<StreamId>) => {
      const store = storeOf(stream("own"), { streams, pending: 10 })
      for (const each of runs) {
        store.receive([encoded(post(each, 1)), encoded(post(each, 2))])
        store.drop(each, 2)
      }
      return store
    }

    it("the earliest of which nothing is kept are folded away, and count as had", () => {
      const store = outlived(
        20,
        ...upTo(1, 12)
          .toReversed()
          .map((at) => run(at, `bot-${at}`))
      )
      assert.isTrue(store.fold(1_000))
      assert.deepStrictEqual(
        known(store).sort(),
        upTo(7, 12)
          .map((at) => run(at, `bot-${at}`))
          .sort()
      )
      assert.deepStrictEqual(folded(store), { upTo: "6-00000000" as Epoch, lines: 12 })
      assert.strictEqual(store.have(run(6, "bot-6")), infinite)
      assert.strictEqual(store.have(run(5, "somebody else")), infinite)
      assert.strictEqual(store.have(run(13)), 0)
      assert.deepStrictEqual(store.receive([encoded(post(run(6, "bot-6"), 1)), encoded(post(run(6, "bot-6"), 3))]), [])
      assert.deepStrictEqual(store.missing(), [])
      // What stands below them is delivered.
      const answer = encoded({ ...post(run(13), 1, "answer"), deps: { [run(3, "bot-3")]: PostNumber.make(9) } })
      assert.deepStrictEqual(names(store.receive([answer])), ["answer"])
      assert.deepStrictEqual(store.slice(run(6, "bot-6"), 0, 1_000, 2), { bytes: new Uint8Array(), first: 3, last: 2 })
    })

    it("posts that are kept, are held or are this node's own are never folded away, however many there are", () => {
      const store = outlived(20, ...upTo(1, 4).map((at) => run(at)))
      for (const at of upTo(5, 40)) store.receive([encoded(post(run(at), 1))])
      store.receive([encoded(post(run(0, "held"), 2, "held2"))])
      assert.isTrue(store.fold(1_000))
      assert.deepStrictEqual(
        known(store),
        upTo(5, 40).map((at) => run(at))
      )
      assert.deepStrictEqual(folded(store), { upTo: "4-00000000" as Epoch, lines: 8 })
      assert.strictEqual(store.have(stream("own")), 0)
      assert.deepStrictEqual(names(store.receive([encoded(post(run(0, "held"), 1, "held1"))])), ["held1", "held2"])
      assert.isFalse(store.fold(1_000))
    })

    it("runs that are here are spared, also if they have said nothing: they are listed then", () => {
      const store = outlived(8, ...upTo(2, 6).map((at) => run(at)))
      store.spare(run(1, "silent"))
      store.spare(run(2))
      store.fold(1_000)
      assert.deepStrictEqual(folded(store)?.upTo, "6-00000000" as Epoch)
      assert.deepStrictEqual(store.summary().get(run(1, "silent")), 0)
      assert.deepStrictEqual(store.summary().get(run(2)), 2)
      assert.deepStrictEqual(names(store.receive([encoded(post(run(1, "silent"), 1, "at last"))])), ["at last"])
      // What was folded away before it came back can't be taken up again.
      store.spare(run(3))
      assert.strictEqual(store.have(run(3)), infinite)
    })

    it("a clock that is ahead shuts nobody out: who began later than now is not folded away, and forgotten at worst", () => {
      const store = outlived(8, ...upTo(1, 3).map((at) => run(at)), ...upTo(1_000, 1_020).map((at) => run(at)))
      store.fold(100)
      assert.deepStrictEqual(folded(store)?.upTo, "3-00000000" as Epoch)
      assert.strictEqual(store.have(run(101)), 0)
      assert.isAtMost(store.summary().size, 8)
    })

    it("what a newcomer adopts counts as seen: what is listed, and what is not because it is folded away", () => {
      const old = outlived(20, ...upTo(1, 12).map((at) => run(at)))
      old.spare(run(2, "silent"))
      old.fold(1_000)
      const newcomer = storeOf(stream("new"))
      newcomer.adopt([...old.summary()], [[run(3, "met"), 1]], old.folds)
      assert.deepStrictEqual(folded(newcomer), folded(old))
      for (const at of upTo(1, 12)) assert.isAtLeast(newcomer.have(run(at)), 2)
      assert.deepStrictEqual(names(newcomer.receive([encoded(post(run(3, "met"), 1, "met"))])), ["met"])
      assert.deepStrictEqual(names(newcomer.receive([encoded(post(run(2, "silent"), 1, "silent"))])), ["silent"])
    })
  })

  it("what came between the making of a post and its saying stays news for the next", () => {
    const reader = storeOf(stream("reader"))
    reader.receive([said("a", 1), said("b", 1)])
    const made = encoded({ ...post(stream("reader"), 1), deps: reader.news(mainRoom) })
    reader.receive([said("a", 2), said("c", 1)])
    say(reader, made)
    assert.deepStrictEqual(sorted(Object.entries(reader.news(mainRoom)) as unknown as ReadonlyArray<Mark>), [
      [stream("a"), 2],
      [stream("c"), 1]
    ])
  })

  it("what is skipped is no news: nobody could ever wait for it in vain", () => {
    const reader = storeOf(stream("reader"))
    reader.skip(stream("a"), 7)
    assert.deepStrictEqual(reader.news(mainRoom), {})
  })

  it("own posts that come back are dropped, whatever their number and their text", () => {
    const own = stream("reader")
    const reader = storeOf(own)
    say(reader, said("reader", 1))
    assert.deepStrictEqual(reader.receive([said("reader", 1), said("reader", 2), said("reader", 9)]), [])
    assert.strictEqual(reader.have(own), 1)
    assert.deepStrictEqual(reader.missing(), [])
    say(reader, said("reader", 2))
    assert.strictEqual(
      textOf(reader.slice(own, 1, maxFrameBytes)?.bytes ?? new Uint8Array()),
      textOf(said("reader", 2).line)
    )
  })

  it("nobody else can say what this node will have said: its own stream is never skipped", () => {
    const own = stream("reader")
    const reader = storeOf(own)
    assert.deepStrictEqual(reader.skip(own, 5), nothing)
    assert.strictEqual(reader.have(own), 0)
  })

  it("no stream holds more than 1,000 posts: the lowest, and each of the others can come again", () => {
    const reader = storeOf(stream("reader"))
    const all = upTo(1, 1_500).map((n) => said("a", n))
    assert.deepStrictEqual(reader.receive(all.slice(1).reverse()), [])
    assert.deepStrictEqual(reader.missing(), [[stream("a"), 1]])
    assert.deepStrictEqual(names(reader.receive(all.slice(0, 1))), names(all.slice(0, 1_001)))
    assert.deepStrictEqual(reader.missing(), [])
    assert.deepStrictEqual(names(reader.receive(all.slice(1_400))), [])
    assert.deepStrictEqual(reader.missing(), [[stream("a"), 1_400]])
    assert.deepStrictEqual(names(reader.receive(all)), names(all.slice(1_001)))
  })

  it("a full stream still takes in what is next in it, to know what that waits for", () => {
    const reader = storeOf(stream("reader"))
    const all = upTo(1, 1_500).map((n) => (n === 1 ? said("a", 1, ["b", 3]) : said("a", n)))
    reader.receive(all.slice(1))
    reader.receive(all.slice(0, 1))
    assert.deepStrictEqual(reader.missing(), [[stream("b"), 3]])
    const delivered = names(reader.receive([said("b", 1), said("b", 2), said("b", 3)]))
    assert.deepStrictEqual(delivered, ["b1", "b2", "b3", ...names(all.slice(0, 1_000))])
  })

  it("what comes twice takes no room from what is held", () => {
    const reader = storeOf(stream("reader"))
    reader.receive([said("a", 1)])
    const held = upTo(3, 1_002).map((n) => said("a", n))
    reader.receive(held)
    reader.receive([said("a", 1), ...held])
    assert.deepStrictEqual(names(reader.receive([said("a", 2)])), ["a2", ...names(held)])
  })

  it("the bound is each stream's own: one that is full holds up no other", () => {
    const reader = storeOf(stream("reader"))
    reader.receive(upTo(2, 3_000).map((n) => said("a", n)))
    reader.receive([said("b", 2)])
    assert.deepStrictEqual(names(reader.receive([said("b", 1)])), ["b1", "b2"])
  })

  it("what is skipped is never delivered, and what waited for it is, at once and in order", () => {
    const reader = storeOf(stream("reader"))
    reader.receive([said("a", 1), said("a", 6), said("b", 1, ["a", 5]), said("c", 1, ["b", 1])])
    assert.deepStrictEqual(sorted(reader.missing()), [[stream("a"), 5]])
    const { delivered, lost } = reader.skip(stream("a"), 5)
    assert.deepStrictEqual(names(delivered).sort(), ["a6", "b1", "c1"])
    assert.strictEqual(lost, 4)
    assert.deepStrictEqual(reader.receive(upTo(1, 6).map((n) => said("a", n))), [])
    assert.deepStrictEqual(reader.missing(), [])
    assert.strictEqual(reader.have(stream("a")), 6)
  })

  it("what is held of what is gone is not lost", () => {
    const reader = storeOf(stream("reader"))
    reader.receive([said("a", 3), said("a", 5), said("a", 6)])
    const { delivered, lost } = reader.skip(stream("a"), 8)
    assert.deepStrictEqual(names(delivered), ["a3", "a5", "a6"])
    assert.strictEqual(lost, 5)
    assert.strictEqual(reader.have(stream("a")), 8)
  })

  it("what is held of what is gone and waits for somebody else waits on", () => {
    const reader = storeOf(stream("reader"))
    reader.receive([said("a", 3, ["b", 1])])
    assert.deepStrictEqual(reader.skip(stream("a"), 8), { lost: 2, delivered: [] })
    assert.strictEqual(reader.have(stream("a")), 2)
    assert.deepStrictEqual(names(reader.receive([said("b", 1)])), ["b1", "a3"])
  })

  it("skipping takes nothing back", () => {
    const reader = storeOf(stream("reader"))
    reader.receive([said("a", 1), said("a", 2)])
    const before = reader.bytes
    assert.deepStrictEqual(reader.skip(stream("a"), 1), nothing)
    assert.deepStrictEqual(reader.skip(stream("a"), 2), nothing)
    assert.strictEqual(reader.have(stream("a")), 2)
    assert.strictEqual(reader.bytes, before)
    assert.deepStrictEqual(names(reader.receive([said("a", 3)])), ["a3"])
  })

  it("what stands below more than was said is dropped when that is known, and nothing else", () => {
    const reader = storeOf(stream("reader"))
    reader.receive([said("a", 1), said("b", 1, ["a", 5]), said("b", 2), said("c", 1, ["a", 2]), said("a", 7)])
    assert.deepStrictEqual(sorted(reader.refuse(stream("a"), 2).map((of): Mark => [of, 0])), [
      [stream("a"), 0],
      [stream("b"), 0]
    ])
    assert.deepStrictEqual(sorted(reader.missing()), [
      [stream("a"), 2],
      [stream("b"), 1]
    ])
    assert.deepStrictEqual(names(reader.receive([said("a", 2), said("b", 1)])), ["a2", "b1", "b2", "c1"])
  })

  it("a stream that is adopted goes on with the next number, and posts that depend on it need not wait", () => {
    const reader = storeOf(stream("reader"))
    reader.skip(stream("a"), 100)
    assert.strictEqual(reader.have(stream("a")), 100)
    assert.deepStrictEqual(names(reader.receive([said("b", 1, ["a", 99]), said("a", 100), said("a", 101)])), [
      "b1",
      "a101"
    ])
    assert.strictEqual(reader.slice(stream("a"), 0, maxFrameBytes)?.first, 101)
  })

  it("what an earlier run has left is neither delivered again nor asked for", () => {
    const reader = storeOf(stream("reader"))
    reader.restore(said("a", 1))
    reader.restore(said("reader-before", 1, ["a", 1]))
    assert.deepStrictEqual(reader.receive([said("a", 1), said("reader-before", 1)]), [])
    assert.deepStrictEqual(names(reader.receive([said("a", 2, ["reader-before", 1])])), ["a2"])
    assert.deepStrictEqual(reader.missing(), [])
  })

  it("two that wait for each other, which nobody honest says, hold up neither the store nor anybody else", () => {
    const reader = storeOf(stream("reader"))
    assert.deepStrictEqual(reader.receive([said("a", 1, ["b", 1]), said("b", 1, ["a", 1]), said("d", 1, ["d", 1])]), [])
    assert.deepStrictEqual(names(reader.receive([said("c", 1)])), ["c1"])
  })

  it("memory is counted to the byte: once all is dropped or skipped, none is in use, and what is held takes none", () => {
    FastCheck.assert(
      FastCheck.property(
        talk,
        arrival,
        FastCheck.array(FastCheck.tuple(someone, FastCheck.nat(20), FastCheck.boolean())),
        (spoken, how, drops) => {
          const reader = storeOf(stream("reader"))
          const batches = arriving(spoken, how)
          for (const [at, batch] of batches.entries()) {
            const before = reader.bytes
            const delivered = reader.receive(batch)
            if (delivered.length === 0) assert.strictEqual(reader.bytes, before)
            const drop = drops[at]
            if (drop === undefined) continue
            const of = authors[drop[0]] as StreamId
            if (drop[2]) reader.skip(of, drop[1])
            else reader.drop(of, Math.min(drop[1], reader.have(of)))
          }
          for (const of of authors) {
            const kept = reader.slice(of, 0, maxFrameBytes)?.bytes.length ?? 0
            assert.isAtLeast(reader.bytes, kept)
          }
          for (const of of authors) reader.drop(of, reader.have(of))
          assert.strictEqual(reader.bytes, 0)
        }
      ),
      { numRuns: 500 }
    )
  })

  it("blocks come whole or not at all: in any order, twice and in any batches, as posts do", () => {
    const cuts = FastCheck.array(FastCheck.integer({ min: 1, max: 5 }), { minLength: 40, maxLength: 40 })
    FastCheck.assert(
      FastCheck.property(talk, cuts, arrival, ({ posts }, sizes, how) => {
        const blocks = inBlocks(posts, sizes)
        const reader = storeOf(stream("reader"), undefined, true)
        const ends = new Map(authors.map((own) => [own, new Set([0])]))
        for (const { post: first, rest = [] } of blocks) ends.get(first.stream)?.add(first.n + rest.length)
        const delivered: Array<EncodedPost> = []
        for (const batch of arriving({ posts: blocks, past: new Map() }, how)) {
          delivered.push(...reader.receive(batch))
          for (const own of authors) assert.isTrue(ends.get(own)?.has(reader.have(own)), "have is where a block ends")
        }
        assert.strictEqual(delivered.length, posts.length)
        assert.strictEqual(new Set(delivered.map((each) => keyOf(each.post))).size, posts.length)
        for (const own of authors) {
          const all = posts.filter((each) => each.post.stream === own)
          assert.deepStrictEqual(names(delivered.filter((each) => each.post.stream === own)), names(all))
          for (let after = 0; after < all.length; after += 1) {
            const slice = reader.slice(own, after, 1)
            assert.isTrue(ends.get(own)?.has((slice?.first ?? 0) - 1) && ends.get(own)?.has(slice?.last ?? 0))
            assert.strictEqual(
              textOf(slice?.bytes ?? new Uint8Array()),
              all
                .slice((slice?.first ?? 1) - 1, slice?.last)
                .map(({ line }) => textOf(line))
                .join("")
            )
          }
          reader.drop(own, reader.have(own))
        }
        assert.strictEqual(reader.bytes, 0)
      }),
      { numRuns: 1_000 }
    )
  })

  it("a block waits as one for what any of its posts stands below, and is counted post by post", () => {
    const store = storeOf(stream("own"), { streams: 100, pending: 10 }, true)
    const [block] = inBlocks([said("a", 1), said("a", 2, ["b", 1]), said("a", 3)], [3])
    if (block === undefined) return assert.fail("a block")
    assert.deepStrictEqual(store.receive([block]), [])
    assert.strictEqual(store.have(stream("a")), 0)
    assert.deepStrictEqual(store.missing(), [[stream("b"), 1]])
    store.receive([block, ...inBlocks([said("a", 3), said("a", 4)], [2])])
    assert.deepStrictEqual(names(store.receive([said("b", 1)])), ["b1", "a1", "a2", "a3"])
    // All room is free again.
    store.receive([2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => said("c", n)))
    assert.lengthOf(store.receive([said("c", 1)]), 11)
  })

  it("of a block of which some is here or gone nothing is taken, and what others hold is not overwritten", () => {
    const store = storeOf(stream("own"), undefined, true)
    store.receive([said("a", 1), said("a", 2)])
    assert.deepStrictEqual(store.receive(inBlocks([said("a", 2), said("a", 3)], [2])), [])
    assert.strictEqual(store.have(stream("a")), 2)
    store.receive(inBlocks([said("a", 5), said("a", 6)], [2]))
    store.receive(inBlocks([said("a", 4), said("a", 5)], [2]))
    assert.deepStrictEqual(store.missing(), [[stream("a"), 4]])
    assert.deepStrictEqual(store.skip(stream("a"), 4).lost, 2)
    assert.strictEqual(store.have(stream("a")), 6)
    store.receive(inBlocks([said("a", 9), said("a", 10)], [2]))
    const { delivered, lost } = store.skip(stream("a"), 9)
    assert.deepStrictEqual([lost, names(delivered)], [2, ["a9", "a10"]])
  })

  it("no more posts wait than may; those that came too many are missing, and come again", () => {
    const store = storeOf(stream("own"), { streams: 100, pending: 4 })
    store.receive(upTo(2, 9).map((n) => said("a", n)))
    store.receive(upTo(2, 9).map((n) => said("b", n)))
    assert.deepStrictEqual(names(store.receive([said("a", 1)])), ["a1", "a2", "a3"])
    // There is room again.
    store.receive(upTo(2, 4).map((n) => said("b", n)))
    assert.deepStrictEqual(names(store.receive([said("b", 1)])), ["b1", "b2", "b3", "b4"])
    store.receive([said("a", 7), said("a", 8), said("b", 6), said("b", 7), said("b", 8)])
    assert.strictEqual(store.skip(stream("a"), 8).lost, 4)
    store.receive([said("b", 8)])
    assert.deepStrictEqual(names(store.receive([said("b", 5)])), ["b5", "b6", "b7", "b8"])
  })

  it("what found no room is asked for again once something was delivered, each range once, and the rest of the stream then", () => {
    const store = storeOf(stream("own"), { streams: 100, pending: 4 })
    const a = stream("a")
    store.receive(upTo(2, 100).map((n) => said("a", n)))
    assert.deepStrictEqual(store.again(), [], "nothing has made room yet")
    store.receive([said("a", 1)])
    assert.strictEqual(store.have(a), 5)
    assert.deepStrictEqual(store.again(), [{ stream: a, after: 5, to: 37 }])
    store.receive([said("a", 6)])
    assert.deepStrictEqual(store.again(), [], "the rest is on its way")
    store.receive(upTo(8, 60).map((n) => said("a", n)))
    store.receive([said("a", 7)])
    assert.deepStrictEqual(store.again(), [{ stream: a, after: 11, to: 43 }], "what came had no room again")
    store.receive(upTo(12, 43).map((n) => said("a", n)))
    assert.deepStrictEqual(store.again(), [{ stream: a, after: 43, to: 75 }])
    store.receive(upTo(44, 100).map((n) => said("a", n)))
    assert.deepStrictEqual(store.again(), [{ stream: a, after: 100, to: Number.POSITIVE_INFINITY }])
    store.receive([said("a", 101)])
    assert.deepStrictEqual(store.again(), [])
  })

  it("what is held is not asked for again, nor what was skipped, nor what its author has never said", () => {
    const store = storeOf(stream("own"), { streams: 100, pending: 4 })
    const [a, b, c] = [stream("a"), stream("b"), stream("c")]
    store.receive([2, 3, 4, 5].map((n) => said("a", n, ["z", 1])))
    for (const author of ["b", "c"]) store.receive(upTo(2, 9).map((n) => said(author, n)))
    store.refuse(c, 0)
    store.skip(b, 9)
    assert.deepStrictEqual(
      store.again().filter(({ to }) => to < Number.POSITIVE_INFINITY),
      [{ stream: a, after: 0, to: 32 }]
    )
  })

  it("what would find no room is not asked for, however much else is delivered: neither of a full stream nor in a full store", () => {
    const wide = storeOf(stream("own"))
    wide.receive(upTo(1, 1_500).map((n) => (n === 1 ? said("a", n, ["z", 1]) : said("a", n))))
    const narrow = storeOf(stream("own"), { streams: 100, pending: 4 })
    narrow.receive(upTo(1, 9).map((n) => (n === 1 ? said("a", n, ["z", 1]) : said("a", n))))
    for (const store of [wide, narrow]) {
      for (const n of upTo(1, 3)) {
        assert.deepStrictEqual(names(store.receive([said("b", n)])), [`b${n}`])
        assert.deepStrictEqual(store.again(), [])
      }
      const delivered = store.receive([said("z", 1)])
      assert.strictEqual(store.again()[0]?.after, delivered.length - 1)
    }
  })

  it("what is held and comes once more takes no room from what else is held", () => {
    const store = storeOf(stream("own"), { streams: 100, pending: 4 })
    store.receive(upTo(2, 5).map((n) => said("a", n)))
    store.receive([said("a", 2)])
    assert.deepStrictEqual(names(store.receive([said("a", 1)])), ["a1", "a2", "a3", "a4", "a5"])
  })

  it("nobody speaks for this node in a room in which it takes no part", () => {
    const store = storeOf(stream("own"))
    const elsewhere = streamOf(authorOf(stream("own")), Room.make("elsewhere"), epochIn(stream("own")))
    assert.isTrue(store.isOwn(stream("own")))
    assert.isFalse(store.isOwn(elsewhere))
  })

  it("what was skipped on a claim that its author refutes is taken back, and what was seen stays seen", () => {
    const store = storeOf(stream("own"))
    const [a, b] = [stream("a"), stream("b")]
    store.receive([said("a", 1), said("a", 2)])
    store.skip(a, 1_000)
    assert.isTrue(store.meet(a, 3))
    assert.deepStrictEqual(names(store.receive([said("a", 3), said("a", 4)])), ["a3", "a4"])
    assert.isFalse(store.meet(a, 4))
    assert.isFalse(store.meet(a, 3), "what has come is said")
    store.skip(a, 9)
    assert.isFalse(store.meet(a, 9), "what its author has said may be gone")
    store.adopt([[b, 1_000]], [])
    assert.isTrue(store.meet(b, 5))
    assert.strictEqual(store.have(b), 5)
    store.skip(b, 1_000)
    assert.isTrue(store.meet(b, 7))
    assert.deepStrictEqual(names(store.receive([said("b", 6)])), ["b6"])
  })

  it("where nothing may wait, what comes too early is dropped", () => {
    const store = storeOf(stream("own"), { streams: 100, pending: 0 })
    assert.deepStrictEqual(names(store.receive([said("a", 2)])), [])
    assert.deepStrictEqual(names(store.receive([said("a", 1)])), ["a1"])
  })

  it("what is nearer to its turn finds room, so that who is far behind many who answer each other catches up", () => {
    const store = storeOf(stream("own"), { streams: 100, pending: 60 })
    const authors = ["a", "b", "c", "d", "e"]
    const last = 40
    const all = authors.map((author) =>
      upTo(1, last).map((n) =>
        encoded(
          post(
            stream(author),
            n,
            `${author}${n}`,
            n === 1 ? [] : authors.filter((each) => each !== author).map((each) => [stream(each), n - 1] as const)
          )
        )
      )
    )
    let rounds = 0
    for (; rounds < 50 && authors.some((author) => store.have(stream(author)) < last); rounds += 1) {
      for (const posts of all) store.receive(posts)
    }
    assert.isAtMost(rounds, 12)
  })

  it("what waits is bounded in bytes too, and holds on to no more bytes than its own", () => {
    const store = storeOf(stream("own"))
    const chunk = new Uint8Array(1_000_000)
    const [first, ...rest] = upTo(1, 900).map((n) => encoded(post(stream("a"), n, "x".repeat(30_000))))
    const lines = rest.map(({ line, post }) => {
      chunk.set(line)
      return { post, line: chunk.subarray(0, line.length) }
    })
    store.receive(lines)
    const delivered = store.receive(first === undefined ? [] : [first])
    assert.isAbove(delivered.length, 500)
    assert.isBelow(delivered.length, 600)
    assert.isTrue(delivered.slice(1).every(({ line }) => line.buffer.byteLength === line.length))
  })
})
