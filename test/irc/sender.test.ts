/** What is sent to an IRC client that takes it, late, or not at all. */
import { assert, describe, it } from "@effect/vitest"
import { makeSender, mostPut } from "../../layers/irc/Sender.ts"
import type { Accepted, Source } from "../../services/Transport.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"

/** A connection that takes nothing while it is full. */
const connectionOf = (taken: Array<Uint8Array>) => {
  let source: Source = () => undefined
  let isFull = false
  const wake = () => {
    for (let bytes = isFull ? undefined : source(); bytes !== undefined; bytes = source()) taken.push(bytes)
  }
  const connection = {
    drain: (given: Source) => {
      source = given
    },
    wake,
    put: (bytes: Uint8Array) => {
      if (!isFull) taken.push(bytes)
      return !isFull
    }
  } as Partial<Accepted> as Accepted
  return {
    connection,
    fill: (full: boolean) => {
      isFull = full
      wake()
    }
  }
}

const message = (text: string): Outgoing => ({ command: "NOTICE", params: ["x", text] })
const textOf = (taken: ReadonlyArray<Uint8Array>) => taken.map((bytes) => new TextDecoder().decode(bytes)).join("")

describe("a sender", () => {
  it("hands on what many get as it is, in order with everything else, also after a time without room", () => {
    const taken: Array<Uint8Array> = []
    const { connection, fill } = connectionOf(taken)
    const sender = makeSender(connection, (same) => same, assert.fail)
    const shared = new TextEncoder().encode("shared\r\n")
    sender.put(shared)
    assert.strictEqual(taken[0], shared)
    fill(true)
    let isTaken = false
    for (let line = 0; line < 3_000; line += 1) {
      if (line % 3 === 0) sender.put(shared)
      else sender.send([message(String(line))])
    }
    sender.whenTaken(() => {
      isTaken = true
    })
    assert.deepStrictEqual([taken.length, sender.isBehind(), isTaken], [1, true, false])
    fill(false)
    assert.deepStrictEqual([sender.isBehind(), isTaken], [false, true])
    assert.strictEqual(taken.filter((each) => each === shared).length, 1_001)
    const wanted = Array.from({ length: 3_000 }, (_, at) => (at % 3 === 0 ? "shared\r\n" : `NOTICE x :${at}\r\n`))
    assert.strictEqual(textOf(taken), `shared\r\n${wanted.join("")}`)
  })

  it("keeps a bounded part of what many get for a client that takes nothing", () => {
    const taken: Array<Uint8Array> = []
    const { connection, fill } = connectionOf(taken)
    let overruns = 0
    const sender = makeSender(
      connection,
      (same) => same,
      () => {
        overruns += 1
      }
    )
    fill(true)
    const shared = new Uint8Array(65_536)
    const fits = mostPut / shared.length
    for (let line = 0; line < fits; line += 1) sender.put(shared)
    assert.strictEqual(overruns, 0)
    sender.put(shared)
    assert.strictEqual(overruns, 1)
    fill(false)
    assert.lengthOf(taken, fits)
    sender.put(shared)
    assert.lengthOf(taken, fits + 1)
  })
})
