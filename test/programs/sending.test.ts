/** Files from one person to another, by what they type and see. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather, type Node, story, type World } from "./World.ts"

const content = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, at) => (at * 7) % 251)

const put = (world: World, { name }: Node, path: string, size: number): void => {
  world.diskOf(name).put(path, content(size))
}

describe("sending files", () => {
  story("a file is offered, seen by all with its size, and fetched by its name or number", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      put(world, one, "/home/notes.txt", 300_000)
      yield* one.type("/send /home/notes.txt")
      const seen = "* Client 1 offers notes.txt (300 kB)"
      yield* Effect.forEach([two, server], (node) => node.sees(seen))
      yield* two.type("/files")
      yield* two.sees("* 1. notes.txt (300 kB) of Client 1: Client 1 has it")
      yield* two.type("/get notes.txt")
      yield* two.sees("* notes.txt is here: /downloads/notes.txt")
      assert.deepStrictEqual(world.diskOf(two.name).bytes("/downloads/notes.txt"), content(300_000))
      yield* two.type("/get 1")
      yield* two.sees("* notes.txt: here, /downloads/notes.txt")
      yield* one.interrupt
      yield* server.type("/get 1 /tmp")
      yield* server.sees("* notes.txt is here: /tmp/notes.txt")
      yield* two.type("/drop notes.txt")
      yield* two.sees("* notes.txt is shared by Client 2 no more. Others who have fetched it may still share it.")
      yield* two.type("/drop notes.txt")
      yield* two.sees("* notes.txt is not shared here.")
      yield* two.type("/cancel 1")
      yield* two.sees("* notes.txt is not being fetched.")
    })
  )

  story("a file is offered to one alone, who sees that it is private; nobody else sees it", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      put(world, one, "/home/a.txt", 5)
      yield* one.type("/send /home/a.txt 2")
      yield* two.sees("* Client 1 offers a.txt (5 bytes) in private")
      yield* two.type("/get a.txt")
      yield* two.sees("* a.txt is here: /downloads/a.txt")
      yield* one.type("then")
      yield* server.sees("Client 1: then")
      assert.notInclude((yield* server.screen).join(), "a.txt")
      yield* server.type("/files")
      yield* server.sees("* Nothing is offered. /send FILE offers a file.")
      yield* server.type("/get a.txt")
      yield* server.sees("* No file called a.txt is offered here. /files lists them.")
    })
  )

  story("what can't be offered is said in a sentence, and nothing is announced", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* one.type("/send")
      yield* one.sees("* Usage: /send FILE (FILE is missing)")
      yield* one.type("/send /home/none.txt")
      put(world, one, "/home/a.txt", 5)
      yield* one.type("/send /home/a.txt #ops")
      yield* one.sees("* This node is not in #ops: /join ops joins it.")
      yield* one.type("/send /home/a.txt nobody")
      yield* one.sees("* Nobody called nobody is known here: /who lists who is here.")
      yield* one.type("then")
      yield* two.sees("Client 1: then")
      assert.notInclude((yield* two.screen).join(), "offers")
      assert.isTrue((yield* one.screen).some((line) => line.startsWith("* /home/none.txt")))
    })
  )
})
