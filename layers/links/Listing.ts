/** The clients that are there, in frames that are ready to be sent: each newcomer is sent nearly the same list. */
import type { PeerId } from "../../src/domain/Peer.ts"
import { runOf } from "../../src/domain/Post.ts"
import { encodeList, type ListedPeer, maxListed } from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"

export const listed = ({ epoch, peer }: Pick<Link, "epoch" | "peer">): ListedPeer => ({ peer, run: runOf(epoch) })

type Listed = Parameters<typeof listed>[0]

interface Part {
  readonly links: Array<Listed>
  /** The frame that lists them, if it was made since they changed. */
  frame: Uint8Array | undefined
}

/** Mutable: the part of a node that introduces peers is its only user. */
export class Listing {
  readonly #parts = new Set<Part>()
  readonly #places = new Map<PeerId, Part>()

  /** Lists a client, in place of an earlier link to it. */
  add(link: Listed): void {
    this.#drop(link.peer.id)
    const part = this.#partWithRoom()
    part.links.push(link)
    part.frame = undefined
    this.#places.set(link.peer.id, part)
  }

  /** The link has ended. */
  remove(link: Listed): void {
    if (this.#places.get(link.peer.id)?.links.includes(link) === true) this.#drop(link.peer.id)
  }

  /** The frames that list all but that one, one at least. */
  framesWithout(id: PeerId): ReadonlyArray<Uint8Array> {
    const own = this.#places.get(id)
    const frames = Array.from(this.#parts, (part) => {
      if (part === own) return encodeList("roster", part.links.filter(({ peer }) => peer.id !== id).map(listed))
      part.frame ??= encodeList("roster", part.links.map(listed))
      return part.frame
    })
    return frames.length === 0 ? [encodeList("roster", [])] : frames
  }

  #partWithRoom(): Part {
    for (const part of this.#parts) if (part.links.length < maxListed) return part
    const part: Part = { links: [], frame: undefined }
    this.#parts.add(part)
    return part
  }

  #drop(id: PeerId): void {
    const part = this.#places.get(id)
    if (part === undefined) return
    part.links.splice(
      part.links.findIndex(({ peer }) => peer.id === id),
      1
    )
    part.frame = undefined
    this.#places.delete(id)
    if (part.links.length === 0) this.#parts.delete(part)
  }
}
