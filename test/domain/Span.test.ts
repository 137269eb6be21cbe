/** What spans cost, and what they say. */
import { assert, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { describe } from "vitest"
import { inSpan } from "../../src/domain/Span.ts"

/** A tracer that keeps the name and the attributes of each span. */
const listening = (kept: Array<readonly [string, ReadonlyArray<unknown>]>) =>
  Tracer.make({
    span: (name, parent, context, links, startTime, kind) => ({
      _tag: "Span",
      spanId: `${kept.length}`,
      traceId: "trace",
      sampled: true,
      status: { _tag: "Started", startTime },
      attributes: new Map(),
      name,
      parent,
      context: context as Context.Context<never>,
      links,
      kind,
      end: () => {},
      event: () => {},
      addLinks: () => {},
      attribute: (...attribute) => {
        kept.push([name, attribute])
      }
    }),
    context: (run) => run()
  })

describe("a span", () => {
  it.effect("is made for a tracer, with its attributes, and is the current one inside", () =>
    Effect.gen(function* () {
      const kept: Array<readonly [string, ReadonlyArray<unknown>]> = []
      const inside = Effect.map(
        Effect.option(Effect.currentSpan),
        Option.map(({ name }) => name)
      )
      const name = yield* inSpan("PeerMesh.admit", () => ({ id: "7" }))(inside).pipe(Effect.withTracer(listening(kept)))
      assert.deepStrictEqual(name, Option.some("PeerMesh.admit"))
      assert.deepStrictEqual(kept, [["PeerMesh.admit", ["id", "7"]]])
    })
  )

  it.effect("is not made while nobody traces, and its attributes are not asked for", () =>
    Effect.gen(function* () {
      const span = yield* inSpan("PeerMesh.admit", () => assert.fail("nobody reads them"))(
        Effect.option(Effect.currentSpan)
      )
      assert.deepStrictEqual(span, Option.none())
    })
  )
})
