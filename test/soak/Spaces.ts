/** Hosts in network namespaces, joined by a bridge in one more. Needs root and iproute2. Who makes them removes them. */
import { spawnSync } from "node:child_process"

/** Runs `ip`; false if it fails. */
export const ip = (...args: ReadonlyArray<string>): boolean => spawnSync("ip", args, { stdio: "ignore" }).status === 0

/** What runs a program in a namespace. */
export const through = (space: string): ReadonlyArray<string> => ["ip", "netns", "exec", space]

/** A host: its namespace, its end of the cable at the bridge, and its addresses. */
export interface HostSpace {
  readonly space: string
  readonly wire: string
  readonly v4: string
  readonly v6: string
}

/**
 * Hosts with names of this process. They are not there yet. `key`: a letter that no other program here has. `retries`: how
 * often TCP sends again what is not confirmed before it gives up a connection, as in `net.ipv4.tcp_retries2`.
 */
export const bridged = (key: string, count: number, retries?: number) => {
  const own = `${key}${process.pid % 100_000}`
  const bridge = `olb${own}`
  const bridgeSpace = `outlive-${process.pid}-${key}-bridge`
  const hosts = Array.from(
    { length: count },
    (_, index): HostSpace => ({
      space: `outlive-${process.pid}-${key}-${index}`,
      wire: `olw${own}${index}`,
      v4: `10.232.0.${index + 1}`,
      v6: `fd00:6f6c::${index + 1}`
    })
  )
  const join = ({ space, v4, v6, wire }: HostSpace): boolean =>
    ip("netns", "add", space) &&
    ip("-n", space, "link", "set", "lo", "up") &&
    ip("link", "add", wire, "netns", bridgeSpace, "type", "veth", "peer", "name", "eth0", "netns", space) &&
    ip("-n", bridgeSpace, "link", "set", wire, "master", bridge, "up") &&
    ip("-n", space, "address", "add", `${v4}/24`, "dev", "eth0") &&
    ip("-n", space, "address", "add", `${v6}/64`, "dev", "eth0", "nodad") &&
    ip("-n", space, "link", "set", "eth0", "up") &&
    (retries === undefined ||
      ip("netns", "exec", space, "sh", "-c", `echo ${retries} >/proc/sys/net/ipv4/tcp_retries2`))
  return {
    hosts,
    bridge,
    bridgeSpace,
    /** False if this system does not let us make them. */
    make: (): boolean =>
      ip("netns", "add", bridgeSpace) &&
      ip("-n", bridgeSpace, "link", "add", bridge, "type", "bridge") &&
      ip("-n", bridgeSpace, "link", "set", bridge, "up") &&
      hosts.every(join),
    remove: (): void => {
      for (const space of [...hosts.map((host) => host.space), bridgeSpace]) ip("netns", "del", space)
    },
    /** Cuts the cable of a host at the bridge, or mends it. Nothing is told to the connections of either side. */
    cut: ({ wire }: HostSpace): boolean => ip("-n", bridgeSpace, "link", "set", wire, "down"),
    mend: ({ wire }: HostSpace): boolean => ip("-n", bridgeSpace, "link", "set", wire, "up")
  }
}

/**
 * Makes namespaces that are removed when this process ends. Where that can't be, or something else is missing, the
 * program says so and ends. `missing`: what else is missing, in words.
 */
export const orSkip = (
  program: string,
  { make, remove }: { readonly make: () => boolean; readonly remove: () => void },
  missing?: string
): void => {
  process.on("exit", remove)
  const why = obstacle(make, missing)
  if (why === undefined) return
  console.log(`${program}: skipped, ${why}`)
  process.exit(0)
}

const obstacle = (make: () => boolean, missing: string | undefined): string | undefined => {
  if (process.getuid?.() !== 0) return "it needs root"
  if (!ip("-V")) return "it needs ip, of iproute2"
  if (missing !== undefined) return missing
  return make() ? undefined : "this system lets nobody make network namespaces"
}
