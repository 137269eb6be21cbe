/** Where the lines stand that this node says: with nobody yet, or with some peer. */

/** How far what this node says in this run has come. */
export interface Delivery {
  /** The number of the last post that some peer is known to have, 0 if there is none. What a peer had counts, even if it is gone. */
  readonly upTo: number
  /** Whether nobody is there to hear the next. */
  readonly alone: boolean
}
