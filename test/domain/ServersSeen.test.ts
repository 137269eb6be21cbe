import { assert, describe, it } from "@effect/vitest"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { noServer, serversAfter } from "../../src/domain/ServersSeen.ts"
import { peer } from "../support/samples.ts"

const server = peer("Server", 4_000)
const three = peer("3", 6_003)

describe("the servers that a node has seen", () => {
  it("are there from a link on, and away since the last of them was lost, given up or has left", () => {
    let seen = noServer
    const see = (event: MeshEvent, now: number) => {
      seen = serversAfter(seen, event, now)
      return [seen.there.size, seen.lostAt]
    }
    assert.deepStrictEqual(see(MeshEvent.GivenUp({ peer: server, ghost: false }), 1), [0, undefined])
    assert.deepStrictEqual(see(MeshEvent.Admitted({ by: server }), 2), [1, undefined])
    assert.deepStrictEqual(see(MeshEvent.Lost({ peer: three, reason: "closed" }), 3), [1, undefined])
    assert.deepStrictEqual(see(MeshEvent.Lost({ peer: server, reason: "closed" }), 4), [0, 4])
    assert.deepStrictEqual(see(MeshEvent.GivenUp({ peer: server, ghost: false }), 5), [0, 4])
    assert.deepStrictEqual(see(MeshEvent.Linked({ peer: server, newcomer: false, known: true }), 6), [1, undefined])
    assert.deepStrictEqual(see(MeshEvent.Left({ peer: server }), 7), [0, 7])
  })
})
