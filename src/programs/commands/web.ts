/** `/web`: another link to the page of this node. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Page } from "../../../services/Page.ts"
import { Fact } from "../../domain/Fact.ts"
import { pageNotice } from "../../domain/PageLink.ts"
import { Answer, answer, make } from "./Command.ts"

export const web = make({
  name: "web",
  group: "This node",
  help: "Prints a link to the page of this node, for a browser.",
  details: "The link lets one browser in, once and within a minute. A node has a page if it was started with --web.",
  arguments: Schema.Tuple(),
  run: () =>
    Effect.flatMap(
      Effect.serviceOption(Page),
      Option.match({
        onNone: () =>
          Effect.succeed(answer("This node has no page: start it with --web 0, or join with outlive web ID.")),
        onSome: ({ link }) =>
          Effect.map(link, (url) => Answer({ lines: [pageNotice(url)], facts: [Fact.PageAt({ url })] }))
      })
    )
})
