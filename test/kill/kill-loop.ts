/**
 * Kills a process that says lines as fast as it can, again and again, and looks each time whether its folder has every
 * line that it saw accepted, once and in order: `npm run kill-loop -- --kills 1000 --lanes 4 --seed 1`. With `--full`
 * each folder is on a small disk of its own, which is full again and again; that takes root.
 */
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as FileMessageLog from "../../layers/FileMessageLog.ts"
import { PeerId } from "../../src/domain/Peer.ts"
import { type Epoch, epochOf, mainRoom, type Post, PostNumber, streamOf } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { makeChance } from "../support/chance.ts"
import { type Log, wholeLog } from "../support/wholeLog.ts"
import * as SmallDisk from "./SmallDisk.ts"

const author = PeerId.make("1")

/** So few that the journal begins anew all the time. */
const entries = 60

/** What a log keeps at least, when it has dropped a quarter. */
const keptAtLeast = 45

/** One that somebody else says, and that is received. */
const other = streamOf(PeerId.make("2"), mainRoom, epochOf(1, 1))

const withLog = <A, E>(folder: string, use: (log: Log) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const script = yield* ScriptedConsole.make
    const logs = FileMessageLog.layer({ author, entries, history: entries }, folder).pipe(Layer.provide(script.layer))
    const result = yield* Effect.provide(Effect.flatMap(wholeLog, use), logs)
    const screen = yield* script.screen
    if (screen.length > 0) throw new Error(`the log was damaged: ${screen.join("; ")}`)
    return result
  })

const numberOf = (post: Post | undefined): number => Number(post?.text.split(" ")[0] ?? 0)

/** A small disk has so many KiB: the folder, twice while its file is written anew, and room for some ballast. */
const diskSize = 512

/** What a log says when there is no room for a line. */
const full = "the disk is full"

/**
 * Says the numbers that follow the last one in the log, or lets somebody else say them, for ever; tells each that is
 * accepted. On a small disk it says them all itself, as what others say is not refused, and fills and clears the disk.
 */
const child = (folder: string, seed: number, disk?: string) =>
  withLog(folder, (log) =>
    Effect.gen(function* () {
      const random = makeChance(seed)
      let last = numberOf((yield* log.recent(1))[0])
      const text = (n: number) => `${n} ${"x".repeat(Math.floor(random() ** 8 * 5_000))}`
      Fs.writeSync(1, `begun ${log.epoch}\n`)
      for (;;) {
        const count = 1 + Math.floor(random() * 5)
        const texts = Array.from({ length: count }, (_, at) => text(last + at + 1))
        if (disk !== undefined) {
          if (random() < 0.15) SmallDisk.fill(disk)
          const said = yield* Effect.either(log.say(mainRoom, texts))
          if (Either.isLeft(said)) {
            if (said.left.detail !== full) return yield* said.left
            Fs.writeSync(1, `${refusal}\n`)
            if (random() < 0.3) SmallDisk.clear(disk)
            continue
          }
        } else if (random() < 0.7) {
          yield* log.say(mainRoom, texts)
        } else {
          const first = log.have(other) + 1
          yield* log.receive(
            texts.map((text, at) => {
              const post: Post = { stream: other, n: PostNumber.make(first + at), at: 0, deps: {}, text }
              return { post, line: encodePost(post) }
            })
          )
          yield* log.written
        }
        last += count
        Fs.writeSync(1, `${last}\n`)
      }
    })
  )

/** What a child tells in place of a number when the disk is full. */
const refusal = "refused"

interface Told {
  readonly epoch: Epoch | undefined
  readonly accepted: number
  readonly refusals: number
}

/** Runs the child and kills it: in its start, or at some time after that. */
const killOne = (folder: string, random: () => number, disk?: string) =>
  new Promise<Told>((resolve, reject) => {
    const running = spawn(
      process.execPath,
      [
        process.argv[1] ?? "",
        "child",
        folder,
        `${Math.floor(random() * 2 ** 31)}`,
        ...(disk === undefined ? [] : [disk])
      ],
      {
        stdio: ["ignore", "pipe", "inherit"]
      }
    )
    const kill = (delay: number) => setTimeout(() => running.kill("SIGKILL"), delay)
    const inStart = random() < 0.3
    const delay = inStart ? random() * startTime * 1.2 : random() * 60
    const began = performance.now()
    if (inStart) kill(delay)
    let out = ""
    running.stdout.on("data", (bytes: Buffer) => {
      if (out === "") {
        startTime = 0.9 * startTime + 0.1 * (performance.now() - began)
        if (!inStart) kill(delay)
      }
      out += bytes.toString()
    })
    running.once("close", (code, signal) => {
      if (signal !== "SIGKILL") return reject(new Error(`the child has ended by itself, with status ${code}`))
      const [begun, ...told] = out.split("\n").slice(0, -1)
      const numbers = told.filter((each) => each !== refusal)
      resolve({
        epoch: begun?.split(" ")[1] as Epoch | undefined,
        accepted: Number(numbers.at(-1) ?? 0),
        refusals: told.length - numbers.length
      })
    })
  })

/** How long a child takes until it has opened its log, in ms: what was measured last counts most. */
let startTime = 200

/** What a log has after a child was killed that had so many lines accepted. */
const check = (posts: ReadonlyArray<Post>, accepted: number): string | undefined => {
  const numbers = posts.map(numberOf)
  const last = numbers.at(-1) ?? 0
  if (last < accepted) return `${accepted} was accepted, and ${last} is the last one there`
  const wrong = numbers.findIndex((n, at) => at > 0 && n !== (numbers[at - 1] ?? 0) + 1)
  if (wrong > 0) return `after ${numbers[wrong - 1]} comes ${numbers[wrong]}`
  if (numbers.length < Math.min(last, keptAtLeast)) return `no more than ${numbers.length} of ${last} lines are there`
  return undefined
}

/** When a child was killed: in its start, when its journal began anew, or at another time. */
type Moment = "start" | "anew" | "talk"

const lane = async (
  home: string,
  onSmallDisk: boolean,
  kills: number,
  seed: number,
  told: (moment: Moment, lines: number, refusals: number) => void
) => {
  const folder = Path.join(home, "data")
  const disk = onSmallDisk ? home : undefined
  const random = makeChance(seed)
  const epochs: Array<Epoch> = []
  let accepted = 0
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = accepted
    const said = await killOne(folder, random, disk)
    accepted = Math.max(accepted, said.accepted)
    const anew = Fs.existsSync(Path.join(folder, "log.ndjson.new"))
    if (disk !== undefined) SmallDisk.clear(disk)
    const found = await Effect.runPromise(
      withLog(folder, (log) => Effect.map(log.recent(entries * 10), (posts) => ({ posts, epoch: log.epoch })))
    )
    const wrong = check(found.posts, accepted)
    for (const epoch of [said.epoch, found.epoch]) {
      if (epoch === undefined) continue
      if (Number.parseInt(epoch, 10) <= Number.parseInt(epochs.at(-1) ?? "0", 10)) {
        throw new Error(`kill ${kill}: epoch ${epoch} does not come after ${epochs.at(-1)}`)
      }
      epochs.push(epoch)
    }
    if (wrong !== undefined) throw new Error(`kill ${kill}: ${wrong}; see ${folder}`)
    accepted = Math.max(accepted, numberOf(found.posts.at(-1)))
    told(said.epoch === undefined ? "start" : anew ? "anew" : "talk", accepted - before, said.refusals)
  }
}

const main = async () => {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "1000" },
      lanes: { type: "string", default: "4" },
      full: { type: "boolean", default: false },
      seed: { type: "string", default: `${Date.now() % 1_000_000}` }
    }
  })
  const [kills, lanes, seed] = [Number(values.kills), Number(values.lanes), Number(values.seed)]
  const why = values.full ? SmallDisk.obstacle() : undefined
  if (why !== undefined) return console.log(`kill loop on full disks: skipped, ${why}`)
  const home = Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-kills-"))
  const homes = Array.from({ length: lanes }, (_, at) => Path.join(home, `${at}`))
  if (values.full && !homes.every((each) => SmallDisk.mount(each, diskSize))) {
    return console.log("kill loop on full disks: skipped, this system lets nobody mount a small disk")
  }
  const began = performance.now()
  let done = 0
  const moments: Record<Moment, number> = { start: 0, anew: 0, talk: 0 }
  let lines = 0
  let refusals = 0
  const summary = () =>
    `${done} kills, ${moments.start} of them during the start and ${moments.anew} while the file was written anew, ${lines} lines accepted,${values.full ? ` ${refusals} times refused,` : ""} ${Math.round((performance.now() - began) / 1_000)} s, seed ${seed}`
  const told = (moment: Moment, more: number, refused: number) => {
    done += 1
    moments[moment] += 1
    lines += more
    refusals += refused
    if (done % 100 === 0 && done < kills) console.log(summary())
  }
  try {
    await Promise.all(
      homes.map((each, at) =>
        lane(each, values.full, Math.floor(kills / lanes) + (at < kills % lanes ? 1 : 0), seed * lanes + at, told)
      )
    )
  } catch (error) {
    // What is on a small disk is gone with this process.
    if (values.full) Fs.cpSync(home, `${home}-kept`, { recursive: true, filter: (path) => !path.endsWith(".lock") })
    console.log(
      `FAILED after ${summary()}\n${error}\nAgain: npm run kill-loop -- --kills ${kills} --lanes ${lanes} --seed ${seed}${values.full ? " --full" : ""}`
    )
    process.exit(1)
  }
  for (const each of homes) SmallDisk.unmount(each)
  Fs.rmSync(home, { recursive: true })
  console.log(`${summary()}: no accepted line is lost, none is there twice, all are in order`)
}

const [, , what, folder, seed, disk] = process.argv
if (what === "child") await Effect.runPromise(child(folder ?? "", Number(seed), disk))
else await main()
