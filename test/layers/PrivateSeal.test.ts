import { spawnSync } from "node:child_process"
import * as Crypto from "node:crypto"
import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { envelopeIn, textOf } from "../../layers/identity/Envelope.ts"
import * as Keys from "../../layers/identity/Keys.ts"
import * as Montgomery from "../../layers/identity/Montgomery.ts"
import * as PrivateSeal from "../../layers/identity/PrivateSeal.ts"
import type { PublicKey } from "../../src/domain/Key.ts"
import { type Letter, mostReaders, type Place } from "../../src/domain/Letter.ts"
import { PeerId } from "../../src/domain/Peer.ts"
import { epochOf, PostNumber, type StreamId } from "../../src/domain/Post.ts"
import * as InstantSeal from "../support/InstantSeal.ts"

/** Somebody with a key. */
const personWith = (make: typeof PrivateSeal.make) =>
  Effect.map(Keys.generate, ({ credentials, key }) => ({ key, ...make(credentials.privateKey) }))
const person = personWith(PrivateSeal.make)

const streamOf = (author: string) => `${author}/@/${epochOf(1, 1)}` as StreamId
const place: Place = { stream: streamOf("anna"), n: PostNumber.make(3) }
const letter: Letter = { to: [PeerId.make("bo")], text: "for you alone: é\n\u0001" }

const opened = ({ open }: PrivateSeal.PrivateSeal, text: string, at: Place = place) =>
  Effect.suspend(() => open(at, text) ?? Effect.succeed(undefined))

const sealed = (author: PrivateSeal.PrivateSeal, ...readers: ReadonlyArray<{ readonly key: PublicKey }>) =>
  author.seal(
    place,
    letter,
    readers.map(({ key }) => key)
  )

const hasPythonCryptography = spawnSync("python3", ["-c", "import cryptography"]).status === 0

describe.each([
  ["PrivateSeal", PrivateSeal.make],
  ["InstantSeal, its double", InstantSeal.make]
] as const)("%s", (_, make) => {
  const one = personWith(make)

  it.effect("its readers and its author can open a message, and nobody else, who knows it at once", () =>
    Effect.gen(function* () {
      const [anna, bo, carol, dan] = yield* Effect.all([one, one, one, one])
      const text = yield* sealed(anna, bo, carol)
      for (const reader of [anna, bo, carol]) assert.deepStrictEqual(yield* opened(reader, text), letter)
      assert.isUndefined(dan.open(place, text))
    })
  )

  it.effect("a message can't be opened under another number, in another run, or as somebody else's", () =>
    Effect.gen(function* () {
      const [anna, bo] = yield* Effect.all([one, one])
      const text = yield* sealed(anna, bo)
      const others: ReadonlyArray<Place> = [
        { ...place, n: PostNumber.make(4) },
        { ...place, stream: streamOf("carol") },
        { ...place, stream: `anna/@/${epochOf(1, 2)}` as StreamId }
      ]
      for (const other of others) assert.isUndefined(yield* opened(bo, text, other))
    })
  )
})

describe("PrivateSeal", () => {
  it.effect("the hint alone opens nothing: the sealed key and the body are bound to the place as well", () =>
    Effect.gen(function* () {
      const [anna, bo] = yield* Effect.all([person, person])
      const elsewhere = { ...place, n: PostNumber.make(4) }
      const [here, there] = [yield* sealed(anna, bo), yield* anna.seal(elsewhere, letter, [bo.key])].map((text) =>
        envelopeIn(text)
      )
      assert(here !== undefined && there !== undefined)
      // With the hints of one place, and the rest of another.
      const slots = there.slots.flatMap((slot, at) => [slot, { ...slot, ...here.slots[at], hint: slot.hint }])
      for (const { enc, hint, key } of slots) {
        const moved = { ...there, slots: [{ hint, enc, key }], body: here.body }
        assert.isUndefined(yield* opened(bo, textOf(moved), elsewhere))
      }
    })
  )

  it.effect("no changed byte makes another message of it", () =>
    Effect.gen(function* () {
      const [anna, bo] = yield* Effect.all([person, person])
      const text = yield* sealed(anna, bo)
      const bytes = Buffer.from(text, "base64url")
      const bodyAt = bytes.length - (envelopeIn(text)?.body.length ?? 0)
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        const read = yield* opened(bo, changed.toString("base64url"))
        // What belongs to the author's slot does not matter to the reader.
        if (read !== undefined && at < bodyAt) assert.deepStrictEqual(read, letter)
        else assert.isUndefined(read, `byte ${at}`)
      }
    })
  )

  it.effect("what is no envelope is opened by nobody, at once", () =>
    Effect.gen(function* () {
      const [anna, bo] = yield* Effect.all([person, person])
      const bytes = Buffer.from(yield* sealed(anna, bo), "base64url")
      const shortened = Array.from({ length: bytes.length - 1 }, (_, length) => bytes.subarray(0, length))
      const noSecret = Buffer.concat([bytes.subarray(0, 2), Buffer.alloc(32), bytes.subarray(34)])
      for (const each of [...shortened.slice(0, 226), Buffer.of(1, 17), Buffer.of(2, 1), noSecret]) {
        assert.isUndefined(bo.open(place, each.toString("base64url")))
      }
      for (const text of ["", "hello", "\u0000\u0001", "é".repeat(200)]) assert.isUndefined(bo.open(place, text))
    })
  )

  it.effect("the greatest number of readers", () =>
    Effect.gen(function* () {
      const [anna, last, ...others] = yield* Effect.all([person, ...Array.from({ length: mostReaders }, () => person)])
      assert(anna !== undefined && last !== undefined)
      const text = yield* sealed(anna, ...others, last)
      assert.strictEqual(envelopeIn(text)?.slots.length, mostReaders + 1)
      assert.deepStrictEqual(yield* opened(last, text), letter)
    })
  )

  it("the key for sealing belongs to the key for signing", () => {
    for (let round = 0; round < 20; round += 1) {
      const { privateKey, publicKey } = Crypto.generateKeyPairSync("ed25519")
      const own = Montgomery.privateObject(Montgomery.privateOf(privateKey))
      const key = Keys.publicKeyOf(publicKey)
      assert(key !== undefined)
      assert.deepStrictEqual(Montgomery.publicOf(key), Montgomery.bytesIn(Crypto.createPublicKey(own)))
    }
  })

  it.effect("the example in PROTOCOL.md", () =>
    Effect.gen(function* () {
      const [line] = /^\{"type":"post","stream":"alice\/@\/.*\}$/m.exec(readFileSync("docs/PROTOCOL.md", "utf8")) ?? []
      const post = decodePost(`${line}\n`)
      const secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
      const bo = Crypto.createPrivateKey({
        key: Buffer.from(`302e020100300506032b657004220420${secret}`, "hex"),
        format: "der",
        type: "pkcs8"
      })
      const sealing = PrivateSeal.make(bo.export({ format: "pem", type: "pkcs8" }).toString())
      assert.deepStrictEqual(yield* opened(sealing, post.text, post), {
        to: [PeerId.make("bo")],
        text: "for you alone: é"
      })
    })
  )
})

/** The parts of the example that matter here. Its seal is checked by the program in Python. */
const decodePost = (line: string) => JSON.parse(line) as Place & { readonly text: string }

describe.skipIf(!hasPythonCryptography)("another language (skipped where there is no python3-cryptography)", () => {
  it("opens the example in PROTOCOL.md", () => {
    const { status, stderr, stdout } = spawnSync("python3", ["test/python/private_vector.py", "docs/PROTOCOL.md"], {
      encoding: "utf8",
      env: { ...process.env, PYTHONIOENCODING: "utf8" }
    })
    assert.strictEqual(stdout, '{"to": ["bo"], "text": "for you alone: é"}\n', stderr)
    assert.strictEqual(status, 0)
  })
})
