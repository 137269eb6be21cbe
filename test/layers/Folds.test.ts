/** Which runs are spared when streams are folded away. */
import { assert, describe, it } from "@effect/vitest"
import * as Folds from "../../layers/replication/Folds.ts"
import type { Ground, Link } from "../../layers/replication/Ground.ts"
import { epochOf, mainRoom, type Room, type StreamId } from "../../src/domain/Post.ts"
import { epoch, id, peer, stream } from "../support/samples.ts"

describe("Folds", () => {
  it("a run that has a link is spared, however many others peers name that could be folded away", () => {
    const spared = new Set<StreamId>()
    const current = new Map()
    const folds = Folds.make(
      {
        limits: { streams: 8 },
        links: { current },
        log: { rooms: new Set<Room>([mainRoom]) },
        oldRuns: {
          meet: (of: StreamId) => spared.add(of),
          spare: (of: StreamId) => spared.add(of),
          spareNoMore: (of: StreamId) => spared.delete(of)
        }
      } as unknown as Ground,
      {} as Parameters<typeof Folds.make>[1]
    )
    /** A link comes up to somebody that lists these streams, though it has folded away others as early as they. */
    const comesUp = (name: string, ...listed: ReadonlyArray<StreamId>): void => {
      const link = {
        peer: peer(name, 7_000),
        epoch: epoch(1),
        rooms: new Set([mainRoom]),
        replica: {
          upTo: () => 0,
          listing: {
            folds: new Map([[mainRoom, { upTo: epochOf(9_000_000_000_000, 0), lines: 1 }]]),
            streams: new Map(listed.map((of) => [of, 0]))
          }
        }
      }
      current.set(id(name), link)
      folds.begins(link as unknown as Link)
    }
    comesUp("here")
    comesUp("other", stream("here"), stream("a"), stream("b"), stream("c"), stream("d"))
    assert.sameMembers([...spared], [stream("here"), stream("other"), stream("c"), stream("d")])
  })
})
