/** What one peer has sent that was not counted yet, and how much it may send. `RateLimit` alone changes it. */
import type { Quota } from "../../src/domain/Quota.ts"

/** What a peer sends by itself, and what of others it was asked for: that it hands on much is not its fault. */
export interface Quotas {
  readonly unasked: Quota
  readonly asked: Quota
}

/** Mutable, each change in one synchronous step. */
export class Account {
  readonly quotas: Quotas
  /** How many bytes were counted. */
  counted = 0
  /** Of what was not counted yet: the frames and bytes that the peer was asked for. */
  askedFrames = 0
  askedBytes = 0
  /** How many seals were checked. */
  checked = 0
  /** How many streams and peers were named in frames: each takes as long as a frame does. */
  named = 0
  /** Whether the peer is left unread just now, since it has sent too much. */
  slowed = false

  constructor(quotas: Quotas) {
    this.quotas = quotas
  }
}
