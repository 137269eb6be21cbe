/** A Probe over a Transport: it asks for a node that can't exist, and the answer names the node that is there. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { Probe } from "../services/Probe.ts"
import { ReplicaLog } from "../services/ReplicaLog.ts"
import { Transport } from "../services/Transport.ts"
import { absurd } from "../src/domain/Absurd.ts"
import type { ChatId } from "../src/domain/Chat.ts"
import { ForeignChat, PeerUnreachable, StrangersTurnedAway } from "../src/domain/Errors.ts"
import { type Address, PeerId } from "../src/domain/Peer.ts"
import { epochOf } from "../src/domain/Post.ts"
import { named, protocolVersion } from "../src/protocol/Frame.ts"
import * as Handshake from "./links/Handshake.ts"
import { Wire } from "./links/Wire.ts"

const make = Effect.gen(function* () {
  const transport = yield* Transport
  const log = yield* ReplicaLog

  const whoAnswers = Effect.fn("Probe.whoAnswers")(
    function* (address: Address, chat?: ChatId) {
      const hungUp = (detail: string) => new PeerUnreachable({ address, detail })
      const chance = yield* Random.nextIntBetween(0, 2 ** 32)
      const nobody = PeerId.make(`nobody-${chance.toString(16)}`)
      const wire = new Wire(yield* transport.dial(address), log, yield* Effect.clock)
      wire.put({
        type: "hello",
        protocol: protocolVersion,
        id: nobody,
        epoch: epochOf(yield* Clock.currentTimeMillis, chance),
        ...address,
        ...(chat === undefined ? {} : { chat }),
        member: false,
        to: nobody
      })
      const [answer] = yield* wire.frames.pipe(
        Effect.mapError(({ reason }) =>
          hungUp(reason === "malformed" ? "it is not an outlive node" : "it closed the connection")
        ),
        Effect.timeoutFail({ duration: Handshake.limit, onTimeout: () => hungUp("no answer within 5 s") })
      )
      if (answer?.type === "stranger") return yield* new StrangersTurnedAway({ address })
      if (answer?.type !== "refused") return yield* hungUp("it is not an outlive node")
      switch (answer.reason) {
        case "protocol":
          return yield* hungUp(answer.detail)
        case "other-chat":
          return yield* new ForeignChat({ ...named(answer), address })
        case "mistaken":
        case "id-taken":
        case "id-alike":
        case "unavailable":
          return named(answer)
        default:
          return absurd(answer.reason)
      }
    },
    Effect.scoped,
    // The dial uses no fixed source port, so `PortTaken` only means that it failed.
    (asked, address) =>
      Effect.catchTag(asked, "PortTaken", ({ message }) => new PeerUnreachable({ address, detail: message }))
  )
  return Probe.of({ whoAnswers })
})

export const layer: Layer.Layer<Probe, never, Transport | ReplicaLog> = Layer.effect(Probe, make)
