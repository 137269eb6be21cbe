/** Whether a node's connections are secure, and at which address the others reach it. */
import { type Address, type Host, isLoopback, isUnspecified } from "./Peer.ts"

/**
 * Plain: anybody on the network path can read along. Secure: only nodes with known keys take part, and nobody else can
 * read.
 */
export type Mode = "plain" | "secure"

/** What the command line says about security. */
export interface Wish {
  /** The hosts where the node listens, and that it is told to dial. */
  readonly hosts: ReadonlyArray<Host>
  readonly secure: boolean
  readonly insecure: boolean
}

/** Nodes on one machine are plain, and all others secure, unless the command line says otherwise. */
export const modeFor = ({ hosts, insecure, secure }: Wish): Mode =>
  !insecure && (secure || !hosts.every(isLoopback)) ? "secure" : "plain"

/** The warning at the start of a node that is plain only because it was told so. */
export const warning = ({ hosts, insecure }: Wish): string | undefined =>
  insecure && !hosts.every(isLoopback)
    ? "Nothing is encrypted, and anybody can join (--insecure). Others on the network can read the chat and change it."
    : undefined

/** The answer to strangers. It is always the same, whatever is wrong. */
export const strangerTo = {
  chat: "that key is not known here: ask for an invitation, then run outlive join LINK",
  tls: "it accepts TLS only: use --secure, or an invitation with outlive join LINK"
}

/** The address of a node that says it listens at `said`, and whose connection comes from `from`. */
export const reachableAt = (said: Address, from: Host): Address =>
  isUnspecified(said.host) || (isLoopback(said.host) && !isLoopback(from)) ? { ...said, host: from } : said
