/** A WebSocket of the page as a session: each message from the page is a command, and each line to it is an event. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { SessionEnd, Sessions } from "../../services/Sessions.ts"
import { within } from "../../src/domain/Limit.ts"
import * as JsonConsole from "../console/JsonConsole.ts"
import { makeTypedLines } from "../console/TypedLines.ts"
import type { WebSocket } from "./ws.ts"

/** A page is asked so often whether it is there, and has the same time to answer. */
const pingEvery = Duration.seconds(30)

/** A page that is so many bytes behind is closed: it comes back, and asks for what it missed. */
const mostBehind = 1_048_576

/** More is sent without waiting while less than this is under way, in bytes. */
const underWay = 65_536

/** How many commands may wait. More wait in the connection. */
const mostWaiting = 256

/** The time for the other side to agree to the end. */
const lastWords = Duration.seconds(1)

/** How a WebSocket ends, by RFC 6455, section 7.4.1, and the list of the IANA. */
interface End {
  readonly code: number
  readonly why: string
}

const bye: End = { code: 1000, why: "Bye." }
const nodeEnded: End = { code: 1001, why: "The node has ended." }
const notText: End = { code: 1003, why: "Only text is understood." }
const tooSlow: End = { code: 1013, why: "The page takes too long to read what it is sent." }

const endOf = (end: SessionEnd): End => (end === "node ended" ? nodeEnded : bye)

/** The longest message from a page, in bytes: the longest command. */
export const longestMessage = JsonConsole.longestCommand

/** Serves a page until it leaves, breaks a limit, or the node ends. */
export const serve = (sessions: Sessions["Type"], socket: WebSocket): Effect.Effect<void> =>
  Effect.gen(function* () {
    const over = yield* Deferred.make<End>()
    const closed = yield* Deferred.make<void>()
    const end = (how: End): void => Deferred.unsafeDone(over, Effect.succeed(how))
    // Mutable: this connection is the only user, in synchronous steps.
    let isGone = false
    let isAnswered = true
    /** How many bytes were given in addition to what is under way, and are not taken. */
    let behind = 0

    const typed = makeTypedLines(() => socket.resume())
    socket.on("message", (message: Buffer, isBinary: boolean) => {
      if (isBinary) return end(notText)
      typed.add([{ text: message.toString() }])
      if (typed.waiting() >= mostWaiting) socket.pause()
    })
    socket.on("pong", () => {
      isAnswered = true
    })
    // A broken frame, a message that is too long, a reset: ws has closed it.
    socket.on("error", () => {})
    socket.once("close", () => {
      isGone = true
      typed.end()
      Deferred.unsafeDone(closed, Effect.void)
    })
    const put = (lines: ReadonlyArray<string>, taken: () => void): void => {
      if (isGone) return taken()
      const text = lines.join("")
      const isBehind = socket.bufferedAmount > underWay
      const bytes = isBehind ? Buffer.byteLength(text) : 0
      behind += bytes
      if (behind > mostBehind) end(tooSlow)
      socket.send(text, () => {
        behind -= bytes
        if (isBehind) taken()
      })
      if (!isBehind) taken()
    }
    /** Ends when the page neither answers nor takes anything. */
    const silence = Effect.gen(function* () {
      while (isAnswered) {
        isAnswered = false
        const waiting = socket.bufferedAmount
        socket.ping()
        yield* Effect.sleep(pingEvery)
        // Whoever still takes what was sent before has not read the question yet, and a paused socket hears no answer.
        if (socket.bufferedAmount < waiting || socket.isPaused) isAnswered = true
      }
      socket.terminate()
      return yield* Effect.never
    })
    const goodbye = ({ code, why }: End) =>
      Effect.suspend(() => {
        if (isGone) return Effect.void
        socket.resume()
        socket.close(code, why)
        return within(lastWords)(Deferred.await(closed))
      })
    const session = Effect.flatMap(JsonConsole.over({ lines: typed.lines, put, isGone: () => isGone }), (console) =>
      Effect.map(sessions.attach(console), endOf)
    )
    yield* Effect.raceAll([Deferred.await(over), session, silence]).pipe(
      Effect.flatMap(goodbye),
      Effect.onInterrupt(() => goodbye(nodeEnded))
    )
  }).pipe(Effect.ensuring(Effect.sync(() => socket.terminate())))
