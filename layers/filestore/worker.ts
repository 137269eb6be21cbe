/** The thread of a file store: a program of its own, that does what it is asked to, one operation after the other. */
import * as Os from "node:os"
import { parentPort, workerData } from "node:worker_threads"
import { Failed } from "./Failure.ts"
import type { Answer, Request, WorkerData } from "./Messages.ts"
import { movedBuffers } from "./Messages.ts"
import { nodeDisk } from "./NodeDisk.ts"
import { operationsOn } from "./Operations.ts"

/** By so much the thread is nicer than the process. */
const nicer = 10
const nicest = 19

/** What people say goes before files. Linux alone has a priority for each thread: elsewhere it is that of the process. */
const giveWay = (): void => {
  if (process.platform !== "linux") return
  try {
    Os.setPriority(Math.min(nicest, Os.getPriority() + nicer))
  } catch {
    // It works as well without.
  }
}

giveWay()

const operations = operationsOn(nodeDisk, (workerData as WorkerData).firstHandle)

const answerTo = async ({ args, id, name }: Request): Promise<Answer> => {
  try {
    return { id, value: await (operations[name] as (...args: ReadonlyArray<unknown>) => unknown)(...args) }
  } catch (error) {
    return error instanceof Failed
      ? { id, failure: error.failure }
      : { id, bug: String((error as Error).stack ?? error) }
  }
}

parentPort?.on("message", async (request: Request) => {
  const answer = await answerTo(request)
  parentPort?.postMessage(answer, "value" in answer ? movedBuffers(answer.value) : [])
})
