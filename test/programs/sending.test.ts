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
      yield* server.type('/get 1 "/tmp/my files"')
      yield* server.sees("* notes.txt is here: /tmp/my files/notes.txt")
      yield* server.type("/send ~/mine.txt")
      yield* server.sees("* /root/mine.txt can't be read (there is no such file).")
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

  story(
    "what takes long to read keeps no line waiting, and is offered where it was meant to be; it can be given up",
    (world) =>
      Effect.gen(function* () {
        const { one, two } = yield* gather(world)
        for (const name of ["big.iso", "other.iso", "last.iso"]) put(world, one, `/home/${name}`, 10)
        yield* one.type("/join ops")
        yield* two.type("/join ops")
        yield* two.sees("> /join ops")
        yield* one.type("/send /home/big.iso")
        yield* one.type("/send /home/other.iso")
        yield* one.type("/go main")
        yield* one.type("hello")
        yield* two.sees("#main Client 1: hello")
        assert.notInclude((yield* two.screen).join(), "offers")
        yield* one.sees("* big.iso is being read, and offered then. /cancel big.iso gives it up.")
        const names = () => Effect.map(one.progress, (all) => all.map(({ name }) => name))
        assert.deepStrictEqual(yield* names(), ["big.iso", "other.iso"])
        yield* one.type("/files")
        yield* one.sees("* /home/big.iso: being read, 0 %")
        yield* one.type("/cancel other.iso")
        yield* one.sees("* other.iso is read no further, and not offered.")
        const offered = "* Client 1 offers big.iso (10 bytes)"
        yield* two.sees(`${offered} in #ops`)
        assert.deepStrictEqual(yield* names(), [])
        yield* one.sees("#ops> Client 1 · offers big.iso (10 bytes) in #ops")
        yield* one.type("/send /home/none.iso")
        yield* one.sees("* none.iso is being read, and offered then. /cancel none.iso gives it up.")
        yield* Effect.sleep("1 minute")
        assert.isTrue((yield* one.screen).some((line) => line.startsWith("* /home/none.iso")))
        yield* one.type("/send /home/last.iso")
        yield* one.sees("* last.iso is being read, and offered then. /cancel last.iso gives it up.")
        yield* one.type("Exit")
        yield* one.sees("* last.iso was not offered: it was still being read.")
        assert.notInclude((yield* two.screen).join(), "other.iso")
      }),
    { reading: "20 seconds" }
  )
})
