/** Whether a node's connections are secure, and at which address the others reach it. */
import { type Address, type Host, isLoopback, isUnspecified } from "./Peer.ts"

/** Plain: whoever is on the way reads along. Secure: only those whose keys are known take part, and nobody else reads. */
export type Mode = "plain" | "secure"

/** What a command line says of it. */
export interface Wish {
  /** Where the node listens, and whom it is told to dial. */
  readonly hosts: ReadonlyArray<Host>
  readonly secure: boolean
  readonly insecure: boolean
}

/** Within one machine plain is enough; what goes beyond is secure, unless it is told otherwise. */
export const modeFor = ({ hosts, insecure, secure }: Wish): Mode =>
  !insecure && (secure || !hosts.every(isLoopback)) ? "secure" : "plain"

/** What the screen says at the start of a node that was told to be plain where it would not be by itself. */
export const warning = ({ hosts, insecure }: Wish): string | undefined =>
  insecure && !hosts.every(isLoopback)
    ? "Nothing is encrypted, and anybody can join (--insecure). Others on the network can read the chat and change it."
    : undefined

/** What a stranger is told: the same words, whoever it is, and whatever is wrong with it. */
export const strangerTo = {
  chat: "that key is not known here: ask for an invitation, then run outlive join LINK",
  tls: "it accepts TLS only: use --secure, or an invitation with outlive join LINK"
}

/** At which address a node is reached that says it listens at one, and whose connection comes from a host. */
export const reachableAt = (said: Address, from: Host): Address =>
  isUnspecified(said.host) || (isLoopback(said.host) && !isLoopback(from)) ? { ...said, host: from } : said
