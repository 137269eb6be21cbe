/**
 * `npm run fuzz -- --inputs N [--seed S] [--only TARGET]`: frames, streams of them, `ports.txt`, and a server under hostile
 * peers, fed with what is nearly right. It fails if something does not hold, if a batch of inputs takes too long, or if
 * memory grows. A failure names the target, the seed and the size of its batch: that is how it comes again.
 */

import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import { targets } from "./targets.ts"

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" }
  }
})

/** Of a hundred inputs, so many are for each target: a frame is soon decoded, a mesh takes ten times as long. */
const shares: Readonly<Record<string, number>> = {
  lines: 47,
  hand: 24.5,
  streams: 5,
  portsFiles: 10,
  irc: 5,
  manifests: 3,
  transfers: 3,
  parts: 1.5,
  holders: 0.5,
  mesh: 0.5
}

/** Inputs of a batch, which has a seed of its own. */
const batchSize = 1_000

/** A batch that takes longer hangs, on the busiest machine: most take some ms, in milliseconds. */
const longest = 60_000

/** The heap may be so much larger at the end than it was after a tenth of the batches, in bytes. */
const mostGrowth = 24e6

interface Batch {
  readonly target: string
  readonly seed: number
  readonly inputs: number
}

const heap = (() => {
  setFlagsFromString("--expose-gc")
  const collect: () => void = runInNewContext("gc")
  return () => {
    collect()
    collect()
    return process.memoryUsage().heapUsed
  }
})()

/** Runs the batches that it is given; says each before it begins, so that one that never ends is known. */
const work = ({ batches }: { readonly batches: ReadonlyArray<Batch> }): void => {
  let settled = 0
  for (const [at, batch] of batches.entries()) {
    parentPort?.postMessage({ begins: batch })
    try {
      targets[batch.target]?.(batch.seed, batch.inputs)
    } catch (error) {
      parentPort?.postMessage({ failed: { ...batch, error: String(error).slice(0, 1_000) } })
    }
    if (at === Math.floor(batches.length / 10)) settled = heap()
  }
  parentPort?.postMessage({ grown: heap() - settled })
}

const batchesOf = (inputs: number, seed: number): ReadonlyArray<Batch> => {
  const chosen = Object.entries(shares).filter(([name]) => values.only === undefined || values.only === name)
  const all = chosen.reduce((sum, [, share]) => sum + share, 0)
  const batches = chosen.flatMap(([target, share]) =>
    Array.from({ length: Math.ceil((inputs * share) / all / batchSize) }, (_, at) => ({
      target,
      seed: seed * 100_000 + at,
      inputs: batchSize
    }))
  )
  // One of each kind after the other, so that what grows with any of them shows.
  return batches.toSorted((a, b) => a.seed - b.seed)
}

const lead = (): void => {
  const begun = Date.now()
  const batches = batchesOf(Number(values.inputs), Number(values.seed))
  let [done, failures] = [0, 0]
  let current: Batch | undefined
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { batches } })
  const again = ({ inputs, seed, target }: Batch) => `target ${target}, seed ${seed}, ${inputs} inputs`
  const end = (): void => {
    const seconds = (Date.now() - begun) / 1_000
    const inputs = batches.slice(0, done).reduce((sum, batch) => sum + batch.inputs, 0)
    console.log(
      `${inputs} inputs in ${seconds.toFixed(0)} s (${Math.round(inputs / seconds)} a second), ${failures} failed`
    )
    process.exit(failures === 0 && done === batches.length ? 0 : 1)
  }
  const hangs = (): void => {
    failures += 1
    console.log(`hangs: ${current === undefined ? "at the start" : again(current)}`)
    end()
  }
  let watch = setTimeout(hangs, longest)
  worker.on("message", (message) => {
    clearTimeout(watch)
    watch = setTimeout(hangs, longest)
    if (message.begins !== undefined) {
      current = message.begins
      done += 1
      if (done % 1_000 === 0) console.log(`${done} of ${batches.length} batches, ${failures} failed`)
    } else if (message.failed !== undefined) {
      failures += 1
      console.log(`${again(message.failed)}: ${message.failed.error}`)
    } else {
      console.log(`the heap has grown by ${(message.grown / 1e6).toFixed(1)} MB`)
      if (message.grown > mostGrowth) failures += 1
      end()
    }
  })
  worker.on("error", (error) => {
    failures += 1
    console.log(`died: ${current === undefined ? "at the start" : again(current)}: ${error.message}`)
    end()
  })
}

if (isMainThread) lead()
else work(workerData)
