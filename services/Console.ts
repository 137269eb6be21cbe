/** The keyboard and the screen of a person, or of a script. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { Fact } from "../src/domain/Fact.ts"
import type { Post, Room } from "../src/domain/Post.ts"
import type { Progress } from "../src/domain/Progress.ts"
import type { Request } from "../src/domain/Request.ts"
import type { ScreenLine } from "../src/domain/ScreenLine.ts"
import type { Status } from "../src/domain/Status.ts"
import type { WithFiles } from "../src/domain/Vocabulary.ts"

/**
 * Gives a console something to show, in one write and in a plain call. The console calls `taken` once, when it has
 * taken it: that may be before this returns. So whoever shows much needs no fiber that waits.
 */
export type Put<A> = (what: ReadonlyArray<A>, taken: () => void) => void

/** The same for whoever waits: returns when the console has taken it. Nothing to show is taken at once. */
export const whenTaken =
  <A>(put: Put<A>) =>
  (what: ReadonlyArray<A>): Effect.Effect<void> =>
    what.length === 0 ? Effect.void : Effect.async((resume) => put(what, () => resume(Effect.void)))

/**
 * A typed line, without its newline. A line that was pasted at a terminal may contain newlines. Each line is an object
 * of its own.
 */
export interface Typed {
  readonly text: string
  /**
   * The room in which it is said. Without it: the room in which the session speaks when it comes to this line. So what
   * is typed behind `/join ops` is said in `ops`, although it may be typed before the room is joined.
   */
  readonly room?: Room
  /** Send it as it is, whatever it begins with. Otherwise the line may be a command. */
  readonly verbatim?: boolean
  /** What a program asks, in place of a text. */
  readonly request?: Request
  /** A key asked for this command. What the prompt shows then is answer enough, if the room has changed. */
  readonly byKey?: true
  /** A problem with the input, in place of a line: the sentence to show. `failed`: a line could not be accepted. */
  readonly trouble?: { readonly sentence: string; readonly failed: boolean }
}

/** Takes lines that came together, in a plain call. False if it takes none of them. */
export type Take = (texts: ReadonlyArray<string>) => boolean

/** Registers a function that may take lines at once, until the returned function is called. */
export type Offer = (take: Take) => () => void

/** A line that was said. */
export interface Placed {
  readonly line: Typed
  readonly post: Post
}

/**
 * The typed lines that no peer is known to have yet. Each is pending from when it is typed: it stands above what is being
 * typed and below everything that is shown, in the order of typing. When the console ends, what is pending stays on the screen.
 */
export interface PendingLines {
  /** Adds a line that was typed at another console of the same node, with its room. It is pending here too. */
  readonly add: (line: Typed) => void
  /**
   * Says in which room lines are said, and which posts they became. It is called before they are marked or settled, and is
   * told of no commands. A line may become several posts, and others in another run of the node.
   */
  readonly place: (lines: ReadonlyArray<Placed>, room: Room) => void
  /** Marks pending lines as undelivered. */
  readonly mark: Put<Typed>
  /** Shows lines, in this order and without a mark, as any other line. They are pending no more. */
  readonly settle: Put<Typed>
  /** Shows a text in place of what was typed, when the line says something else. */
  readonly reword: (line: Typed, text: string) => Effect.Effect<void>
  /** Takes away lines that could not be said. The person who typed them can edit them. */
  readonly giveBack: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /** Takes away lines that came too late and are said to nobody. */
  readonly drop: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
}

/** What a person sees and uses at the prompt of a terminal. */
export interface Prompt {
  /** Shows a status in place of the one before. When this returns, the prompt is that of its room. */
  readonly showStatus: (status: Status) => void
  /** Shows how far files are in place of what was shown of that before; none: it shows nothing any more. */
  readonly showProgress: (progress: ReadonlyArray<Progress>) => void
  /** Completes words from a vocabulary, in place of the one before. */
  readonly completeFrom: (vocabulary: WithFiles) => Effect.Effect<void>
}

export class Console extends Context.Tag("outlive/Console")<
  Console,
  {
    /** The typed lines that were not read yet. Ends at the end of input, and when the screen is gone. */
    readonly lines: Stream.Stream<Typed>
    /**
     * Offers lines to a plain function in the call in which they come, so that no fiber wakes for them. It is offered
     * only lines that have no `trouble`, and only while whoever reads `lines` waits for more. What it does not take goes
     * to `lines`. None where something more is to be done for each line, as where it is pending.
     */
    readonly offer: Option.Option<Offer>
    /** Shows lines. Everything is shown in the order of the calls, pending lines that are settled too. */
    readonly put: Put<ScreenLine>
    /** The same for whoever waits until the screen has taken them. */
    readonly show: (lines: ReadonlyArray<ScreenLine>) => Effect.Effect<void>
    /** Whether the reader of the output is gone, so that the last lines may not have been shown. */
    readonly isGone: () => boolean
    /** Takes facts as they are, in place of the lines that they would make. None where people read. */
    readonly tell: Option.Option<Put<Fact>>
    /** None where nothing can be said of a typed line later, as on a pipe and with `--plain`. */
    readonly pending: Option.Option<PendingLines>
    /** Whether a person types, who can answer a question. False on a pipe. */
    readonly isPerson: boolean
    /** None where nothing but lines is shown, as on a pipe and with `--plain`. */
    readonly prompt: Option.Option<Prompt>
  }
>() {}
