/** `npm run demo`: plays the story with real processes, and ends with status 0 only if every line of it came, once. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Cast from "./Cast.ts"
import * as Panes from "./Panes.ts"
import { empty, type Stage, withCaption } from "./Stage.ts"
import { type Step, story } from "./story.ts"
import { describe, judge, type Verdict } from "./Verdict.ts"

/** A line that has not come by then does not come: a limit for what is broken, not a measure of how long one takes. */
const limit = "20 seconds"

/** So long a person needs to see what has come. */
const pace = "750 millis"

class StoryBroken extends Data.TaggedError("StoryBroken")<{ readonly step: Step; readonly verdict: Verdict }> {
  override get message() {
    return `The story broke where it says "${this.step.caption}"\n${describe(this.verdict)}`
  }
}

/** The output is gone, or the terminal. */
class NobodyLooks extends Data.TaggedError("NobodyLooks") {}

/** Returns the stage on which everything has come that was expected since `before`, and nothing else. */
const awaitLines = (stage: SubscriptionRef.SubscriptionRef<Stage>, step: Step, before: Stage) =>
  Effect.gen(function* () {
    const verdictOn = (now: Stage) => ({ now, verdict: judge(step.expected, before, now) })
    const settled = yield* stage.changes.pipe(
      Stream.map(verdictOn),
      Stream.filter(({ verdict }) => verdict.missing.length === 0),
      Stream.runHead,
      Effect.timeoutOption(limit)
    )
    const { now, verdict } = Option.getOrElse(Option.flatten(settled), () => verdictOn(before))
    if (verdict.missing.length + verdict.surplus.length === 0) return now
    return yield* new StoryBroken({ step, verdict: judge(step.expected, before, yield* SubscriptionRef.get(stage)) })
  })

const play = Effect.gen(function* () {
  const display = yield* Panes.display
  const stage = yield* SubscriptionRef.make(empty)
  const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.makeTempDirectoryScoped({ prefix: "outlive-demo-" })
  )
  const cast = yield* Cast.make(stage, folder)
  yield* display.follow(stage)
  let before = yield* SubscriptionRef.get(stage)
  for (const [index, step] of story.entries()) {
    yield* SubscriptionRef.update(stage, withCaption(`${index + 1}/${story.length}  ${step.caption}`))
    yield* cast.perform(step.act)
    before = yield* awaitLines(stage, step, before)
    if (display.live) yield* Effect.sleep(pace)
  }
}).pipe(Effect.scoped)

/** Fails when nobody reads the output any more, or the terminal is closed: then nobody should play on. */
const awaitAbsence = Effect.async<never, NobodyLooks>((resume) => {
  const gone = () => resume(new NobodyLooks())
  // It stays: what is still written has nowhere to go either.
  process.stdout.on("error", gone)
  process.once("SIGHUP", gone)
  return Effect.sync(() => {
    process.off("SIGHUP", gone)
  })
})

const lineCount = story.reduce((sum, { expected }) => sum + expected.length, 0)

const report = (cause: Cause.Cause<unknown>) =>
  Effect.sync(() => {
    const failure = Option.getOrUndefined(Cause.failureOption(cause))
    if (Cause.isInterruptedOnly(cause) || failure instanceof NobodyLooks) return
    process.stderr.write(`\n${failure instanceof StoryBroken ? failure.message : Cause.pretty(cause)}\n`)
  })

/** What a shell reports for a program that Ctrl-C has ended: 128 and the signal's number. */
const interrupted = 130

play.pipe(
  Effect.raceFirst(awaitAbsence),
  Effect.zipRight(
    Effect.sync(() =>
      process.stdout.write(`\nEvery line of the story came, once: ${lineCount} lines on six screens.\n`)
    )
  ),
  Effect.tapErrorCause(report),
  Effect.provide(NodeFileSystem.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, end) => end(exit._tag === "Success" ? 0 : Cause.isInterruptedOnly(exit.cause) ? interrupted : 1)
  })
)
