/** The transport of a server of a site: to other sites through NATS, to all others as ever. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Bus } from "../../services/Bus.ts"
import type { Identity } from "../../services/Identity.ts"
import { Transport } from "../../services/Transport.ts"
import { PortTaken } from "../../src/domain/Errors.ts"
import { defaultLimits } from "../../src/domain/Limits.ts"
import { farAddress, isFar, type Site } from "../../src/domain/Site.ts"
import * as TcpTransport from "../TcpTransport.ts"
import * as TlsTransport from "../TlsTransport.ts"
import * as NatsTransport from "./NatsTransport.ts"
import * as SecureTunnel from "./SecureTunnel.ts"

/**
 * Dials far addresses through one transport and all others through the other one, and listens at both. The address at
 * which it listens is the near one.
 */
export const both = (
  site: Site,
  near: Transport["Type"],
  far: Pick<Transport["Type"], "dial" | "listen">
): Transport["Type"] =>
  Transport.of({
    dial: (address, from, use) => (isFar(address) ? far.dial(address) : near.dial(address, from, use)),
    listen: (address, serve, regret) =>
      Effect.tap(near.listen(address, serve, regret), ({ port }) =>
        Effect.mapError(far.listen(farAddress(site), serve), (error) =>
          error._tag === "PortTaken"
            ? new PortTaken({ port, detail: `another server of the site ${site} is there`, lingers: false })
            : error
        )
      ),
    within: near.within,
    hosts: near.hosts
  })

const tunnel = (site: Site, room: TcpTransport.Room) =>
  Effect.map(
    NatsTransport.make({ from: farAddress(site).host, connections: room.connections }),
    ({ transport }) => transport
  )

/** TCP near, and plain tunnels to other sites. */
export const layer = (site: Site, room: TcpTransport.Room = defaultLimits): Layer.Layer<Transport, never, Bus> =>
  Layer.scoped(
    Transport,
    Effect.map(tunnel(site, room), (far) => both(site, TcpTransport.make(TcpTransport.plain, room), far))
  )

/** TLS near and far. */
export const secure = (
  site: Site,
  room: TlsTransport.Room = defaultLimits
): Layer.Layer<Transport, never, Bus | Identity> =>
  Layer.scoped(
    Transport,
    Effect.gen(function* () {
      const tls = yield* TlsTransport.protection(room)
      return both(site, TcpTransport.make(tls, room), SecureTunnel.over(yield* tunnel(site, room), tls))
    })
  )
