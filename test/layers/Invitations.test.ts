import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe } from "vitest"
import * as FileInvitations from "../../layers/FileInvitations.ts"
import * as MemoryInvitations from "../../layers/MemoryInvitations.ts"
import { Invitations } from "../../services/Invitations.ts"
import { temporaryFolder } from "../support/folder.ts"
import { id } from "../support/samples.ts"
import * as InvitationsContract from "./InvitationsContract.ts"

describe("MemoryInvitations", () => InvitationsContract.holdsFor(MemoryInvitations.layer))

describe("FileInvitations", () => {
  InvitationsContract.holdsFor(Layer.unwrapScoped(Effect.map(temporaryFolder, FileInvitations.layer)))

  it.scoped("a token is nowhere on disk, and what one program issues or revokes the other knows at once", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [server, command] = [
        yield* Effect.provide(Invitations, FileInvitations.layer(folder)),
        yield* Effect.provide(Invitations, FileInvitations.layer(folder))
      ]
      const token = yield* command.issue({ uses: 2, expires: 1_000 })
      const [issued] = yield* server.all
      if (issued === undefined) return assert.fail("the server does not know it")
      assert.isTrue(yield* server.redeem(issued.key, id("1")))
      assert.deepStrictEqual((yield* command.all)[0]?.usedBy, [id("1")])
      const files = Fs.readdirSync(folder, { recursive: true, encoding: "utf8" })
      assert.isAtLeast(files.length, 3)
      for (const file of files.map((name) => Path.join(folder, name))) {
        assert.notInclude(file, token)
        if (Fs.statSync(file).isFile()) assert.notInclude(Fs.readFileSync(file, "utf8"), token)
      }
      assert.isTrue(yield* command.revoke(issued.key))
      assert.isFalse(yield* server.redeem(issued.key, id("2")))
    })
  )
})
