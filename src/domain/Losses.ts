/** Why links are lost, in words. Without Schemas: the page has it too. */
import type { LossReason } from "./MeshEvent.ts"

/** Follows the name of a peer: "Client 3 is lost: …". */
export const lossInWords: Readonly<Record<LossReason, string>> = {
  closed: "the connection broke",
  silent: "it stopped answering",
  malformed: "it violated the protocol",
  overrun: "it does not read what it is sent",
  excessive: "it sent too much",
  dropped: "this node sent it too much",
  expelled: "it no longer takes part",
  forged: "its lines have no valid signature",
  disbelieved: "it rejected the signatures of lines that it received",
  replaced: "somebody at another site has its id"
}
