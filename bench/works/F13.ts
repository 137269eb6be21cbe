/** F13: what a secure chat costs over a plain one. */
import type { Mode } from "../../src/domain/Security.ts"
import type { beginReaders } from "../Load.ts"
import { measured } from "../systems/outlive.ts"
import { type Cell, type Figures, named, per, type Work } from "../Work.ts"

const modes: ReadonlyArray<Mode> = ["plain", "secure"]

const cell = (mode: Mode, at: string, members: number, ...load: Parameters<typeof beginReaders>): Cell => ({
  system: mode,
  at,
  run: measured(mode, members, load)
})

const coming = "coming in"
const batched = (count: number) => `${count} readers, batched`
const late = (count: number, rate: number) => `${count} readers, ${rate} a second`

const sizes = [5, 100]
/** The lines a second that the readers can take: they are one process that decrypts for all of them. */
const rates = [
  [5, 1_000],
  [100, 100]
] as const

const delivery = per("cpu", "deliveries", 1e6)
const [p50, p99] = [named("p50"), named("p99")]

export const F13: Work = {
  name: "F13",
  title: "A secure chat beside a plain one",
  how:
    "The same client in both modes, whose server has introduced it and is gone; and the same load generator, one process of Node, whose readers are members that the " +
    "server had let in before: over mutual TLS 1.3, each with a connection of its own, or over bare sockets. _Coming in_: one of them comes and goes, one call after the other, " +
    "from its first byte until the author has answered a ping on the link; the readers' half of the handshake is in the time, and not in the CPU. " +
    "_Batched_: as F1. _A second_: as F4, but timed from when a line was typed. CPU is the author's alone.",
  remarks:
    "What is batched costs more than 1.5 times as much because a write over TLS does. With 100 readers it is 0.34 µs more a delivery, which is 22 µs more a write of 64 lines (strace: 10,900 bytes); " +
    "each is one record. Two bare Node processes, 6,000 bytes a write to 100 sockets, in turns (a driver that is not in the tree): 5.4 µs of CPU a write plain, 16 over TLS, " +
    "of which 2.7 are AES (`openssl speed -evp aes-256-gcm -bytes 6000`) and the rest Node's way through OpenSSL, which copies, allocates, and has a callback for each write; AES with 128 bits saves 1 µs. " +
    "How much of the 22 µs that is at 10,900 bytes, and how much is outlive's own, was not measured. " +
    "With 5 readers it is 330 µs more a batch: a third in these writes, 47 µs in the signature of its block, the rest not looked at. " +
    "To come in, each side signs once, checks what the other has signed, and agrees on a key with it.",
  cells: ({ quick, time, warm }) => {
    const lasts = { time, warm }
    return [
      ...modes.map((mode) => cell(mode, coming, 1, "come", lasts)),
      ...(quick ? [5] : sizes).flatMap((count) =>
        modes.map((mode) => cell(mode, batched(count), count, "talk", { window: 64, ...lasts }))
      ),
      ...(quick ? [] : rates).flatMap(([count, rate]) =>
        modes.map((mode) => cell(mode, late(count, rate), count, "talk", { rate, warm, time: time * 2 }))
      )
    ]
  },
  report: (results) => {
    const ratio = (at: string, figure: (figures: Figures) => number) =>
      results.of("secure", at, figure) / results.of("plain", at, figure)
    const show = (digits: number) => (value: number) => (Number.isNaN(value) ? "" : value.toFixed(digits))
    const row = (what: string, at: string, figure: (figures: Figures) => number, digits: number) => [
      what,
      ...modes.map((mode) => show(digits)(results.of(mode, at, figure))),
      show(2)(ratio(at, figure))
    ]
    const lateness = rates.flatMap(([count, rate]) => {
      const at = late(count, rate)
      return [
        row(`p50, ${at}, ms`, at, p50, 2),
        row(`p99, ${at}, ms`, at, p99, 2),
        row(`CPU a delivery, ${at}, µs`, at, delivery, 2)
      ]
    })
    return {
      tables: [
        {
          title: "Secure beside plain",
          head: ["", ...modes, "ratio"],
          rows: [
            row("coming in, ms", coming, p50, 2),
            row("coming in, ms of CPU", coming, per("cpu", "links", 1e3), 2),
            ...sizes.flatMap((count) => [
              row(`CPU a delivery, ${batched(count)}, µs`, batched(count), delivery, 3),
              row(
                `deliveries a second, ${batched(count)}, thousand`,
                batched(count),
                per("deliveries", "seconds", 1e-3),
                0
              )
            ]),
            ...lateness
          ]
        }
      ],
      plots: [
        {
          title: "F13: CPU a delivery, batched, by readers",
          unit: "µs",
          kind: "bars",
          series: modes.map((name) => ({
            name,
            points: sizes.map((count) => [`${count}`, results.of(name, batched(count), delivery)] as const)
          }))
        }
      ],
      verdicts: sizes.map((count) => ({
        goal: `CPU a delivery, batched, ${count} readers, secure × plain`,
        value: ratio(batched(count), delivery),
        most: 1.5
      }))
    }
  }
}
