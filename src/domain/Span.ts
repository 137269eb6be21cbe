/** Spans for traces. They cost nothing while nobody traces. */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

/** Effect's own tracer. It keeps no span, so nobody reads what it is told. */
const nobody = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Whether somebody traces. */
export const isTraced: Effect.Effect<boolean> = Effect.withFiberRuntime((fiber) =>
  Effect.succeed(fiber.currentTracer !== nobody)
)

/**
 * Runs the effect in a span of that name if somebody traces. Otherwise it is the effect alone: `Effect.fn` makes a span and
 * a stack trace at each call, which take as long as admitting a visitor. `attributes` is asked for only if there is a span.
 */
export const inSpan =
  (name: string, attributes?: () => Record<string, unknown>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiberRuntime((fiber) =>
      fiber.currentTracer === nobody
        ? effect
        : (Effect.withSpan(effect, name, { attributes: attributes?.() ?? {} }) as Effect.Effect<A, E, R>)
    )
