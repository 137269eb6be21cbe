/** F13: what a secure chat costs over a plain one. */
import type { Mode } from "../../src/domain/Security.ts"
import type { beginReaders } from "../Load.ts"
import { measured } from "../systems/outlive.ts"
import { measuredTls } from "../systems/raw.ts"
import { type Cell, type Figures, named, per, type Work } from "../Work.ts"
import { inOneRound } from "./fanOut.ts"

const modes: ReadonlyArray<Mode> = ["plain", "secure"]

const bare = "raw node:tls"
const systems = [...modes, bare]

/** The same of all three. */
const cellsAt = (at: string, members: number, ...load: Parameters<typeof beginReaders>): ReadonlyArray<Cell> => [
  ...modes.map((mode) => ({ system: mode, at, run: measured(mode, members, load) })),
  { system: bare, at, run: measuredTls(members, load) }
]

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
  title: "A secure chat beside a plain one, and bare TLS",
  how:
    "The same client in both modes, whose server has introduced it and is gone; and the same load generator, one process of Node, whose readers are members that the " +
    "server had let in before: over mutual TLS 1.3, each with a connection of its own, or over bare sockets. `raw node:tls` is the fan-out of raw tuned over the same TLS, without a chat: its readers are in when it says welcome. _Coming in_: one of them comes and goes, one call after the other, " +
    "from its first byte until the author has answered a ping on the link; the readers' half of the handshake is in the time, and not in the CPU. " +
    "_Batched_: as F1. _A second_: as F4, but timed from when a line was typed. CPU is the author's alone, and it is what is compared: the load generator, which decrypts for all readers, is as busy as the author.",
  remarks:
    "A write over TLS costs more than the bare write of the same bytes: Node's way through OpenSSL copies, allocates, and has a callback for each write. " +
    "`raw node:tls` has all of that; what outlive has beyond it is the chat (F1), and the signature of each block, 47 µs. To come in, each side signs once, checks what the other has signed, and agrees on a key with it.",
  cells: ({ quick, time, warm }) => {
    const lasts = { time, warm }
    return [
      ...cellsAt(coming, 1, "come", lasts),
      ...(quick ? [5] : sizes).flatMap((count) => cellsAt(batched(count), count, "talk", { window: 64, ...lasts })),
      ...inOneRound(
        (quick ? [] : rates).flatMap(([count, rate]) =>
          cellsAt(late(count, rate), count, "talk", { rate, warm, time: time * 2 })
        )
      )
    ]
  },
  report: (results) => {
    const ratio = (at: string, other: string, figure: (figures: Figures) => number) =>
      results.of("secure", at, figure) / results.of(other, at, figure)
    const show = (digits: number) => (value: number) => (Number.isNaN(value) ? "" : value.toFixed(digits))
    const row = (what: string, at: string, figure: (figures: Figures) => number, digits: number) => [
      what,
      ...systems.map((system) => show(digits)(results.of(system, at, figure))),
      show(2)(ratio(at, "plain", figure)),
      show(2)(ratio(at, bare, figure))
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
          title: "Secure beside plain, and beside bare TLS",
          head: ["", ...systems, "secure × plain", `secure × ${bare}`],
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
          series: systems.map((name) => ({
            name,
            points: sizes.map((count) => [`${count}`, results.of(name, batched(count), delivery)] as const)
          }))
        }
      ],
      verdicts: sizes.map((count) => ({
        goal: `deliveries a second of CPU time, batched, ${count} readers, × ${bare}`,
        value: 1 / ratio(batched(count), bare, delivery),
        least: 0.6
      }))
    }
  }
}
