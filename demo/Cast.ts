/** Those who play: real processes, whose screens are the stage. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type Line, type Stage, withLine } from "./Stage.ts"
import { type Act, type Name, server } from "./story.ts"

/** The program, which stands beside this one once both are built. */
const outlive = fileURLToPath(new URL("./outlive.cjs", import.meta.url))

/** A program that was killed is gone within this time. */
const reapLimit = "5 seconds"

/** What is set for a chat of one's own is not meant for this one. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OUTLIVE_")))

interface Actor {
  readonly child: ChildProcessWithoutNullStreams
  /** How it ended, in words. */
  readonly ended: Deferred.Deferred<string>
}

export interface Cast {
  /** Does it; what comes of it is seen on the stage. The scope ends whoever was started. */
  readonly perform: (act: Act) => Effect.Effect<void, never, Scope.Scope>
}

/** Processes that run in that folder. */
export const make = (stage: SubscriptionRef.SubscriptionRef<Stage>, folder: string): Effect.Effect<Cast> =>
  Effect.gen(function* () {
    const actors = new Map<Name, Actor>()
    const port = yield* Deferred.make<string>()

    const show = (who: Name, kind: Line["kind"], text: string) =>
      SubscriptionRef.update(stage, withLine(who, { kind, text }))

    /** The system chooses the server's port; each later server takes the same. */
    const notePort = (text: string) => {
      const found = /^\* The server listens at localhost:(\d+)\./.exec(text)?.[1]
      return found === undefined ? Effect.void : Deferred.succeed(port, found)
    }

    const argumentsOf = (who: Name) =>
      Effect.gen(function* () {
        if (who !== server) {
          return [
            "client",
            who.replace("Client ", ""),
            "0",
            "0",
            "--server",
            `localhost:${yield* Deferred.await(port)}`
          ]
        }
        return ["server", "--port", (yield* Deferred.isDone(port)) ? yield* Deferred.await(port) : "0"]
      })

    const showAll = (who: Name, kind: Line["kind"], output: Readable) =>
      NodeStream.fromReadable<void, Uint8Array>(() => output, constVoid).pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.runForEach((text) => Effect.zipRight(show(who, kind, text), notePort(text))),
        Effect.ignore
      )

    const start = (who: Name) =>
      Effect.gen(function* () {
        const given = yield* argumentsOf(who)
        yield* show(who, "shell", `$ outlive ${given.join(" ")}`)
        const actor = yield* Effect.acquireRelease(enter(given, folder), leave)
        actors.set(who, actor)
        yield* Effect.all([showAll(who, "chat", actor.child.stdout), showAll(who, "notice", actor.child.stderr)], {
          concurrency: "unbounded"
        }).pipe(
          Effect.zipRight(Deferred.await(actor.ended)),
          Effect.flatMap((words) => show(who, "end", words)),
          Effect.forkScoped
        )
      })

    const type = (who: Name, line: string) =>
      Effect.zipRight(
        show(who, "typed", `> ${line}`),
        Effect.sync(() => actors.get(who)?.child.stdin.write(`${line}\n`))
      )

    return {
      perform: (act) => {
        switch (act._tag) {
          case "Start":
            return start(act.who)
          case "Type":
            return type(act.who, act.line)
          case "Kill":
            return Effect.sync(() => actors.get(act.who)?.child.kill("SIGKILL"))
        }
      }
    }
  })

const enter = (given: ReadonlyArray<string>, folder: string): Effect.Effect<Actor> =>
  Effect.map(Deferred.make<string>(), (ended) => {
    const child = spawn(process.execPath, [outlive, ...given], { cwd: folder, env: environment })
    const end = (words: string) => Deferred.unsafeDone(ended, Effect.succeed(words))
    child.once("close", (status, signal) =>
      end(signal === null ? `(ended with status ${status})` : `(killed by ${signal})`)
    )
    child.once("error", (error) => end(`(did not start: ${error.message})`))
    // It may end while something is typed.
    child.stdin.on("error", constVoid)
    return { child, ended }
  })

const leave = ({ child, ended }: Actor): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (child.exitCode !== null || child.signalCode !== null) return Effect.void
    child.kill("SIGKILL")
    return Effect.asVoid(Effect.timeoutOption(Deferred.await(ended), reapLimit))
  })
