/** The sessions of a node: the one that its program was started for, and those that come and go while it runs. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import type { Console } from "../../services/Console.ts"
import type { Guests } from "../../services/Guests.ts"
import { Interrupts } from "../../services/Interrupts.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { Rooms } from "../../services/Rooms.ts"
import { type SessionEnd, Sessions } from "../../services/Sessions.ts"
import { within } from "../domain/Limit.ts"
import { notice } from "../domain/ScreenLine.ts"
import { makeSignal } from "../domain/Signal.ts"
import { acceptOffers } from "./accepting.ts"
import { type GuestView, viewOf } from "./guest.ts"
import { goodbyeTyped } from "./leaving.ts"
import * as Run from "./Run.ts"
import { make as makeReading, Reading } from "./reading.ts"
import { followFiles } from "./session/followFiles.ts"
import { followRooms } from "./session/followRooms.ts"
import * as OwnLines from "./session/ownLines.ts"
import { answering } from "./session/requests.ts"
import * as Session from "./session/Session.ts"
import { type Ending, sayWhatIsTyped } from "./session/say.ts"
import { showWhatHappens } from "./session/show.ts"
import { tellHowItIs } from "./session/statusLine.ts"

/**
 * At the end of a run, all consoles together get this much time to show the last lines. A console that is stuck holds
 * up the end no longer.
 */
const lastLines = "1 second"

type Options = NonNullable<Parameters<Sessions["Type"]["attach"]>[1]>

/** The present run of the node. Sessions attach to it. */
interface Host {
  readonly welcome: (
    console: Console["Type"],
    history: number,
    of: Pick<Options, "as" | "muted">
  ) => Effect.Effect<Session.Session["Type"]>
  /** Runs a session in this run. None if the run ended before the session did. */
  readonly run: (session: Session.Session["Type"]) => Effect.Effect<Option.Option<Ending>>
}

/** The attached sessions, and the run that hosts them. The sessions stay when the node begins another run. */
export class Attached extends Context.Tag("outlive/Attached")<
  Attached,
  {
    readonly all: () => ReadonlyArray<Session.Session["Type"]>
    /** Lets another run host the sessions from now on. Without a host, they wait for the next one. */
    readonly moveTo: (host: Host | undefined) => void
    /** Ends all attached sessions: the node has ended. */
    readonly end: Effect.Effect<void>
  }
>() {}

/** Sessions can be attached before the node runs. They begin when it does. */
export const layer: Layer.Layer<Sessions | Attached | Reading> = Layer.scopedContext(
  Effect.map(makeReading, (reading) => {
    const sessions = new Set<Session.Session["Type"]>()
    const changes = makeSignal()
    let host: Host | undefined
    let isOver = false

    const nextHost: Effect.Effect<Host | undefined> = Effect.flatMap(
      changes.until(() => host !== undefined || isOver),
      () => (host === undefined && !isOver ? nextHost : Effect.succeed(host))
    )
    const follow = (session: Session.Session["Type"]): Effect.Effect<SessionEnd> =>
      Effect.flatMap(nextHost, (host) =>
        host === undefined
          ? Effect.succeed("node ended")
          : Effect.flatMap(
              host.run(session),
              Option.match({
                onNone: () => follow(session),
                onSome: (ending) => Effect.succeed<SessionEnd>(ending)
              })
            )
      )
    const attach: Sessions["Type"]["attach"] = Effect.fn("Sessions.attach")(function* (
      console,
      { history = 0, ...of } = {}
    ) {
      const first = yield* nextHost
      if (first === undefined) return "node ended"
      const session = yield* Effect.acquireRelease(
        Effect.tap(first.welcome(console, history, of), (session) => sessions.add(session)),
        (session) =>
          Effect.sync(() => {
            sessions.delete(session)
            Session.attendNoMore(session)
          })
      )
      return yield* follow(session)
    }, Effect.scoped)

    return Context.make(Sessions, { attach }).pipe(
      Context.add(Reading, reading),
      Context.add(Attached, {
        all: () => [...sessions],
        moveTo: (next) => {
          host = next
          changes.changed()
        },
        end: Effect.sync(() => {
          isOver = true
          changes.changed()
        })
      })
    )
  })
)

/** A session in one run of its node. */
interface Talk {
  readonly ownLines: OwnLines.OwnLines
  /** Says typed lines and runs commands, until a line or the end of input ends the session. */
  readonly typed: Effect.Effect<Ending>
  /** Returns once everything up to the end of the log is shown. */
  readonly shown: Effect.Effect<void>
}

/** Lets a session take part in this run. It shows what happens until the scope closes. */
const begin = (session: Session.Session["Type"]) =>
  Effect.gen(function* () {
    Session.attend(session)
    const ownLines = yield* OwnLines.make(session)
    yield* tellHowItIs(session)
    yield* followRooms(session)
    yield* followFiles(session)
    const shown = yield* showWhatHappens(session, ownLines)
    const answer = yield* answering(session)
    const context = yield* Effect.context<Effect.Effect.Context<ReturnType<typeof sayWhatIsTyped>>>()
    return { ownLines, shown, typed: Effect.provide(sayWhatIsTyped(session, ownLines, answer), context) } satisfies Talk
  })

/**
 * Begins a run of the node, with its main session and the attached ones. When the scope closes, the sessions show
 * everything up to there, but wait no longer than `lastLines`.
 */
export const open = Effect.gen(function* () {
  const attached = yield* Attached
  const log = yield* MessageLog
  const { next } = yield* Interrupts
  const { follow } = yield* Reading
  yield* follow({
    self: (yield* PeerMesh).self.id,
    log,
    isJoined: (yield* Rooms).isJoined,
    highlights: yield* Session.Highlights
  })
  const run = yield* Run.make
  const main = yield* Effect.provideService(Effect.flatMap(Session.Session, begin), Run.Run, run)
  const own = yield* Session.Session
  yield* acceptOffers((sentence) => {
    for (const { as, console } of [own, ...attached.all()])
      if (as === undefined) console.put([notice(sentence)], () => {})
  })

  const guests = yield* Scope.make()
  const context = Context.add(
    yield* Effect.context<
      Exclude<Effect.Effect.Context<ReturnType<typeof begin>> | GuestView | Guests | Reading, Run.Run | Scope.Scope>
    >(),
    Run.Run,
    run
  )
  const talks = new Set<Talk>()
  const leaving = yield* Deferred.make<void>()
  const closing = yield* Deferred.make<void>()
  const closed = yield* Deferred.make<void>()

  /**
   * Runs a session until it ends or the node leaves. Lines that are typed while the node leaves are not said. A person
   * who says goodbye then ends the session at once.
   */
  const typedIn = ({ console }: Session.Session["Type"], { ownLines, typed }: Talk): Effect.Effect<Ending> => {
    const untilLeaving = Effect.raceFirst(Effect.asSome(typed), Effect.as(Deferred.await(leaving), Option.none()))
    // A race starts both sides. A session that attaches while the node leaves would still say the lines typed so far.
    const ended = Effect.flatMap(
      Deferred.isDone(leaving),
      (isLeaving): Effect.Effect<Option.Option<Ending>> => (isLeaving ? Effect.succeedNone : untilLeaving)
    )
    return Effect.flatMap(
      ended,
      Option.match({
        onNone: () => Effect.as(goodbyeTyped(console, ownLines), "exit" as const),
        onSome: (ending) => Effect.succeed(ending)
      })
    )
  }
  /** The services for a session: those of the node, or those that its guest has. */
  const contextOf = ({ as }: Session.Session["Type"]): Effect.Effect<typeof context> =>
    as === undefined
      ? Effect.succeed(context)
      : Effect.map(Effect.provide(viewOf(as), context), (view) => Context.merge(context, view))
  const attachedOne = (session: Session.Session["Type"]) =>
    Effect.gen(function* () {
      const scope = yield* Effect.acquireRelease(Scope.fork(guests, ExecutionStrategy.sequential), (scope) =>
        Scope.close(scope, Exit.void)
      )
      const talk = yield* Effect.provide(begin(session), Context.add(yield* contextOf(session), Scope.Scope, scope))
      yield* Effect.acquireRelease(
        Effect.sync(() => talks.add(talk)),
        () => Effect.sync(() => talks.delete(talk))
      )
      return yield* Effect.raceFirst(typedIn(session, talk), Effect.zipRight(talk.shown, Effect.never))
    })
  /**
   * Runs an attached session in this run. When the run ends, the session shows everything in the log before it moves to
   * the next run.
   */
  const runGuest = (session: Session.Session["Type"]) =>
    Effect.raceFirst(
      Effect.asSome(attachedOne(session)),
      Effect.as(Deferred.await(closing), Option.none<Ending>())
    ).pipe(
      Effect.tap((ending) => (Option.isNone(ending) ? Deferred.await(closed) : Effect.void)),
      Effect.scoped
    )

  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      attached.moveTo(undefined)
      yield* Deferred.succeed(closing, undefined)
      yield* log.close
      // A broken console of an attached session is no failure of the program.
      const shown = [main.shown, ...Array.from(talks, (talk) => Effect.exit(talk.shown))]
      yield* within(lastLines)(Effect.all(shown, { concurrency: "unbounded", discard: true }))
    }).pipe(Effect.ensuring(Scope.close(guests, Exit.void)), Effect.ensuring(Deferred.succeed(closed, undefined)))
  )
  attached.moveTo({
    welcome: (console, history, of) =>
      Effect.gen(function* () {
        return yield* Session.make(console, yield* log.openReader(history), yield* Ref.make(0), of)
      }).pipe(Effect.provide(context)),
    run: runGuest
  })
  return {
    ownLines: main.ownLines,
    undelivered: run.undelivered,
    /** Returns why the program is to end: a line typed at its console, the end of input, or a signal. */
    ended: Effect.raceFirst(main.typed, Effect.as(next, "interrupt" as const)),
    /** Tells the sessions that the node is about to leave: they say nothing more. */
    hush: Effect.asVoid(Deferred.succeed(leaving, undefined))
  }
})
