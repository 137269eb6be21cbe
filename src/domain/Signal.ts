/** Lets fibers wait for state that changes in synchronous steps. */
import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

export interface Signal {
  /** Returns once that holds. It is looked at now, and after each `changed`: in one step with beginning to wait. */
  readonly until: (holds: () => boolean) => Effect.Effect<void>
  /** Each time that holds, emits what `take` gives by then; ends when it gives none. */
  readonly stream: <A>(holds: () => boolean, take: () => Option.Option<Chunk.Chunk<A>>) => Stream.Stream<A>
  /** Says that something has changed. A plain function. */
  readonly changed: () => void
}

export const makeSignal = (): Signal => {
  const waiting = new Set<() => void>()
  const until: Signal["until"] = (holds) =>
    Effect.async((resume) => {
      const look = () => {
        if (!holds()) return
        waiting.delete(look)
        resume(Effect.void)
      }
      waiting.add(look)
      look()
      return Effect.sync(() => waiting.delete(look))
    })
  return {
    until,
    // As Mailbox does it: one stage of a Stream, where unfolding would take three, on paths that wake for every line.
    stream: <A>(holds: () => boolean, take: () => Option.Option<Chunk.Chunk<A>>) => {
      const taken = Effect.map(until(holds), take)
      const loop: Channel.Channel<Chunk.Chunk<A>> = Channel.flatMap(
        taken,
        Option.match({
          onNone: () => Channel.void,
          onSome: (chunk) => Channel.zipRight(Channel.write(chunk), loop)
        })
      )
      return Stream.fromChannel(loop)
    },
    changed: () => {
      for (const look of waiting) look()
    }
  }
}
