/** What every node does, server or client: shows what it witnesses, and says what is typed. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Console, type Typed } from "../../../services/Console.ts"
import { Interrupts } from "../../../services/Interrupts.ts"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { deedMark, utterance } from "../../domain/Action.ts"
import type { Saying } from "../../domain/Delivery.ts"
import type { Entry } from "../../domain/Entry.ts"
import { type Forked, isForked, isTooLong, type LogUnavailable } from "../../domain/Errors.ts"
import { Fact } from "../../domain/Fact.ts"
import { within } from "../../domain/Limit.ts"
import type { PeerId } from "../../domain/Peer.ts"
import { authorOf } from "../../domain/Post.ts"
import { redial } from "../../domain/Redial.ts"
import { notice, type ScreenLine, screenLineOf } from "../../domain/ScreenLine.ts"
import { commandNamed, parseSlash } from "../../domain/SlashCommand.ts"
import * as Commands from "../commands/all.ts"
import { answer } from "../commands/Command.ts"
import { quit } from "../commands/quit.ts"
import { refuse } from "../refused.ts"
import { carryOver, type Followed } from "./ownLines.ts"
import { fresh, type Muted, Session } from "./Session.ts"

/** The line that ends a program. */
const exit = "Exit"

/** What this node says itself is seen where it is typed. */
const isNews = (entry: Entry): boolean => entry._tag !== "Said" || !entry.own

/** A screen that takes nothing any more holds up the end of a program no longer than this. */
const lastLines = "1 second"

/** Shows what this node witnesses, in that order, until the scope closes; then everything up to there is shown. */
export const showWhatHappens = ({
  muted,
  standing
}: Session["Type"]): Effect.Effect<void, never, Console | MessageLog | PeerMesh | Scope.Scope> =>
  Effect.gen(function* () {
    const console = yield* Console
    const log = yield* MessageLog
    const mesh = yield* PeerMesh
    const asLines = (entries: Iterable<Entry>) => {
      const lines: Array<ScreenLine> = []
      for (const entry of entries) {
        const line = screenLineOf(mesh.self, entry)
        if (line !== undefined) lines.push(line)
      }
      return lines.length === 0 ? Effect.void : console.show(lines)
    }
    const [seen, show] = Option.match(console.tell, {
      onNone: () => [log.follow(isNews), asLines] as const,
      onSome: (tell) =>
        [
          log.follow(),
          (entries: Iterable<Entry>) => tell(Array.from(entries, (entry) => Fact.Witnessed({ entry })))
        ] as const
    })
    const showing = standing.watch(seen, (entries) =>
      Effect.map(
        Effect.flatMap(Ref.get(muted), (silenced) =>
          show(silenced.size === 0 ? entries : Chunk.filter(entries, (entry) => !isMuted(silenced, entry)))
        ),
        () => {
          const last = Option.getOrUndefined(Chunk.last(entries))
          if (last !== undefined && !console.isGone()) log.shown(last)
        }
      )
    )
    const screen = yield* Effect.forkScoped(showing)
    yield* Effect.addFinalizer(() => Effect.zipRight(log.close, within(lastLines)(Fiber.join(screen))))
  })

const isMuted = (silenced: ReadonlySet<PeerId>, entry: Entry): boolean =>
  (entry._tag === "Said" || entry._tag === "Earlier") && silenced.has(authorOf(entry.post.stream))

/** Why nothing more is typed. */
export type Ending = "exit" | "end of input" | "interrupt"

/** What lines that came together ask for, in order: to be said, in one go, or something of this program alone. */
type Step =
  | { readonly _tag: "Say"; readonly sayings: Array<Saying<Typed>> }
  | { readonly _tag: "Run"; readonly line: Typed; readonly name: string; readonly rest: string }
  | { readonly _tag: "Pass"; readonly line: Typed }
  | { readonly _tag: "Ask"; readonly line: Typed }
  | { readonly _tag: "Complain"; readonly sentence: string; readonly failed: boolean }
  | { readonly _tag: "Exit"; readonly line: Typed; readonly after: ReadonlyArray<Typed> }

const ends = Effect.fail<Ending>("exit")

const slash = "/".charCodeAt(0)

/** What people type who mean `Exit`. */
const soundsLikeLeaving = /^(exit|quit|:q)$/i
const mostOfLeaving = 4

const question = "Exit, with a capital E, or /quit leaves. Type it again to say it."

/** Whether that line asks for the end: `Exit`, or `/quit`. */
export const isGoodbye = ({ text, verbatim = false }: Typed): boolean => {
  if (verbatim) return false
  if (text === exit) return true
  const slashed = text.charCodeAt(0) === slash ? parseSlash(text) : undefined
  return slashed?._tag === "Command" && slashed.name === quit.name && slashed.rest.trim() === ""
}

/** Lines up to the one that asks for the end, as steps. Nearly all are plain, and become one. */
const stepsOf = (lines: ReadonlyArray<Typed>): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  let sayings: Array<Saying<Typed>> | undefined
  const say = (saying: Saying<Typed>) => {
    if (sayings === undefined) {
      sayings = []
      steps.push({ _tag: "Say", sayings })
    }
    sayings.push(saying)
  }
  for (const line of lines) {
    const { text } = line
    if (isGoodbye(line)) return [...steps, { _tag: "Exit", line, after: lines.slice(lines.indexOf(line) + 1) }]
    const slashed = text.charCodeAt(0) === slash && !line.verbatim ? parseSlash(text) : undefined
    if (slashed?._tag === "Command") {
      steps.push({ _tag: "Run", line, name: slashed.name, rest: slashed.rest })
      sayings = undefined
    } else if (line.trouble !== undefined) {
      steps.push({ _tag: "Complain", ...line.trouble })
      sayings = undefined
    } else if (text.length <= mostOfLeaving && soundsLikeLeaving.test(text) && !line.verbatim) {
      steps.push({ _tag: "Ask", line })
      sayings = undefined
    } else if (text === "") steps.push({ _tag: "Pass", line })
    else say({ line, text: slashed?.text ?? text })
  }
  return steps
}

/**
 * Says every line that is typed, until `Exit` or the end of input; those that came together are said in one go. Lines that
 * begin with a slash are commands; `//` says one.
 */
export const sayWhatIsTyped = (
  session: Session["Type"]
): Effect.Effect<Ending, never, Exclude<Commands.Needs, Session> | Console | MessageLog> =>
  Effect.gen(function* () {
    const console = yield* Console
    const log = yield* MessageLog
    const { self } = yield* PeerMesh
    const { questioned, standing } = session

    // Without a generator: it runs for every line that is typed. What was said is followed, whatever ends this.
    const say = (sayings: ReadonlyArray<Saying<Typed>>) =>
      Effect.suspend(() => {
        const said = Effect.match(log.say(sayings.map(({ text }) => text)), {
          onFailure: ({ message }) => ({
            results: [],
            count: sayings.length,
            words: [notice(`${message} ${sayings.length === 1 ? "That line was" : "Those lines were"} not said.`)]
          }),
          onSuccess: (results) => {
            const tooLong = results.filter(isTooLong)
            return { results, count: tooLong.length, words: tooLong.map(({ message }) => notice(message)) }
          }
        })
        return Effect.flatMap(said, ({ count, results, words }) => {
          const followed = standing.follow(sayings, results)
          return count === 0
            ? followed
            : followed.pipe(Effect.zipRight(console.show(words)), Effect.zipRight(refuse(count, console)))
        })
      }).pipe(Effect.uninterruptible)

    const perform = (line: Typed, name: string, rest: string) =>
      Effect.gen(function* () {
        const command = commandNamed(name, Commands.commands)
        const outcome = command === undefined ? answer(Commands.noCommand(name)) : yield* command.run(rest)
        if (outcome._tag === "Say") {
          // What others see is not what was typed.
          yield* standing.reword(line, utterance(self.id, outcome.text, deedMark))
          return yield* say([{ line, text: outcome.text }])
        }
        yield* standing.settle([line])
        if (outcome._tag === "Leave") return yield* ends
        yield* Option.isSome(console.tell) && outcome.facts.length > 0
          ? console.tell.value(outcome.facts)
          : console.show(outcome.lines)
      }).pipe(Effect.provideService(Session, session), Effect.withSpan("Command.run", { attributes: { name } }))

    /** Asks a person, once, whether that is to be said to all. */
    const ask = (line: Typed) =>
      Effect.gen(function* () {
        const before = yield* Ref.getAndSet(questioned, line.text)
        if (!console.isPerson || before === line.text) return yield* say([{ line, text: line.text }])
        yield* standing.settle([line])
        yield* console.show([notice(question)])
      })

    const take = (step: Step) => {
      switch (step._tag) {
        case "Say":
          return say(step.sayings)
        case "Run":
          return perform(step.line, step.name, step.rest)
        case "Ask":
          return ask(step.line)
        case "Pass":
          return standing.settle([step.line])
        case "Complain":
          return Effect.zipRight(console.show([notice(step.sentence)]), refuse(step.failed ? 1 : 0, console))
        case "Exit":
          return standing
            .drop(step.after)
            .pipe(
              Effect.zipRight(step.line.text === exit ? Effect.void : standing.settle([step.line])),
              Effect.zipRight(ends)
            )
      }
    }
    // Chunk by chunk, in one stage of a Stream; `Exit` ends it as a failure would.
    return yield* Stream.runForEachChunk(console.lines, (chunk) => {
      const steps = stepsOf(Chunk.toReadonlyArray(chunk))
      const [only] = steps
      return only?._tag === "Say" && steps.length === 1
        ? say(only.sayings)
        : Effect.forEach(steps, take, { discard: true })
    }).pipe(
      Effect.as<Ending>("end of input"),
      Effect.catchAll((ending) => Effect.succeed(ending))
    )
  })

/** Says what is typed until the end is asked for: by a line, by the end of input, or from outside. */
export const untilItEnds = (session: Session["Type"]) =>
  Effect.flatMap(Interrupts, ({ next }) =>
    Effect.raceFirst(sayWhatIsTyped(session), Effect.as(next, "interrupt" as const))
  )

/**
 * Begins a program anew, on a fresh mesh, when its stream turns out to be somebody else's too. Its log goes on in another run.
 * It is the same sitting to who sits there: at the same console, behind what was shown there, with the same ids muted.
 */
export const anewWhenForked = <A, E, R>(
  program: Effect.Effect<A, E | Forked, R>
): Effect.Effect<A, E | Forked | LogUnavailable, Exclude<R, Muted | Followed> | Console | MessageLog> =>
  program.pipe(
    Effect.tapError((error) => (isForked(error) ? beginAnother(error) : Effect.void)),
    Effect.retry({ schedule: redial, while: isForked }),
    Effect.provide(fresh)
  )

const beginAnother = (fork: Forked): Effect.Effect<void, LogUnavailable, Console | Followed | MessageLog> =>
  Effect.gen(function* () {
    const console = yield* Console
    const log = yield* MessageLog
    yield* console.show([notice(fork.message)])
    yield* carryOver(yield* log.renew(fork.shared, fork._tag === "RunOutlived" ? fork.after : undefined))
  })
