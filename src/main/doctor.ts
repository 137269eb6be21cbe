/** The layers of `outlive doctor`. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PipeConsole from "../../layers/console/PipeConsole.ts"
import * as FilePortStore from "../../layers/FilePortStore.ts"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as NodeHostChecks from "../../layers/NodeHostChecks.ts"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import * as TransportProbe from "../../layers/TransportProbe.ts"
import * as DoctorCommand from "../commands/doctor.ts"
import { Unwell } from "../domain/Errors.ts"
import { escape } from "../domain/Escape.ts"
import { defaultLimits } from "../domain/Limits.ts"
import { Host, PeerId } from "../domain/Peer.ts"
import { reachableAt } from "../domain/Security.ts"
import { examine, Finding } from "../programs/doctor.ts"
import { stateFolder } from "./node.ts"

/** The host at which to reach a server that listens at all addresses. */
const loopback = Host.make("localhost")

/** Loaded only if the doctor is told of NATS. */
const natsLook = Effect.promise(() => import("./site.ts"))

const marks = { Fine: "ok   ", Note: "note ", Wrong: "WRONG" } as const

export const command = DoctorCommand.make(({ data, host, port, ports, rooms, server, state, ...nats }) =>
  Effect.gen(function* () {
    const listen = { host, port }
    const found = yield* examine({
      server: Option.getOrElse(server, () => reachableAt(listen, loopback)),
      listen,
      ports,
      records: FilePortStore.look(ports),
      data,
      state: stateFolder(state),
      rooms,
      nats: nats.nats.length === 0 ? undefined : Effect.flatMap(natsLook, ({ found }) => found(nats))
    })
    for (const { _tag, text } of found) yield* Console.log(`${marks[_tag]} ${escape(text)}`)
    const wrong = found.filter(Finding.$is("Wrong"))
    if (wrong.length > 0) yield* new Unwell({ count: wrong.length })
  }).pipe(
    Effect.provide(
      TransportProbe.layer.pipe(
        Layer.provide(MemoryMessageLog.layer({ author: PeerId.make("doctor") })),
        Layer.provideMerge(TcpTransport.layer(defaultLimits))
      )
    ),
    Effect.provide(Layer.merge(PipeConsole.deaf, NodeHostChecks.layer))
  )
)
