import { assert, describe, it } from "@effect/vitest"
import { actionOf } from "../../src/domain/Action.ts"
import { sizeInWords } from "../../src/domain/Amounts.ts"
import { announcedIn, deedIn, wordsOf } from "../../src/domain/Announcement.ts"
import type { Digest, Offer } from "../../src/domain/Offer.ts"
import { textOf } from "../../src/domain/Offer.ts"
import { offerInWords, transferInWords } from "../../src/domain/OfferWords.ts"
import { mainRoom, Room } from "../../src/domain/Post.ts"
import type { Transfer } from "../../src/domain/Transfer.ts"
import { id } from "../support/samples.ts"

const offer: Offer = {
  name: "notes.txt",
  size: 1_000_000,
  type: "text/plain",
  digest: "A".repeat(43) as Digest,
  manifest: 99
}
const transfer: Transfer = {
  ...{ offer, state: "Fetching", bytes: 0, rate: 0, from: [], paths: [] },
  ...{ readers: 0, given: 0, takers: [] }
}

describe("offers in words", () => {
  it("sizes have two or three digits that count", () => {
    const sizes = [0, 1, 999, 1_000, 9_949, 9_950, 999_499, 999_500, 20_000_000_000, 1e17]
    assert.deepStrictEqual(sizes.map(sizeInWords), [
      ...["0 bytes", "1 byte", "999 bytes", "1.0 kB", "9.9 kB", "10 kB", "999 kB", "1.0 MB", "20 GB", "100 PB"]
    ])
  })

  it("an offer is announced with its size, and where it was made", () => {
    assert.strictEqual(offerInWords(offer), "notes.txt (1.0 MB)")
    assert.strictEqual(offerInWords({ ...offer, name: "logs", files: 12 }), "logs (12 files, 1.0 MB)")
    assert.strictEqual(announcedIn(mainRoom, textOf(offer)), "offers notes.txt (1.0 MB)")
    assert.strictEqual(announcedIn(Room.make("ops"), textOf(offer)), "offers notes.txt (1.0 MB) in #ops")
    assert.strictEqual(announcedIn("1@2" as Room, textOf(offer)), "offers notes.txt (1.0 MB) in private")
    assert.isUndefined(announcedIn(mainRoom, "notes.txt"))
    assert.isUndefined(announcedIn(mainRoom, "\u0001FILE {}\u0001"))
    assert.strictEqual(wordsOf(textOf(offer)), "notes.txt (1.0 MB)")
    assert.deepStrictEqual([textOf(offer), actionOf("waves"), "hello"].map(deedIn), [
      ...["offers notes.txt (1.0 MB)", "waves", undefined]
    ])
  })

  it("a transfer says how far it is; 100 % only if all is here", () => {
    const cases: ReadonlyArray<readonly [part: Partial<Transfer>, words: string]> = [
      [{ bytes: 999_999 }, "99 %"],
      [
        { bytes: 430_000, rate: 1_000, from: [id("1"), id("3")] },
        "43 %, 1.0 kB/s, 10 min left, from Client 1 and Client 3"
      ],
      [{ bytes: 1_000, rate: 100 }, "0 %, 100 bytes/s, 2 h 47 min left"],
      [{ bytes: 990_000, rate: 1_000 }, "99 %, 1.0 kB/s, 10 s left"],
      [{ state: "Done", bytes: 1_000_000, paths: ["/d/notes.txt"] }, "here, /d/notes.txt"],
      [{ state: "Done", readers: 2 }, "here; 2 fetch it from here"],
      [{ state: "Waiting", bytes: 500_000 }, "50 %, waiting for somebody who has the rest"],
      [{ state: "Failed", why: "The disk is full." }, "0 %, stopped: The disk is full."]
    ]
    for (const [part, words] of cases) assert.strictEqual(transferInWords({ ...transfer, ...part }), words)
  })
})
