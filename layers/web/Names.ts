/** What a browser may call this machine to reach the page. */
import { X509Certificate } from "node:crypto"
import * as Net from "node:net"
import * as Os from "node:os"
import { type Host, isUnspecified } from "../../src/domain/Peer.ts"
import { hostInHeader, isLoopbackName } from "../../src/protocol/Authority.ts"

export interface Names {
  /** Whether a host, as it stands in a header, is this machine. */
  readonly isName: (host: string) => boolean
  /** The host in links. */
  readonly best: string
}

/** The names in a certificate that a link can have. */
const dnsNamesIn = (certificate: X509Certificate): ReadonlyArray<string> =>
  Array.from((certificate.subjectAltName ?? "").matchAll(/DNS:([A-Za-z0-9.-]+)(?:,|$)/g), ([, name = ""]) => name)

const isIn = (certificate: X509Certificate, host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, "")
  return (Net.isIP(bare) === 0 ? certificate.checkHost(bare) : certificate.checkIP(bare)) !== undefined
}

/**
 * The names of a machine: where it listens, loopback, what its certificate is for, and, if it listens everywhere, its
 * addresses. `pem`: its certificate.
 */
export const namesOf = (listen: Host, pem: Buffer | undefined): Names => {
  const certificate = pem === undefined ? undefined : new X509Certificate(pem)
  const everywhere = isUnspecified(listen)
  const own = new Set(
    everywhere
      ? Object.values(Os.networkInterfaces()).flatMap((all) => all?.map(({ address }) => hostInHeader(address)) ?? [])
      : [hostInHeader(listen)]
  )
  const isName = (host: string): boolean =>
    isLoopbackName(host) || own.has(host) || (certificate !== undefined && isIn(certificate, host))
  const elsewhere = [
    ...(certificate === undefined ? [] : dnsNamesIn(certificate)),
    Os.hostname().toLowerCase(),
    ...Array.from(own).filter((host) => !isLoopbackName(host))
  ]
  return { isName, best: everywhere ? (elsewhere.find(isName) ?? "localhost") : hostInHeader(listen) }
}
