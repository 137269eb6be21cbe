/** What every connection does alike that consists of an inlet and a pump. */
import type * as Effect from "effect/Effect"
import type { Accepted, Receiver, Source } from "../../services/Transport.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"
import type { Inlet } from "./Inlet.ts"
import type { Pump } from "./Pump.ts"

/** The two halves of a connection, which have no more to do with each other. A class: an idle link keeps its connection. */
export abstract class Halves {
  protected abstract readonly inlet: Inlet
  protected abstract readonly pump: Pump

  get incoming(): Accepted["incoming"] {
    return this.inlet.incoming
  }

  receive(receiver: Receiver): void {
    this.inlet.receive(receiver)
  }

  hold(held: boolean): void {
    this.inlet.hold(held)
  }

  received(): number {
    return this.inlet.received
  }

  onEnd(then: (() => void) | undefined): void {
    this.inlet.onEnd(then)
  }

  drain(source: Source): void {
    this.pump.drain(source)
  }

  wake(): void {
    this.pump.wake()
  }

  put(bytes: Uint8Array): boolean {
    return this.pump.put(bytes)
  }

  close(reason: LossReason): void {
    this.inlet.end(reason)
  }

  get finish(): Effect.Effect<void> {
    return this.pump.finish
  }
}
