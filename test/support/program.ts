/** Runs the programs of `test/`: soaks, splits, full disks. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/**
 * Runs an effect to its end, or until a signal, closes its scopes, and ends the process. The status is 0 if the result
 * is true.
 */
export const runAsProgram = <E>(program: Effect.Effect<boolean, E>): void => {
  const running = Effect.runFork(program)
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => running.unsafeInterruptAsFork(running.id()))
  }
  running.addObserver((exit) => {
    if (Exit.isFailure(exit)) console.error(Cause.pretty(exit.cause))
    process.exit(Exit.isSuccess(exit) && exit.value ? 0 : 1)
  })
}
