/** Says the lines typed in a session and runs its commands. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Take, type Typed, whenTaken } from "../../../services/Console.ts"
import { MessageLog, type SayResult } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { absurd } from "../../domain/Absurd.ts"
import { addresseesIn } from "../../domain/Conversation.ts"
import type { Saying } from "../../domain/Delivery.ts"
import { commandNamed } from "../../domain/Described.ts"
import { isTooLong, type LogUnavailable, type Unreachable } from "../../domain/Errors.ts"
import type { PeerId } from "../../domain/Peer.ts"
import { beginIn, notJoined, opened } from "../../domain/Place.ts"
import { type Room, roomTitle } from "../../domain/Post.ts"
import type { Request } from "../../domain/Request.ts"
import { notice, type ScreenLine } from "../../domain/ScreenLine.ts"
import * as Commands from "../commands/all.ts"
import { answer, CommandLine, type Outcome } from "../commands/Command.ts"
import { objectionTo, warnOnce } from "../commands/readers.ts"
import { refuse } from "../refused.ts"
import { asTyped, type OwnLines } from "./ownLines.ts"
import { move, roomOf, Session } from "./Session.ts"
import { exit, isSaid, roomNamedIn, type Step, stepsOf } from "./steps.ts"

/** What saying something in private needs. */
type Confiding = Exclude<Effect.Effect.Context<ReturnType<typeof objectionTo> | typeof warnOnce>, Session>

/** Why a session ended. */
export type Ending = "exit" | "end of input"

/** A command's result that takes no longer than this is waited for, so that it stands right below the command. */
const moment = "250 millis"

/** A command that runs: its line, and the room of the session when it began. */
interface Running {
  readonly line: Typed
  readonly before: Room
  /** Lets the line stand above what is shown from now on. */
  readonly settle: Effect.Effect<void>
}

const ends = Effect.fail<Ending>("exit")

/** What to ask a person about a line that looks as if something else was meant. None: it is said. */
const questionOn = (text: string, here: Room, isJoined: (room: Room) => boolean): string | undefined => {
  const room = roomNamedIn(text)
  if (room === undefined) return "Exit (with a capital E) or /quit leaves. To send this line, type it again."
  return room === here || !isJoined(room)
    ? undefined
    : `This line would be said in ${roomTitle(here)}. To say something in ${roomTitle(room)}, type /say ${room} TEXT, or /go ${room} first. To send this line as it is, type it again.`
}

/**
 * Says every typed line, until `Exit` or the end of input. Lines that arrive together are said in one go. A line that
 * begins with a slash is a command; `//` sends a line that begins with one slash. `answerTo` answers requests.
 */
export const sayWhatIsTyped = (
  session: Session["Type"],
  ownLines: OwnLines,
  answerTo: (request: Request) => Effect.Effect<void>
): Effect.Effect<Ending, never, Exclude<Commands.Needs, Session> | MessageLog | Rooms> =>
  Effect.gen(function* () {
    const log = yield* MessageLog
    const { self } = yield* PeerMesh
    const { isJoined } = yield* Rooms
    const { console, questioned, reader } = session
    const isProgram = Option.isSome(console.tell)

    /** The lines can't be said there. */
    const turnDown = (sayings: ReadonlyArray<Saying<Typed>>, room: Room, reason: string) =>
      Effect.zipRight(
        ownLines
          .follow(sayings, [], room)
          .pipe(Effect.zipRight(refuse(sayings.length, session)), Effect.uninterruptible),
        console.show([notice(`${reason} ${sayings.length === 1 ? "The line was" : "The lines were"} not sent.`)])
      )

    // No generator here: this runs for every typed line. A line that was said is followed even if the fiber is
    // interrupted.
    const say = (
      sayings: ReadonlyArray<Saying<Typed>>,
      room: Room = roomOf(session)
    ): Effect.Effect<void, never, Confiding> => {
      const to = addresseesIn(room)
      if (to !== undefined) return confide(sayings, room, to)
      if (!isJoined(room)) return turnDown(sayings, room, notJoined(room))
      return sayBy(sayings, room, (lines) => log.say(room, lines, reader))
    }

    /** In a plain chat each reader gets a line of its own, over its own link. */
    const confide = (sayings: ReadonlyArray<Saying<Typed>>, room: Room, to: ReadonlyArray<PeerId>) =>
      Effect.gen(function* () {
        // Whoever has a conversation is known.
        const isOpen = MutableRef.get(session.place).conversations.includes(room)
        const objection = isOpen ? undefined : yield* objectionTo(to)
        if (objection !== undefined) return yield* turnDown(sayings, room, objection)
        session.reading.read(room)
        move(session, (before) => opened(before, room))
        yield* Effect.forEach(
          log.seals ? [to] : to.map((id) => [id]),
          ([first, ...others]) =>
            first === undefined
              ? Effect.void
              : sayBy(sayings, room, (lines) => log.confide([first, ...others], lines, reader)),
          { discard: true }
        )
        yield* console.show((yield* warnOnce).map(notice))
      }).pipe(Effect.provideService(Session, session))

    const sayBy = (
      sayings: ReadonlyArray<Saying<Typed>>,
      room: Room,
      sayAll: (lines: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<SayResult>, LogUnavailable | Unreachable>
    ): Effect.Effect<void> =>
      Effect.uninterruptibleMask((restore) => {
        ownLines.begin(sayings, room)
        const said = Effect.match(
          // Waiting for a disk can be interrupted: one that is stuck must not hold up the end.
          restore(sayAll(sayings.map(({ text }) => text))),
          {
            onFailure: ({ message }) => ({
              results: [],
              count: sayings.length,
              words: [notice(`${message} ${sayings.length === 1 ? "The line was" : "The lines were"} not sent.`)]
            }),
            onSuccess: (results) => {
              const tooLong = results.filter(isTooLong)
              return { results, count: tooLong.length, words: tooLong.map(({ message }) => notice(message)) }
            }
          }
        )
        const followed: Effect.Effect<ReadonlyArray<ScreenLine> | void> = Effect.flatMap(
          said,
          ({ count, results, words }) => {
            const following = ownLines.follow(sayings, results, room)
            return count === 0 ? following : following.pipe(Effect.zipRight(refuse(count, session)), Effect.as(words))
          }
        )
        // Showing can be interrupted: a console that is stuck must not hold up the end.
        return Effect.flatMap(followed, (words) => (words === undefined ? Effect.void : restore(console.show(words))))
      })

    /** Others see another text than what was typed. */
    const sayInOtherWords = (line: Typed, text: string, room: Room) =>
      Effect.zipRight(ownLines.reword(line, asTyped(self.id, room, text)), say([{ line, text }], room))

    /** The session in which a command runs: a program may ask that it run as if the session spoke in that room. */
    const sessionFor = ({ room }: Typed): Session["Type"] =>
      room === undefined ? session : { ...session, place: MutableRef.make(beginIn(room)) }

    /** Shows or says the result of a command. `isLate`: the session has gone on meanwhile. */
    const conclude = (
      { before, line, settle }: Running,
      outcome: Outcome,
      isLate = false
    ): Effect.Effect<void, Ending, Confiding | Scope.Scope> => {
      switch (outcome._tag) {
        case "Say": {
          const { notices = [], room = line.room ?? (isLate ? before : roomOf(session)), text } = outcome
          const said = isLate && !isProgram ? anotherLine({ text, room }) : line
          return Effect.zipRight(sayInOtherWords(said, text, room), console.show(notices))
        }
        case "Leave":
          return Effect.zipRight(settle, ends)
        case "Answer":
          return Effect.zipRight(
            settle,
            Effect.suspend(() => {
              if (line.byKey && roomOf(session) !== before) return Effect.void
              return Option.isSome(console.tell) && outcome.facts.length > 0
                ? whenTaken(console.tell.value)(outcome.facts)
                : console.show(outcome.lines)
            })
          )
        case "Later":
          return concludeLater({ before, line, settle }, outcome)
        default:
          return absurd(outcome)
      }
    }

    /** A line of its own at a terminal, for what is said in place of one that stands higher up. */
    const anotherLine = (line: Typed): Typed => {
      Option.map(console.pending, ({ add }) => add(line))
      return line
    }

    /** Waits for a result a moment. If it takes longer, it is taken when it comes, and the session goes on meanwhile. */
    const concludeLater = (running: Running, { givenUp, meanwhile, outcome }: Extract<Outcome, { _tag: "Later" }>) =>
      Effect.gen(function* () {
        const coming = yield* Effect.forkScoped(outcome)
        const soon = yield* Effect.timeoutOption(Fiber.join(coming), moment)
        if (Option.isSome(soon)) return yield* conclude(running, soon.value)
        // A program follows its line by its name. At a terminal it stands above what is said meanwhile.
        if (!isProgram) yield* running.settle
        yield* console.show([notice(meanwhile)])
        const isLost = Effect.zipRight(
          Effect.sync(() => console.put([notice(givenUp)], () => {})),
          refuse(1, session)
        )
        yield* Fiber.join(coming).pipe(
          Effect.flatMap((outcome) => conclude(running, outcome, true)),
          Effect.ignore,
          Effect.onInterrupt(() => isLost),
          Effect.forkScoped
        )
      })

    const perform = (line: Typed, name: string, rest: string) =>
      Effect.gen(function* () {
        const command = commandNamed(name, Commands.commands)
        const before = roomOf(session)
        const settle = yield* Effect.once(ownLines.settle([line]))
        const outcome =
          command === undefined
            ? answer(Commands.noCommand(name))
            : yield* Effect.provideService(command.run(rest), CommandLine, { settle })
        return yield* conclude({ before, line, settle }, outcome)
      }).pipe(
        Effect.provideService(Session, sessionFor(line)),
        Effect.withSpan("Command.run", { attributes: { name } })
      )

    /** Asks a person, once, whether to send this line. */
    const ask = (line: Typed) =>
      Effect.gen(function* () {
        const question = console.isPerson ? questionOn(line.text, roomOf(session), isJoined) : undefined
        const before = yield* Ref.getAndSet(questioned, line.text)
        if (question === undefined || before === line.text) {
          return yield* say([{ line, text: line.text }], line.room)
        }
        yield* ownLines.settle([line])
        yield* console.show([notice(question)])
      })

    const take = (step: Step) => {
      switch (step._tag) {
        case "Say":
          return say(step.sayings, step.room)
        case "Run":
          return perform(step.line, step.name, step.rest)
        case "Ask":
          return ask(step.line)
        case "Answer":
          return answerTo(step.request)
        case "Pass":
          return ownLines.settle([step.line])
        case "Complain":
          return Effect.zipRight(console.show([notice(step.sentence)]), refuse(step.failed ? 1 : 0, session))
        case "Exit":
          return ownLines
            .drop(step.after)
            .pipe(
              Effect.zipRight(step.line.text === exit ? Effect.void : ownLines.settle([step.line])),
              Effect.zipRight(ends)
            )
        default:
          return absurd(step)
      }
    }
    // Plain lines are said in the call in which they come, if the log can do that. Otherwise they are read below, in order.
    const sayNow: Take = (texts) => {
      const room = roomOf(session)
      return texts.every(isSaid) && isJoined(room) && log.sayNow(room, texts, reader) !== undefined
    }
    const offered = Effect.acquireRelease(
      Effect.sync(() => Option.map(console.offer, (offer) => offer(sayNow))),
      (stop) => Effect.sync(() => Option.map(stop, (stop) => stop()))
    )
    // Chunk by chunk, in one stage of a Stream. `Exit` ends the Stream as a failure.
    const read = Stream.runForEachChunk(console.lines, (chunk) => {
      const steps = stepsOf(Chunk.toReadonlyArray(chunk))
      const [only] = steps
      return only?._tag === "Say" && steps.length === 1
        ? say(only.sayings, only.room)
        : Effect.forEach(steps, take, { discard: true })
    })
    return yield* Effect.zipRight(offered, read).pipe(
      Effect.scoped,
      Effect.as<Ending>("end of input"),
      Effect.catchAll((ending) => Effect.succeed(ending))
    )
  })
