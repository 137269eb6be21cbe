/** How the programs of `test/` run: soaks, splits, full disks. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** Runs it to its end, or until a signal; then the process ends, with status 0 if it came to true. What is scoped is closed before. */
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
