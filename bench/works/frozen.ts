/** frozen: one of a hundred readers stops reading. */
import { outlive } from "../systems/outlive.ts"
import { named, type Work } from "../Work.ts"
import { talk } from "./fanOut.ts"

const readers = 100
const p99 = named("p99")

/** The limit of the log, in MB. The memory of the node grows by no more, whichever reader is frozen. */
const bound = 64

export const frozen: Work = {
  name: "frozen",
  title: "One of 100 readers is frozen",
  how:
    "As F4, but one reader does not read; it still gives signs of life, so that it is not cut off. Then a flood, as fast as " +
    "the 99 others take it, and how much the author's memory grows.",
  cells: ({ quick, time, warm }) =>
    [0, 1].flatMap((count) => [
      {
        system: "1,000 lines a second",
        at: `${count} frozen`,
        run: talk(outlive, readers, { rate: 1_000, frozen: count, time: time * 2, warm })
      },
      {
        system: "flood",
        at: `${count} frozen`,
        run: talk(outlive, readers, { window: 512, frozen: count, time: quick ? 1_500 : 10_000, warm: warm * 2 })
      }
    ]),
  report: (results) => {
    const grown = (at: string) =>
      results.of("flood", at, (figures) => (named("rss")(figures) - named("rssBefore")(figures)) / 1024 / 1024)
    const late = (at: string) => results.of("1,000 lines a second", at, p99)
    return {
      tables: [
        {
          title: "Beside nobody frozen",
          head: ["", "0 frozen", "1 frozen"],
          rows: [
            ["p99 of the others, µs", ...["0 frozen", "1 frozen"].map((at) => late(at).toFixed(0))],
            ["memory's growth in a flood, MB", ...["0 frozen", "1 frozen"].map((at) => grown(at).toFixed(1))],
            [
              "lines said in the flood",
              ...["0 frozen", "1 frozen"].map((at) => results.of("flood", at, named("lines")).toFixed(0))
            ]
          ]
        }
      ],
      plots: [],
      verdicts: [
        { goal: "p99 of the others, × without", value: late("1 frozen") / late("0 frozen"), most: 1.2 },
        { goal: "memory's growth in a flood, MB", value: grown("1 frozen"), most: bound }
      ]
    }
  }
}
