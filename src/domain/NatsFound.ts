/** What is found of a chat in NATS, for people. */
import type { Site } from "./Site.ts"

/** What a chat keeps in JetStream. */
export interface NatsStore {
  /** What it has, and its name in NATS. */
  readonly what: "posts" | "entries"
  readonly name: string
  /** Undefined if it is not there yet. */
  readonly found:
    | {
        readonly copies: number
        /** How many copies are not up to date. */
        readonly behind: number
        readonly messages: number
        readonly bytes: number
        /** A setting that is not as outlive makes it, in words. */
        readonly odd: string | undefined
      }
    | undefined
}

export interface NatsFound {
  readonly chat: string
  readonly version: string
  /** The name of the cluster; undefined for a server alone. */
  readonly cluster: string | undefined
  /** How many copies the stores should have. */
  readonly copies: number
  readonly stores: ReadonlyArray<NatsStore>
  /** The sites whose servers are there. */
  readonly sites: ReadonlyArray<Site>
}
