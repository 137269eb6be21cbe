/** Arbitrary values for property tests. */
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import { type Address, Host, PeerId, Port } from "../../src/domain/Peer.ts"
import { type Epoch, epochOf, mainRoom, type Post, PostNumber, type StreamId, streamOf } from "../../src/domain/Post.ts"

export const peerId: FastCheck.Arbitrary<PeerId> = Arbitrary.make(PeerId)

/** A name, an IPv4 address, an IPv6 address with or without a zone. */
export const host: FastCheck.Arbitrary<Host> = FastCheck.oneof(
  FastCheck.domain(),
  FastCheck.ipV4(),
  FastCheck.ipV6(),
  FastCheck.constant("fe80::1%eth0"),
  Arbitrary.make(Host)
).map((text) => Host.make(text))

/** An address that can be dialled. */
export const address: FastCheck.Arbitrary<Address> = FastCheck.record({
  host,
  port: FastCheck.integer({ min: 1, max: 65_535 }).map((port) => Port.make(port))
})

export const epoch: FastCheck.Arbitrary<Epoch> = FastCheck.tuple(
  FastCheck.nat(2_000_000_000_000),
  FastCheck.integer({ min: 0, max: 2 ** 32 - 1 })
).map(([millis, random]) => epochOf(millis, random))

/** Any text that can be typed, pasted or sent: any UTF-16, lone surrogates and control characters included. */
export const text: FastCheck.Arbitrary<string> = FastCheck.oneof(
  FastCheck.string({ unit: "grapheme" }),
  FastCheck.array(FastCheck.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes))
)

export const streamId: FastCheck.Arbitrary<StreamId> = FastCheck.tuple(peerId, epoch).map(([author, run]) =>
  streamOf(author, mainRoom, run)
)

export const postNumber: FastCheck.Arbitrary<PostNumber> = FastCheck.integer({
  min: 1,
  max: Number.MAX_SAFE_INTEGER
}).map((n) => PostNumber.make(n))

export const post: FastCheck.Arbitrary<Post> = FastCheck.record({
  stream: streamId,
  n: postNumber,
  at: FastCheck.maxSafeNat(),
  deps: FastCheck.array(FastCheck.tuple(streamId, postNumber), { maxLength: 4 }).map((deps) =>
    Object.fromEntries(deps)
  ),
  text
})
