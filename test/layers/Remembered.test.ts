/** What the parts of a mesh remember of peers and streams has a bound, however many come and go. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { encodeBlock } from "../../layers/log/Sealing.ts"
import * as Delivery from "../../layers/replication/Delivery.ts"
import type { Ground, Link } from "../../layers/replication/Ground.ts"
import * as Proofs from "../../layers/replication/Proofs.ts"
import type { Post } from "../../src/domain/Post.ts"
import { PostStore } from "../../src/protocol/PostStore.ts"
import { epoch, id, post, stream } from "../support/samples.ts"
import { signer } from "../support/signers.ts"

describe("however many come and go", () => {
  it("the last of those who have what this node says are counted", () => {
    const own = stream("own")
    const { hasUpTo, holders } = Delivery.make({
      log: { have: () => 9, isOwn: (each: string) => each === own },
      peers: { changed: () => {} },
      links: { current: new Map() }
    } as unknown as Ground)
    const peers = Array.from({ length: Delivery.mostRemembered + 100 }, (_, n) => id(`peer-${n}`))
    for (const each of peers) {
      hasUpTo(
        { peer: { id: each }, replica: { theirs: new Map(), upTo: () => 0 }, passing: false } as unknown as Link,
        [own, 1]
      )
    }
    assert.strictEqual(holders(own, 1), Delivery.mostRemembered)
  })

  it("what was checked is remembered of the streams that are kept, and of those alone", () => {
    const store = new PostStore({ author: id("own"), epoch: epoch(1) }, undefined, true)
    let checked = 0
    const { proven } = Proofs.make({
      limits: { logEntries: 4 },
      log: store,
      membership: {
        judge: () => {
          checked += 1
          return "proven"
        }
      }
    } as unknown as Ground)
    const look = (each: Post): number => {
      const before = checked
      assert.deepStrictEqual(Effect.runSync(proven(each.stream, 1)), { to: 1, objection: undefined })
      return checked - before
    }
    const posts = Array.from({ length: 20 }, (_, n) => post(stream(`author-${n}`), 1, "once"))
    const [first, ...others] = posts as [Post, ...Array<Post>]
    const blockOf = (said: Post) => ({ post: said, line: encodeBlock([said], signer(1).sign) })
    store.receive([blockOf(first)])
    assert.strictEqual(look(first), 1)
    for (const each of others) {
      store.receive([blockOf(each)])
      assert.strictEqual(look(each), 1)
      store.drop(each.stream, 1)
    }
    assert.strictEqual(look(first), 0)
    // It is said anew, as far as the store knows: it was forgotten that it was checked.
    const again = new PostStore({ author: id("own"), epoch: epoch(1) }, undefined, true)
    again.receive([blockOf(others[0] as Post)])
    Object.assign(store, { slice: again.slice.bind(again) })
    assert.strictEqual(look(others[0] as Post), 1)
  })
})
