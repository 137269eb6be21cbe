import * as Fs from "node:fs/promises"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { mark, overwrite, settled } from "../../layers/ports/Overwrite.ts"
import * as PortsFile from "../../src/protocol/PortsFile.ts"
import { temporaryFolder } from "../support/folder.ts"

/** What a disk has after each of so many writes was cut off at each of its bytes, and after each truncation. */
const statesOf = async (path: string, text: string): Promise<ReadonlyArray<Buffer>> => {
  const states: Array<Buffer> = [await Fs.readFile(path)]
  const file = await Fs.open(path, "r+")
  const handle = Object.getPrototypeOf(file) as Fs.FileHandle
  await file.close()
  const { truncate, write } = handle
  const last = () => states.at(-1) ?? Buffer.alloc(0)
  handle.write = async function (this: Fs.FileHandle, bytes: Buffer, at: number, length: number, position: number) {
    const before = last()
    for (let done = 1; done <= length; done += 1) {
      const after = Buffer.alloc(Math.max(before.length, position + done))
      before.copy(after)
      bytes.copy(after, position, at, at + done)
      states.push(after)
    }
    return Reflect.apply(write, this, [bytes, at, length, position])
  } as typeof write
  handle.truncate = async function (this: Fs.FileHandle, length: number) {
    states.push(last().subarray(0, length))
    return Reflect.apply(truncate, this, [length])
  } as typeof truncate
  try {
    await overwrite(path, Buffer.from(text))
  } finally {
    Object.assign(handle, { write, truncate })
  }
  assert.deepStrictEqual(last(), await Fs.readFile(path))
  return states
}

/** What counts there, but for blank lines at its end, and for a comment there that is the first letters of the mark. */
const meant = (bytes: Buffer): string => {
  const text = settled(bytes).toString()
  const tail = text.slice(text.lastIndexOf("\n") + 1).trimStart()
  return text.slice(0, tail !== "" && mark.startsWith(tail) ? -tail.length : undefined).trimEnd()
}

const clientsIn = (bytes: Buffer): string => JSON.stringify(PortsFile.parse(bytes.toString()).peers)

const textOf = FastCheck.array(FastCheck.constantFrom("1 localhost:6001", "22 [::1]:6", "# a word", ""), {
  maxLength: 8
}).map((lines) => lines.map((line) => `${line}\n`).join(""))

describe("a file that is written in place", () => {
  it.scoped(
    "is what it was or what it was to be, wherever its writer dies, and the next writer goes on from there",
    () =>
      Effect.gen(function* () {
        const path = `${yield* temporaryFolder}/ports.txt`
        yield* Effect.promise(() =>
          FastCheck.assert(
            FastCheck.asyncProperty(textOf, textOf, textOf, FastCheck.nat(), async (old, next, third, chance) => {
              await Fs.writeFile(path, old)
              const states = await statesOf(path, next)
              assert.strictEqual((await Fs.readFile(path)).toString(), next)
              let changes = 0
              for (const [at, state] of states.entries()) {
                const counts = meant(state)
                assert.oneOf(counts, [old.trimEnd(), next.trimEnd()], `state ${at}: ${state}`)
                if (at > 0 && counts !== meant(states[at - 1] as Buffer)) changes += 1
              }
              assert.strictEqual(changes, old.trimEnd() === next.trimEnd() ? 0 : 1)
              // A crash, and a second one while the next writer is at it.
              const torn = states[chance % states.length] as Buffer
              await Fs.writeFile(path, torn)
              for (const state of await statesOf(path, third)) {
                assert.oneOf(clientsIn(settled(state)), [clientsIn(settled(torn)), clientsIn(Buffer.from(third))])
              }
              assert.strictEqual((await Fs.readFile(path)).toString(), third)
            }),
            { numRuns: 15, seed: 14 }
          )
        )
      })
  )

  it("a text that nobody has written in place counts as it is", () => {
    for (const text of ["", "\n", "1 localhost:6001\n", "# outlive was writing this file.\n"]) {
      assert.strictEqual(settled(Buffer.from(text)).toString(), text)
    }
  })
})
