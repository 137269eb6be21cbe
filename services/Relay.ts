/** What goes between this site and the others through the message system: for metrics and people. */
import * as Context from "effect/Context"
import type { Site } from "../src/domain/Site.ts"

export interface RelayTally {
  /** How many posts of this site were published, and how many streams have some that are not. */
  readonly published: number
  readonly waiting: number
  /** How many posts of other sites have come, how many of them were here already, and how many were not believed. */
  readonly received: number
  readonly doubles: number
  readonly refused: number
  /** For each other site: how old its last post was when it came, in ms, by the clocks of its author and this node. */
  readonly lag: ReadonlyMap<Site, number>
}

export class Relay extends Context.Tag("outlive/Relay")<Relay, { readonly tally: () => RelayTally }>() {}
