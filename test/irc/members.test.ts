/** Whom an IRC client knows by which nick. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makeMembers } from "../../layers/irc/Members.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { serverId } from "../../src/domain/Peer.ts"
import { id } from "../support/samples.ts"
import { watchTables } from "../support/Tables.ts"

const through = serverId
const came = (name: string) => MeshEvent.GuestCame({ id: id(name), through, known: false })
const left = (name: string) => MeshEvent.GuestLeft({ id: id(name), through, words: "" })

const names = Array.from({ length: 3_000 }, (_, at) => `guest${at}`)

const view = () => makeMembers({ id: id("kim"), role: "client" }, "kim")

describe("the nicks that an IRC client knows", () => {
  it("a guest that has gone has its nick until that was told, and then the nick is free for another one", () => {
    const members = view()
    members.see(came("Bob"))
    assert.strictEqual(members.see(left("Bob")).length, 1)
    assert.strictEqual(members.nickOf(id("Bob")), "Bob")
    members.see(came("bob"))
    assert.strictEqual(members.nickOf(id("bob")), "bob")
    assert.strictEqual(members.idOf("BOB"), id("bob"))
  })

  it.effect("are not more when many guests have come and gone, or were heard of in old lines", () =>
    Effect.gen(function* () {
      const tables = yield* Effect.acquireRelease(Effect.sync(watchTables), ({ stop }) => Effect.sync(stop))
      const members = view()
      for (const name of names) for (const event of [came(name), left(name)]) members.see(event)
      members.see(came("bob"))
      const sizes = (yield* tables.count).map(({ size }) => size)
      assert.isAtMost(Math.max(...sizes), 16)
      for (const name of names) members.nickOf(id(name))
      assert.isAtMost(Math.max(...(yield* tables.count).map(({ size }) => size)), 514)
      assert.strictEqual(members.idOf("guest2999"), id("guest2999"))
      assert.strictEqual(members.idOf("bob"), id("bob"))
    }).pipe(Effect.scoped)
  )
})
