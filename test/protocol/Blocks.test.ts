import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import * as Keys from "../../layers/identity/Keys.ts"
import { blocksOf, encodeBlock } from "../../layers/log/Sealing.ts"
import { Signature } from "../../src/domain/Key.ts"
import { type Post, PostNumber } from "../../src/domain/Post.ts"
import { claimOn, mostSealed } from "../../src/domain/Seal.ts"
import { Blocks, contentsOf, type SealedBlock } from "../../src/protocol/Blocks.ts"
import { decode, encodePost, encodePosts, maxFrameBytes, sealed } from "../../src/protocol/Frame.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { bytesOf, joined, linesIn, textOf } from "../support/bytes.ts"
import { post, stream } from "../support/samples.ts"
import { blockOf, blocksIn, framesOf, signer, signerOf } from "../support/signers.ts"

const author = signer(1)
const someoneElse = signer(2)

const postsIn = ({ post: first, rest = [] }: SealedBlock) => [first, ...rest.map((each) => each.post)]

/** Whether that author has sealed it, as who takes it from others sees it. */
const isBy = ({ key }: { readonly key: typeof author.key }, block: SealedBlock): boolean => {
  const { post: first, seal } = block
  const claim = claimOn(first.stream, seal.from, first.n + (block.rest?.length ?? 0), Keys.digestOf(contentsOf(block)))
  return Keys.verifyText(key, claim, seal.sig)
}

/** Posts that follow each other in a stream. */
const saying: FastCheck.Arbitrary<ReadonlyArray<Post>> = FastCheck.tuple(
  Arbitraries.streamId,
  FastCheck.integer({ min: 1, max: 1_000_000 }),
  FastCheck.array(Arbitraries.post, { minLength: 1, maxLength: 6 })
).map(([of, first, posts]) => posts.map((each, at) => ({ ...each, stream: of, n: PostNumber.make(first + at) })))

describe("a block", () => {
  it("has the lines of its posts and a seal by which its author is known, and nobody else", () => {
    FastCheck.assert(
      FastCheck.property(saying, (posts) => {
        const bytes = encodeBlock(posts, author.sign)
        const [block, ...more] = blocksIn(linesIn(bytes))
        if (block === undefined) return assert.fail("no block")
        assert.lengthOf(more, 0)
        assert.deepStrictEqual(postsIn(block), posts)
        assert.strictEqual(textOf(joined(contentsOf(block))), textOf(encodePosts(posts)))
        assert.isTrue(isBy(author, block))
        assert.isFalse(isBy(someoneElse, block))
      }),
      { numRuns: 200 }
    )
  })

  it("of which a byte is another is no block, or not its author's", () => {
    FastCheck.assert(
      FastCheck.property(saying, FastCheck.nat(), FastCheck.integer({ min: 1, max: 255 }), (posts, where, by) => {
        const bytes = encodeBlock(posts, author.sign).slice()
        const at = where % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ by
        const blocks = new Blocks()
        for (const line of linesIn(bytes)) {
          const frame = decode(line)
          if (frame._tag === "Left" || frame.right.type !== "post") return
          const block = blocks.take(frame.right)
          if (block === "broken") return
          if (block !== undefined) assert.isFalse(isBy(author, block), textOf(bytes))
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("does not go for another stream, for other numbers, or with lines left out or in another order", () => {
    const posts = [1, 2, 3].map((n) => post(stream("1"), n))
    const { rest = [], seal } = blockOf(posts, author)
    const forged = (of: ReadonlyArray<Post>, from = seal.from) =>
      blocksIn(linesIn(sealed(encodePosts(of), { from, sig: seal.sig })))
    const others: ReadonlyArray<ReadonlyArray<Post>> = [
      posts.map((each) => ({ ...each, stream: stream("2") })),
      posts.map((each) => ({ ...each, stream: stream("1", 2) })),
      posts.map((each) => ({ ...each, n: PostNumber.make(each.n + 1) })),
      posts.slice(1),
      posts.slice(0, 2),
      posts.map((each, at) => ({ ...posts[2 - at], n: each.n }) as Post)
    ]
    assert.lengthOf(rest, 2)
    assert.isTrue(forged(posts).every((block) => isBy(author, block)))
    for (const other of others) {
      const from = other[0]?.n ?? seal.from
      assert.isFalse(
        forged(other, from).some((block) => isBy(author, block)),
        JSON.stringify(other)
      )
    }
  })

  it("is to the byte as docs/PROTOCOL.md has it", () => {
    // The first key of RFC 8032, section 7.1.
    const alice = signerOf("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert.strictEqual(alice.key, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    const of = stream("alice", 1_795_000_000_000)
    const bytes = encodeBlock(
      [
        { ...post(of, 5, "é", [[stream("Server", 1_794_000_000_000), 2]]), at: 1_795_000_001_000 },
        { ...post(of, 6, "two"), at: 1_795_000_001_000 }
      ],
      alice.sign
    )
    assert.strictEqual(
      textOf(bytes),
      [
        `{"type":"post","stream":"alice/main/1795000000000-00000000","n":5,"at":1795000001000,"deps":{"Server/main/1794000000000-00000000":2},"text":"é"}`,
        `{"type":"post","stream":"alice/main/1795000000000-00000000","n":6,"at":1795000001000,"deps":{},"text":"two","seal":{"from":5,"sig":"w0rtRM6pXOrGYeezHtBs5DccWwKp-6FE_qRYFC8O1sGZHofJmSmNjbIOG3RWVMpfVkt0gzJoftdRa4vWmnt7Cg"}}`,
        ""
      ].join("\n")
    )
    const [block] = blocksIn(linesIn(bytes))
    assert.strictEqual(
      block === undefined ? "" : Keys.digestOf(contentsOf(block)),
      "mIscZsKXwJq8JTiAmHc721W2dHNKeJ6YR6pAghLYPKc"
    )
  })

  it("is whole with its seal alone: what comes between its posts, or goes on for too long, breaks it", () => {
    const frames = framesOf(
      linesIn(
        encodeBlock(
          [1, 2, 3].map((n) => post(stream("1"), n)),
          author.sign
        )
      )
    )
    const [one, two, three] = frames
    if (one === undefined || two === undefined || three === undefined) return assert.fail("three posts")
    const taking = (...sent: typeof frames) => {
      const blocks = new Blocks()
      return sent.map((frame) => {
        const block = blocks.take(frame)
        return block === undefined ? "open" : block === "broken" ? block : `${block.post.n}-${postsIn(block).length}`
      })
    }
    const other = framesOf([encodePost(post(stream("2"), 1))])
    assert.deepStrictEqual(taking(one, two, three), ["open", "open", "1-3"])
    assert.deepStrictEqual(taking(one, three), ["open", "broken"])
    assert.deepStrictEqual(taking(two, three), ["open", "broken"])
    assert.deepStrictEqual(taking(three), ["broken"])
    assert.deepStrictEqual(taking(one, one), ["open", "broken"])
    assert.deepStrictEqual(taking(one, two, ...other), ["open", "open", "broken"])
    assert.deepStrictEqual(taking(one, three, one, two, three), ["open", "broken", "open", "open", "1-3"])
    const endless = framesOf(Array.from({ length: 65 }, (_, at) => encodePost(post(stream("1"), at + 1))))
    assert.deepStrictEqual(taking(...endless).slice(-2), ["open", "broken"])
    const long = framesOf([1, 2].map((n) => encodePost(post(stream("1"), n, "x".repeat(40_000)))))
    assert.deepStrictEqual(taking(...long), ["open", "broken"])
  })

  it("is never larger than a block may be, whatever is said", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.oneof(FastCheck.nat(200), FastCheck.nat(9_000)), { minLength: 1, maxLength: 300 }),
        FastCheck.constantFrom("x", "\u0000", "ÿ", "\ud800"),
        (lengths, letter) => {
          const posts = lengths.map((length, at) => post(stream("1"), at + 1, letter.repeat(length)))
          const blocks = blocksOf(posts)
          assert.deepStrictEqual(blocks.flat(), posts)
          for (const block of blocks) {
            assert.isAtMost(block.length, mostSealed)
            assert.isAtMost(encodeBlock(block, () => seal86).length, maxFrameBytes)
          }
        }
      ),
      { numRuns: 50 }
    )
    assert.strictEqual(blocksOf(Array.from({ length: 640 }, (_, at) => post(stream("1"), at + 1))).length, 10)
  })
})

/** What a signature looks like. */
const seal86 = Signature.make("A".repeat(86))

describe("a sealed line", () => {
  const whole = `{"type":"post","stream":"${stream("1")}","n":1,"at":0,"deps":{},"text":"a","seal":{"from":1,"sig":"${seal86}"}}\n`

  it("ends with its seal, to the letter", () => {
    const frame = decode(bytesOf(whole))
    assert.deepStrictEqual(frame._tag === "Right" && frame.right.type === "post" ? frame.right.seal : undefined, {
      from: 1,
      sig: seal86
    } as never)
    const moved = whole.replace(/("text":"a"),(.*)\}\n/, "$2,$1}\n")
    for (const line of [
      moved,
      whole.replace('"from":1', '"from": 1'),
      whole.replace('"from":1', '"from":1.0'),
      whole.replace('"from":1', '"from":0'),
      whole.replace('"from":1,', '"from":1,"more":1,'),
      whole.replace(`"from":1,"sig":"${seal86}"`, `"sig":"${seal86}","from":1`),
      whole.replace("AA", "A"),
      whole.replace(`${seal86}`, `${"A".repeat(85)}B`),
      whole.replace('"seal":{', '"seal":[{').replace("}}", "}]}"),
      whole.replace("}}\n", "}} \n")
    ]) {
      assert.notStrictEqual(line, whole)
      assert.strictEqual(decode(bytesOf(line))._tag, "Left", line)
    }
  })
})
