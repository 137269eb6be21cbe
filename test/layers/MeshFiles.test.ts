/** A node at which nobody has offered or fetched anything yet. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { frameOn } from "../../layers/files/Intake.ts"
import { keyOf, proofOf } from "../../layers/files/Keys.ts"
import { say } from "../../layers/files/Saying.ts"
import * as LinkContract from "../../layers/LinkContract.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as MeshFiles from "../../layers/MeshFiles.ts"
import type { Digest } from "../../src/domain/Offer.ts"
import { type Fetch, protocolVersion } from "../../src/protocol/Frame.ts"
import { chatId, epoch, peer } from "../support/samples.ts"
import { run } from "../support/VirtualTime.ts"

const unused = MeshFiles.layer(
  { downloads: "/downloads", share: true, bytesPerSecond: undefined, transfers: 8, transfersPerPeer: 4 },
  Effect.dieMessage("it loads the files")
)

describe("MeshFiles", () => {
  it("tells who would fetch that nothing is shared, and loads nothing for that", () => {
    const exit = run(
      Effect.gen(function* () {
        const network = yield* MemoryTransport.makeNetwork
        const [me, other] = [peer("me", 6_000), peer("other", 7_000)]
        const links = { self: () => ({ id: me.id, role: "client", epoch: epoch(1), chat: chatId(1) }) }
        const onLinks = Context.get(yield* Layer.build(unused), LinkContract.FilesOnLinks)
        onLinks?.attach(links as LinkContract.FileLinks)
        const digest = "A".repeat(43) as Digest
        const visit: Fetch = {
          type: "fetch",
          protocol: protocolVersion,
          id: other.id,
          role: "client",
          epoch: epoch(2),
          chat: chatId(1),
          to: me.id,
          key: keyOf(digest),
          proof: proofOf(digest, other.id, epoch(2), me.id)
        }
        yield* network.transport("me").listen(me.address, (connection) => onLinks?.visited(connection, visit))
        const connection = yield* network.transport("other").dial(me.address)
        say(connection, visit)
        const { frame } = yield* frameOn(connection)
        assert.deepInclude(frame, { type: "refused", id: me.id, detail: "it is not shared here" })
      }).pipe(Effect.scoped)
    )
    if (Exit.isFailure(exit)) assert.fail(Cause.pretty(exit.cause))
  })
})
