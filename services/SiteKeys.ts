/** The keys with which servers of a secure chat seal what they publish for each other. */
import * as Context from "effect/Context"
import type { SiteKey } from "../src/domain/SiteKey.ts"

export class SiteKeys extends Context.Tag("outlive/SiteKeys")<
  SiteKeys,
  {
    /** The key of this run. Only servers of the chat are told it, over their links. */
    readonly own: SiteKey
    /** Another server has told its key. */
    readonly learn: (key: SiteKey) => void
  }
>() {}
