/** F11: a reader that has missed much. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { brief } from "../stats.ts"
import { layersWith } from "../systems/outlive.ts"
import { named, type Work } from "../Work.ts"
import { talk } from "./fanOut.ts"

/** More entries than there are posts: the program's own log keeps 10,000. */
const entries = 400_000
const author = layersWith(entries)

const speed = (figures: Readonly<Record<string, number>>) =>
  (named("posts")(figures) || named("deliveries")(figures)) / named("seconds")(figures)

export const F11: Work = {
  name: "F11",
  title: "Catching up",
  how:
    "A node of outlive's layers, whose log is made large enough, has said that many posts; a reader dials it that has none of " +
    "them. From dialling to the last post, one such reader after the other. Beside it, live talk to one reader as in F1.",
  cells: ({ quick, time, warm }) => [
    { system: "live, one reader", at: "", run: talk(author, 1, { window: 64, time, warm }) },
    ...[10_000, 100_000].map((posts) => ({
      system: "catching up",
      at: `${posts}`,
      run: Effect.flatMap(author.start, ({ feed, pids, sink }) =>
        run("catch", { feed, sink, posts, times: quick ? 2 : 5, pids: pids.join(",") })
      )
    }))
  ],
  report: (results) => {
    const live = results.of("live, one reader", "", speed)
    return {
      tables: [results.table("Posts a second", "by how many were missed", speed, brief)],
      plots: [results.plot("F11: posts a second, by how many were missed", "a second", "bars", speed)],
      verdicts: [10_000, 100_000].map((posts) => ({
        goal: `${posts} posts, × live talk to one reader`,
        value: results.of("catching up", posts, speed) / live,
        least: 0.5
      }))
    }
  }
}
