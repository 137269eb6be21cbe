/** What all parts of replication share: what it is given of the node, and the links. */

import { isPrivateStream } from "../../src/domain/Conversation.ts"
import { roomIn, type StreamId } from "../../src/domain/Post.ts"
import type * as LinkContract from "../LinkContract.ts"
import type { Replica } from "./Replica.ts"

export type Link = LinkContract.Link<Replica>

export interface Ground extends LinkContract.Ground {
  readonly links: LinkContract.Links<Replica>
}

/** Whether a stream is private and not for that peer. Nothing that it says about it counts. */
export const isForeign = ({ rooms }: Link, stream: StreamId): boolean =>
  isPrivateStream(stream) && !rooms.has(roomIn(stream))
