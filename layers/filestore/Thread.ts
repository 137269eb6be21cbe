/** Runs the operations of a file store in a thread, which begins with the first of them. */
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { errorOf, type FileError } from "./errorOf.ts"
import type { Failure } from "./Failure.ts"
import type { Answer, Request, WorkerData } from "./Messages.ts"
import type { OperationName, SharedHere } from "./Operations.ts"
import type { Run } from "./Store.ts"

/** The thread may need so much memory for lists of files, in MiB. Pieces are not among it. */
const mostHeap = 384

/** Most of what the thread makes is of use for one file. With more room for it, it lies about for longer, in MiB. */
const youngHeap = 6

/** Handles of one thread are less than those of the next one. */
const handlesAThread = 2 ** 40

interface Waiting {
  readonly name: OperationName
  /** undefined if nobody waits any more. */
  resume: ((result: Effect.Effect<unknown, FileError>) => void) | undefined
}

/** How an operation fails whose thread has ended. */
const tagOf: Readonly<Record<OperationName, Failure["tag"]>> = {
  make: "FileUnreadable",
  makeNext: "FileUnreadable",
  readShared: "FileUnreadable",
  digest: "FolderUnusable",
  folder: "FolderUnusable",
  kept: "FolderUnusable",
  whole: "FolderUnusable",
  checkWhole: "FolderUnusable",
  take: "FolderUnusable",
  open: "FolderUnusable",
  check: "FolderUnusable",
  mustHaveRoom: "FolderUnusable",
  write: "FolderUnusable",
  read: "FolderUnusable",
  finish: "FolderUnusable",
  finishNow: "FolderUnusable",
  discard: "FolderUnusable",
  close: "FolderUnusable"
}

/** What an operation has opened, which somebody must close. */
const handleIn = (name: OperationName, value: unknown): number | undefined => {
  if (name === "make" || name === "open") return value as number
  if (["makeNext", "whole", "take", "finish"].includes(name)) return (value as Partial<SharedHere> | undefined)?.handle
  return undefined
}

class Thread {
  readonly #program: string
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #threads = 0
  #last = 0

  constructor(program: string) {
    this.#program = program
  }

  /** Asks for an operation. Returns a function that says that nobody waits for it any more. */
  ask(name: OperationName, args: ReadonlyArray<unknown>, resume: Waiting["resume"]): () => void {
    this.#last += 1
    const waiting = { name, resume }
    this.#waiting.set(this.#last, waiting)
    const request: Request = { id: this.#last, name, args }
    const worker = this.#running()
    // The program must not end before the answer comes; an idle thread does not keep it from ending.
    if (this.#waiting.size === 1) worker.ref()
    worker.postMessage(request)
    return () => {
      waiting.resume = undefined
    }
  }

  end(): void {
    void this.#worker?.terminate()
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const workerData: WorkerData = { firstHandle: 1 + this.#threads * handlesAThread }
    const worker = new Worker(this.#program, {
      workerData,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: mostHeap, maxYoungGenerationSizeMb: youngHeap }
    })
    this.#threads += 1
    let why = "its thread has ended"
    worker.on("message", (answer: Answer) => this.#take(answer))
    worker.on("error", (error) => {
      why = `its thread has ended: ${error.message}`
    })
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined
      this.#failAll(why)
    })
    this.#worker = worker
    return worker
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (this.#waiting.size === 0) this.#worker?.unref()
    if (waiting === undefined) return
    if (waiting.resume !== undefined) waiting.resume(resultOf(answer))
    else if ("value" in answer) {
      const handle = handleIn(waiting.name, answer.value)
      if (handle !== undefined) this.ask("close", [handle], undefined)
    }
  }

  #failAll(detail: string): void {
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { name, resume } of all) {
      resume?.(Effect.fail(errorOf({ tag: tagOf[name], path: "It", detail, remedy: "try it again" })))
    }
  }
}

const resultOf = (answer: Answer): Effect.Effect<unknown, FileError> => {
  if ("value" in answer) return Effect.succeed(answer.value)
  return "failure" in answer ? Effect.fail(errorOf(answer.failure)) : Effect.die(new Error(answer.bug))
}

/**
 * Operations in a thread of this program, which is a file of JavaScript. To close what is open is only asked for: nobody
 * waits for a disk that is stuck.
 */
export const make = (program: string): Effect.Effect<Run, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Thread(program)),
      (thread) => Effect.sync(() => thread.end())
    ),
    (thread) => {
      const run = (name: OperationName, ...args: ReadonlyArray<unknown>): Effect.Effect<unknown, FileError> =>
        name === "close"
          ? Effect.sync(() => void thread.ask(name, args, undefined))
          : Effect.async((resume) => {
              const leave = thread.ask(name, args, resume)
              return Effect.sync(leave)
            })
      return run as Run
    }
  )
