/** F11: a reader that has missed much. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { brief } from "../stats.ts"
import { layersWith, outlive, withData } from "../systems/outlive.ts"
import { named, type Work } from "../Work.ts"
import { talk } from "./fanOut.ts"

/** More entries than there are posts: the program's own log keeps 10,000. */
const entries = 400_000
const author = layersWith(entries)

/** Fewer than the program keeps in memory, with a folder or without. */
const kept = 9_000

const speed = (figures: Readonly<Record<string, number>>) =>
  (named("posts")(figures) || named("deliveries")(figures)) / named("seconds")(figures)

export const F11: Work = {
  name: "F11",
  title: "Catching up",
  how:
    "A node of outlive's layers, whose log is made large enough, has said that many posts; a reader dials it that has none of " +
    "them. From dialling to the last post, one such reader after the other. Beside it, live talk to one reader as in F1; and " +
    `the program itself with and without \`--data\`, which keeps at most 10,000 entries, so that ${kept.toLocaleString("en")} posts are missed.`,
  cells: ({ quick, time, warm }) => [
    { system: "live, one reader", at: "", run: talk(author, 1, { window: 64, time, warm }) },
    ...(
      [
        ["catching up", author, 10_000],
        ["catching up", author, 100_000],
        ["catching up with outlive", outlive, kept],
        ["catching up with outlive --data", withData, kept]
      ] as const
    ).map(([system, { start }, posts]) => ({
      system,
      at: `${posts}`,
      run: Effect.flatMap(start, ({ feed, pids, sink }) =>
        run("catch", { feed, sink, posts, times: quick ? 2 : 5, pids: pids.join(",") })
      )
    }))
  ],
  report: (results) => {
    const live = results.of("live, one reader", "", speed)
    return {
      tables: [results.table("Posts a second", "by how many were missed", speed, brief)],
      plots: [results.plot("F11: posts a second, by how many were missed", "a second", "bars", speed)],
      verdicts: [
        ...[10_000, 100_000].map((posts) => ({
          goal: `${posts.toLocaleString("en")} posts, × live talk to one reader`,
          value: results.of("catching up", posts, speed) / live,
          least: 0.5
        })),
        {
          goal: `${kept.toLocaleString("en")} posts, with \`--data\`, × without`,
          value:
            results.of("catching up with outlive --data", kept, speed) /
            results.of("catching up with outlive", kept, speed),
          least: 0.9
        }
      ]
    }
  }
}
