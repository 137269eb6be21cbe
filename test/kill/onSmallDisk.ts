/** Programs that fill a small disk under real processes. */
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { strike, workshop } from "../soak/Node.ts"
import { runAsProgram } from "../support/program.ts"
import * as SmallDisk from "./SmallDisk.ts"

interface Place {
  readonly folder: string
  /** The program, which no build changes meanwhile. */
  readonly program: string
  /** The small disk, in that folder. */
  readonly disk: string
}

/**
 * Runs a story as a program of that name. Where no small disk can be had it says why, and ends well. The status is 0 if
 * the result is true.
 */
export const onSmallDisk = <E>(
  name: string,
  kibibytes: number,
  story: (place: Place) => Effect.Effect<boolean, E, Scope.Scope>
): void => {
  const skipped = (why: string) =>
    Effect.sync(() => {
      console.log(`${name}: skipped, ${why}`)
      return true
    })
  const why = SmallDisk.obstacle()
  const told = Effect.gen(function* () {
    const place = yield* workshop
    const disk = Path.join(place.folder, "disk")
    const isThere = yield* Effect.acquireRelease(
      Effect.sync(() => SmallDisk.mount(disk, kibibytes)),
      () => Effect.sync(() => SmallDisk.unmount(disk))
    )
    yield* Effect.addFinalizer(() => strike)
    return yield* isThere ? story({ ...place, disk }) : skipped("this system lets nobody mount a small disk")
  })
  runAsProgram(why === undefined ? Effect.scoped(told) : skipped(why))
}
