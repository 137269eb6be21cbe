import { assert, describe, it } from "@effect/vitest"
import { type Progress, progressOf } from "../../src/domain/Progress.ts"
import type { Transfer } from "../../src/domain/Transfer.ts"
import { progressRows } from "../../src/terminal/ProgressRows.ts"
import { id } from "../support/samples.ts"

const iso: Progress = { name: "debian-12.iso", bytes: 42_000_000, of: 100_000_000, rate: 5_000_000, from: 2 }
const rows = (all: ReadonlyArray<Progress>, columns = 80, height = 24) =>
  progressRows(all, { columns, rows: height }, { colours: false, times: false }).map(({ text, width }) => {
    assert.isAtMost(width, columns)
    return text
  })

describe("how far files are", () => {
  it("is said in a row each, with what matters most if there is little room", () => {
    assert.deepStrictEqual(rows([iso]), ["── debian-12.iso · 42 % · 5.0 MB/s · 12 s left · from 2 peers"])
    assert.deepStrictEqual(rows([iso], 50), ["── debian-12.iso · 42 % · 5.0 MB/s · 12 s left"])
    assert.deepStrictEqual(rows([iso], 40), ["── debian-12.iso · 42 % · 5.0 MB/s"])
    assert.deepStrictEqual(rows([{ ...iso, name: "a".repeat(50) }], 40), ["── aaaaaaaaa…aaaaaaaaa · 42 % · 5.0 MB/s"])
    assert.deepStrictEqual(rows([{ ...iso, name: "報告".repeat(9) }], 40), ["── 報告報告報…報告報告 · 42 % · 5.0 MB/s"])
    assert.deepStrictEqual(rows([iso], 24), ["── debian-12.iso · 42 %"])
    assert.deepStrictEqual(rows([iso], 5), ["── de"])
    assert.deepStrictEqual(rows([{ ...iso, rate: 0, from: 0 }]), ["── debian-12.iso · 42 %"])
    assert.deepStrictEqual(rows([{ ...iso, from: undefined, rate: 0 }]), ["── debian-12.iso · 42 % read"])
    assert.deepStrictEqual(rows([{ ...iso, name: "a\u001b[2Jb" }], 40), ["── a\\u{1b}[2Jb · 42 % · 5.0 MB/s"])
  })

  it("is said in three rows at most, in one of a low terminal, and otherwise of all together", () => {
    assert.lengthOf(rows([iso, iso, iso]), 3)
    assert.deepStrictEqual(rows([iso, iso, iso, iso]), ["── 4 files · 42 % · 20 MB/s · 12 s left"])
    assert.deepStrictEqual(rows([iso, iso], 80, 10), ["── 2 files · 42 % · 10 MB/s · 12 s left"])
    assert.deepStrictEqual(rows([]), [])
  })

  it("is that of what is read and of what comes, and not of what waits", () => {
    const transfer = (name: string, state: Transfer["state"]): [string, Transfer] => [
      name,
      {
        offer: { name, size: 10, type: "text/plain", digest: "d" as never, manifest: 1 },
        state,
        ...{ bytes: 5, rate: 2, from: [id("1"), id("3")], readers: 0, given: 0, takers: [], paths: [] }
      }
    ]
    const all = new Map([transfer("a", "Waiting"), transfer("b", "Fetching"), transfer("c", "Done")])
    assert.deepStrictEqual(progressOf([{ names: ["/home/x/logs/", "y.txt"], bytes: 1, of: 2 }], all), [
      { name: "logs, y.txt", bytes: 1, of: 2, rate: 0, from: undefined },
      { name: "b", bytes: 5, of: 10, rate: 2, from: 2 }
    ])
  })
})
