/** What all parts of replication share: what it is given of the node, and the links. */
import type * as LinkContract from "../LinkContract.ts"
import type { Replica } from "./Replica.ts"

export type Link = LinkContract.Link<Replica>

export interface Ground extends LinkContract.Ground {
  readonly links: LinkContract.Links<Replica>
}
