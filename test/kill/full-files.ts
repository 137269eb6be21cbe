/**
 * Files under real processes where the disk is full, or may not be written to: that is said in a sentence, what is there
 * is kept, and `/get` goes on. Also that the options for transfers do what they say: `npm run full-files`. Needs root, for
 * a tmpfs and another user.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import { pieceBytes } from "../../src/domain/Manifest.ts"
import { freePorts, Run } from "../soak/Node.ts"
import { makeChance } from "../support/chance.ts"
import { claimedIn } from "./claimed.ts"
import { onSmallDisk } from "./onSmallDisk.ts"
import * as SmallDisk from "./SmallDisk.ts"
import { until } from "./until.ts"

const pieces = 24
const size = pieces * pieceBytes

/** The small disk has so many KiB: the file, and a bit. */
const diskSize = size / 1_024 + 512

const bytesPerSecond = 8 * pieceBytes

/** Somebody who may not write where root does. */
const nobody = 65_534

interface Node {
  readonly id: string
  readonly run: Run
  readonly shown: ReadonlyArray<string>
}

const contentOf = (seed: number): Buffer => {
  const next = makeChance(seed)
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += 4_096) bytes.writeUInt32LE(Math.floor(next() * 2 ** 32), at)
  return bytes
}

onSmallDisk("full files", diskSize, ({ disk, folder, program }) =>
  Effect.gen(function* () {
    Fs.chmodSync(folder, 0o755)
    const offences: Array<string> = []
    const must = (holds: boolean, otherwise: string) => {
      if (!holds) offences.push(otherwise)
    }
    const [port = 0, ...ports] = yield* freePorts(5)
    const start = (id: string, more: ReadonlyArray<string> = [], through: ReadonlyArray<string> = []) =>
      Effect.gen(function* () {
        const own = Path.join(folder, `of ${id}`)
        Fs.mkdirSync(own, { recursive: true })
        const shown: Array<string> = []
        const listen = ports[Number(id) - 1] ?? 0
        const role =
          id === "Server"
            ? ["server", "--port", `${port}`]
            : ["client", id, "0", `${listen}`, "--server", `localhost:${port}`, "--history", "20"]
        const take = (line: string) => {
          shown.push(line)
        }
        const run = new Run(
          program,
          { args: [...role, "--downloads", "downloads", ...more], folder: own, through },
          { out: take, err: take, ended: () => {} }
        )
        yield* until(`${id} is up: ${shown.join(" / ")}`, () =>
          shown.some((line) => line === `Client ${id}: initiated` || line.startsWith("* The server listens"))
        )
        return { id, run, shown } satisfies Node
      })
    const sees = ({ id, shown }: Node, what: RegExp) =>
      until(`${id} sees ${what}; it sees ${shown.slice(-4).join(" / ")}`, () => shown.some((line) => what.test(line)))
    const countOf = ({ shown }: Node, what: RegExp) => shown.filter((line) => what.test(line)).length
    const isWhole = (path: string, bytes: Buffer) => Fs.existsSync(path) && Fs.readFileSync(path).equals(bytes)
    const claimed = (): number => claimedIn(disk, pieces).length

    // ---- A disk that is too small, and one that fills up meanwhile

    yield* start("Server")
    const one = yield* start("1", ["--limit-transfer", `${bytesPerSecond}`, "--limit-transfers", "2"])
    const two = yield* start("2", ["--share", "no"])
    const [a, b] = [contentOf(1), contentOf(2)]
    Fs.writeFileSync(Path.join(folder, "of 1", "a.bin"), a)
    Fs.writeFileSync(Path.join(folder, "of 1", "b.bin"), b)
    one.run.types("/send a.bin\n")
    yield* sees(two, /offers a\.bin/)
    Fs.writeFileSync(Path.join(disk, "other"), Buffer.alloc(2 * 1_048_576))
    two.run.types(`/get a.bin ${disk}\n`)
    yield* sees(two, /a\.bin is not fetched any further: There is no room for .* are missing, and .* are free/)
    Fs.rmSync(Path.join(disk, "other"))
    two.run.types(`/get a.bin ${disk}\n`)
    yield* until("a third of it is there", () => claimed() >= pieces / 3)
    const begun = Date.now()
    const had = claimed()
    SmallDisk.fill(disk)
    yield* sees(
      two,
      /a\.bin is not fetched any further: There is no room for .*the disk is full.* is kept\. \/get a\.bin/
    )
    const kept = claimed()
    must(kept >= had, `${kept} pieces are kept of ${had}`)
    must(two.run.ending === undefined, "2 has ended")
    two.run.types("still here\n")
    yield* sees(one, /^Client 2: still here$/)
    SmallDisk.clear(disk)
    two.run.types(`/get a.bin ${disk}\n`)
    yield* sees(two, /a\.bin is here: /)
    must(isWhole(Path.join(disk, "a.bin"), a), "2 has not a.bin, byte for byte")
    must(Fs.readdirSync(disk).join() === "a.bin", `the disk has ${Fs.readdirSync(disk).join()}`)
    const least = ((pieces - kept) / bytesPerSecond) * pieceBytes * 1_000 - 1_500
    must(Date.now() - begun >= least, `it came in ${Date.now() - begun} ms, over the limit of ${least}`)
    console.log(`a full disk: ${kept} pieces were kept, and the rest came in ${Date.now() - begun} ms`)

    // ---- A folder that may not be written to, and one beside it

    const shut = Path.join(folder, "shut")
    Fs.mkdirSync(shut, { mode: 0o755 })
    const own = Path.join(folder, "of 3")
    Fs.mkdirSync(own)
    Fs.chownSync(own, nobody, nobody)
    const three = yield* start("3", [], ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"])
    yield* sees(three, /offers a\.bin/)
    three.run.types(`/get a.bin ${shut}\n`)
    yield* sees(
      three,
      /a\.bin is not fetched any further: .*shut can't be used \(this user may not write there\): name another/
    )
    three.run.types(`/get a.bin ${Path.join(own, "there")}\n`)
    yield* sees(three, /a\.bin is here: /)
    must(isWhole(Path.join(own, "there", "a.bin"), a), "3 has not a.bin, byte for byte")
    must(Fs.readdirSync(shut).length === 0, "something is in the folder that may not be used")
    console.log("a folder without permission: said, and fetched into another one")

    // ---- Who does not share serves nothing that it has fetched; who does, does

    one.run.gets("SIGKILL")
    yield* until("1 is dead", () => one.run.ending !== undefined)
    const four = yield* start("4")
    yield* sees(four, /offers a\.bin/)
    four.run.types("/files\n")
    yield* sees(four, /1\. a\.bin .*: (Client 3 has it|nobody)/)
    three.run.types("/drop a.bin\n")
    yield* sees(three, /a\.bin is shared by Client 3 no more/)
    four.run.types("/get a.bin\n")
    yield* sees(four, /a\.bin: nobody who is here has what is missing/)
    const again = yield* start("1", ["--limit-transfers", "1"])
    again.run.types("/send a.bin\n/send b.bin\n")
    yield* sees(four, /a\.bin is here: /)
    must(isWhole(Path.join(folder, "of 4", "downloads", "a.bin"), a), "4 has not a.bin, byte for byte")

    // ---- One transfer at a time, and two who want it

    for (const node of [two, three]) yield* sees(node, /offers b\.bin/)
    two.run.types("/get b.bin there\n")
    three.run.types(`/get b.bin ${Path.join(own, "there")}\n`)
    for (const node of [two, three]) yield* sees(node, /b\.bin is here: /)
    must(isWhole(Path.join(folder, "of 2", "there", "b.bin"), b), "2 has not b.bin, byte for byte")
    must(isWhole(Path.join(own, "there", "b.bin"), b), "3 has not b.bin, byte for byte")
    for (const node of [two, three, four]) {
      must(countOf(node, /sent something that is not in/) === 0, `${node.id} calls somebody a liar`)
    }
    for (const offence of offences) console.log(`! ${offence}`)
    console.log(`full files: ${offences.length} violations`)
    return offences.length === 0
  })
)
