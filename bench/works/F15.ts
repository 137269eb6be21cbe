/** F15: many clients join one server. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { bareServer } from "../systems/outlive.ts"
import { type Figures, named, type Work } from "../Work.ts"

const megabytes = (figures: Figures): number => named("bytes")(figures) / 1e6

/** Of a figure in seconds: how many ms that is for each client. */
const each =
  (name: string, count: number) =>
  (figures: Figures): number =>
    (1_000 * named(name)(figures)) / count

/** How many bytes a client is sent for each other client. */
const pairwise =
  (count: number) =>
  (figures: Figures): number =>
    named("bytes")(figures) / ((count * (count - 1)) / 2)

export const F15: Work = {
  name: "F15",
  title: "Many join one server",
  how:
    "The load generator plays all clients, with 200 of them on their way at a time. Each asks to be admitted as a newcomer, exchanges summaries, and has joined when the roster has come. " +
    "The server records each in `ports.txt` before it admits it, and then tells the clients of each other. Time counts from the first dial until the last has joined; bytes are all that the clients are sent, until nothing more comes; CPU is the server's. " +
    "The clients dial nobody. Of a real chat, this is the server's part.",
  remarks:
    "Of two clients one is told of the other, by the `roster` of the one that comes later; it dials the other one, and so tells it itself. An entry is `[id, port, run]`, 26 bytes here, where all have one host: " +
    "each further host costs its name. Before, both were told, at 80 bytes an entry: 160 bytes a pair, 320 MB for 2,000 clients, and 4,000 did not join within a minute. What a join costs does not grow with the number of clients, " +
    "but for the bytes of its roster, which are sent as they are, in frames that are kept from one newcomer to the next, and for `ports.txt`, which is written whole: with all that come during the last write, up to 256. " +
    "The first joins cost the most, because V8 has yet to compile what they run: a join is dearer with 500 clients than with 2,000. In a profile of 2,000 joins, half of the server's time is Effect's own: the fibers and steps of each admission, record and event. A sixth is garbage collection, a fifth is this program, the rest Node and the kernel.",
  cells: ({ quick }) =>
    (quick ? [250, 500] : [500, 1_000, 2_000, 4_000]).map((count) => ({
      system: "outlive",
      at: `${count}`,
      run: Effect.flatMap(bareServer.start, ({ pids, sink }) =>
        run("join", { to: sink, count, pids: pids.join(","), time: count * 15 })
      )
    })),
  report: (results) => {
    const rows = results.sizes.map((size) => {
      const count = Number(size)
      const of = (figure: (figures: Figures) => number) => results.of("outlive", size, figure)
      return [
        size,
        of(each("seconds", count)).toFixed(2),
        of(each("cpu", count)).toFixed(2),
        of(megabytes).toFixed(1),
        of(pairwise(count)).toFixed(1)
      ]
    })
    const millis = (count: number) => results.of("outlive", count, each("seconds", count))
    return {
      tables: [
        {
          title: "Clients that join one server",
          head: ["clients", "ms a join", "CPU a join, ms", "all are sent, MB", "bytes a pair"],
          rows
        }
      ],
      plots: [],
      verdicts: [
        { goal: "MB in all, 4,000 clients", value: results.of("outlive", 4_000, megabytes), most: 250 },
        { goal: "ms a join, 4,000 clients, × 500 clients", value: millis(4_000) / millis(500), most: 1.1 }
      ]
    }
  }
}
