/** What one peer has sent and was not counted yet, and how much it may send. Only `RateLimit` changes it. */
import type { Quota } from "../../src/domain/Quota.ts"

/** Separate quotas for what a peer sends by itself and for what it was asked for: passing on much is not its fault. */
export interface Quotas {
  readonly unasked: Quota
  readonly asked: Quota
}

/** Mutable, each change in one synchronous step. */
export class Account {
  readonly quotas: Quotas
  /** How many bytes were counted. */
  counted = 0
  /** Of what was not counted yet: frames and bytes that the peer was asked for. */
  askedFrames = 0
  askedBytes = 0
  /** How many seals were checked. */
  checked = 0
  /** How many streams and peers were named in frames: each costs as much as a frame. */
  named = 0
  /** Whether the peer is not being read at the moment, because it has sent too much. */
  slowed = false

  constructor(quotas: Quotas) {
    this.quotas = quotas
  }
}
