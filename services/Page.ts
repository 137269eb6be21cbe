/** The page of this node, for people without a terminal. A node has one only if it was asked for. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

export class Page extends Context.Tag("outlive/Page")<
  Page,
  {
    /** A new link to the page. It lets one browser in, once and within a minute. */
    readonly link: Effect.Effect<string>
  }
>() {}
