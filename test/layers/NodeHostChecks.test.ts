/** What is found in a data folder by whoever only looks: the doctor. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as Keys from "../../layers/identity/Keys.ts"
import * as PrivateSeal from "../../layers/identity/PrivateSeal.ts"
import * as NodeHostChecks from "../../layers/NodeHostChecks.ts"
import { HostChecks } from "../../services/HostChecks.ts"
import { mainRoom, PostNumber, Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { encode, encodePost } from "../../src/protocol/Frame.ts"
import { temporaryFolder } from "../support/folder.ts"
import { epoch, id, post } from "../support/samples.ts"

const ops = Room.make("ops")
const streamIn = (author: string, room: Room) => streamOf(id(author), room, epoch(1))

describe("what is kept in a folder", () => {
  it.scopedLive("is counted, room by room, and letters for this user that can't be opened are found", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [data, state] = [Path.join(folder, "data"), Path.join(folder, "state")]
      const { folder: look } = yield* HostChecks
      assert.isUndefined((yield* look(data, state)).log)
      const [anna, bo, carol] = yield* Effect.all([Keys.generate, Keys.generate, Keys.generate])
      Fs.mkdirSync(Path.join(state, "bo"), { recursive: true })
      Fs.writeFileSync(Path.join(state, "bo", "key.pem"), `${bo.credentials.privateKey}a certificate\n`)
      const author = PrivateSeal.make(anna.credentials.privateKey)
      const sealed = "anna/@/1000000000001-00000000" as StreamId
      const textFor = (n: number, { key }: typeof bo) =>
        author.seal({ stream: sealed, n: PostNumber.make(n) }, { to: [id("bo")], text: "hello" }, [key])
      const good = yield* textFor(1, bo)
      const changed = `${(yield* textFor(2, bo)).slice(0, -4)}AAAA`
      const others = yield* textFor(3, carol)
      Fs.mkdirSync(data)
      const lines = [
        encodePost(post(streamIn("anna", mainRoom), 1)),
        Buffer.from('{"type":"rooms","joined":["dev"],"carried":[]}\n'),
        Buffer.from("no line of a journal\n"),
        encodePost(post(streamIn("anna", ops), 1)),
        encodePost(post("anna/anna@bo/1000000000001-00000000" as StreamId, 1)),
        ...[good, changed, others].map((text, index) => encodePost(post(sealed, index + 1, text))),
        encode({ type: "gap", stream: streamIn("bo", ops), to: 3 }),
        Buffer.from('{"type":"rooms","joined":["ops"],"carried":["dev"]}\n')
      ]
      Fs.writeFileSync(Path.join(data, "log.ndjson"), Buffer.concat(lines))
      const before = Fs.readdirSync(data)
      assert.deepStrictEqual((yield* look(data, state)).log, {
        posts: 6,
        streams: 5,
        joined: [ops],
        carried: [Room.make("dev")],
        privatePosts: 1,
        sealed: 3,
        unreadable: 1,
        damaged: 1
      })
      assert.deepStrictEqual(Fs.readdirSync(data), before, "nothing is left behind")
    }).pipe(Effect.provide(NodeHostChecks.layer))
  )
})
