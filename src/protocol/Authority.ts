/** Where a request of HTTP goes, and which page sent it: the headers Host (RFC 9110, section 7.2) and Origin (RFC 6454). */

export type Scheme = "http" | "https"

/** A host in lower case, with brackets if it is an IPv6 address, and a port. */
export interface Authority {
  readonly host: string
  readonly port: number
}

export interface Origin extends Authority {
  readonly scheme: Scheme
}

const defaultPorts: Readonly<Record<Scheme, number>> = { http: 80, https: 443 }

/** A name, an IPv4 address, or an IPv6 address in brackets; perhaps a port. No user, no path, no spaces, no empty port. */
const form = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::(\d{1,5}))?$/i

/** What the header Host says. Undefined if it is none. */
export const parseAuthority = (text: string, scheme: Scheme): Authority | undefined => {
  const [, host, digits] = form.exec(text) ?? []
  if (host === undefined) return undefined
  const port = digits === undefined ? defaultPorts[scheme] : Number(digits)
  return port > 0 && port <= 65535 ? { host: host.toLowerCase(), port } : undefined
}

/** What the header Origin says. Undefined if it is none, as with `null`. */
export const parseOrigin = (text: string): Origin | undefined => {
  const [, scheme, rest = ""] = /^(https?):\/\/(.*)$/s.exec(text) ?? []
  if (scheme !== "http" && scheme !== "https") return undefined
  const authority = parseAuthority(rest, scheme)
  return authority === undefined ? undefined : { scheme, ...authority }
}

/** Whether a page of that origin may do what only pages of this site may do. */
export const isOrigin = (origin: Origin | undefined, scheme: Scheme, { host, port }: Authority): boolean =>
  origin !== undefined && origin.scheme === scheme && origin.host === host && origin.port === port

/** A host as it stands in the header Host, from how people write it. An IPv6 address gets its shortest form. */
export const hostInHeader = (host: string): string =>
  host.includes(":") && URL.canParse(`http://[${host}]`) ? new URL(`http://[${host}]`).hostname : host.toLowerCase()

/** What a browser on this machine calls it. None of these names can be made to lead elsewhere, or from elsewhere here. */
export const isLoopbackName = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host)
