/**
 * Three hosts in network namespaces, and a bridge between them on which somebody listens: they are invited, talk, lose the server,
 * talk, and get it back. What was caught on the wire must have no word of it, and no id: `npm run hosts`. Needs root, iproute2 and
 * tshark; the namespaces are its own and are always removed.
 */
import { spawn, spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import { runAsProgram } from "../support/program.ts"
import { Run, strike, workshop } from "./Node.ts"

/** What is waited for comes within this time, in ms. */
const limit = 20_000

const ip = (...args: ReadonlyArray<string>): boolean => spawnSync("ip", args, { stdio: "ignore" }).status === 0

const bridge = `olh${process.pid % 100_000}`
const wireSpace = `outlive-${process.pid}-wire`

/** The last one is reached by IPv6 alone. */
const hosts = ["Server", "anna-of-the-second-host", "bert-of-the-third-host"].map((id, index) => ({
  id,
  space: `outlive-${process.pid}-${index}`,
  wire: `olw${process.pid % 100_000}${index}`,
  v4: `10.232.0.${index + 1}`,
  v6: `fd00:6f6c::${index + 1}`
}))
type HostSpace = (typeof hosts)[number]
const [first, second, third] = hosts as [HostSpace, HostSpace, HostSpace]

const removeSpaces = () => {
  for (const space of [...hosts.map((host) => host.space), wireSpace]) ip("netns", "del", space)
}

/** Three namespaces on a bridge that stands in a fourth; false if this system does not let us make them. */
const makeSpaces = (): boolean =>
  ip("netns", "add", wireSpace) &&
  ip("-n", wireSpace, "link", "add", bridge, "type", "bridge") &&
  ip("-n", wireSpace, "link", "set", bridge, "up") &&
  hosts.every(
    ({ space, v4, v6, wire }) =>
      ip("netns", "add", space) &&
      ip("-n", space, "link", "set", "lo", "up") &&
      ip("link", "add", wire, "netns", wireSpace, "type", "veth", "peer", "name", "eth0", "netns", space) &&
      ip("-n", wireSpace, "link", "set", wire, "master", bridge, "up") &&
      ip("-n", space, "address", "add", `${v4}/24`, "dev", "eth0") &&
      ip("-n", space, "address", "add", `${v6}/64`, "dev", "eth0", "nodad") &&
      ip("-n", space, "link", "set", "eth0", "up")
  )

const hear = Effect.gen(function* () {
  const { folder, program } = yield* workshop
  yield* Effect.addFinalizer(() => strike)
  const offences: Array<string> = []
  const capture = Path.join(folder, "wire.pcapng")
  const through = ({ space }: HostSpace) => ["ip", "netns", "exec", space]

  const start = (host: HostSpace, ...args: ReadonlyArray<string>) => {
    const lines: Array<string> = []
    const own = Path.join(folder, host.id)
    Fs.mkdirSync(own, { recursive: true })
    const run = new Run(
      program,
      {
        args: [...args, "--state", Path.join(own, "state"), "--silence", "3"],
        folder: own,
        through: through(host)
      },
      { out: (line) => lines.push(line), err: (line) => lines.push(line), ended: () => {} }
    )
    return { run, lines }
  }
  type Person = ReturnType<typeof start>

  const sees = ({ lines }: Person, who: string, line: string) =>
    Effect.gen(function* () {
      const since = Date.now()
      while (!lines.some((each) => each.startsWith(line)) && Date.now() - since < limit) yield* Effect.sleep(20)
      if (lines.some((each) => each.startsWith(line))) return
      offences.push(`${who} never saw ${line}; it saw ${lines.join(" / ")}`)
    })

  const listener = spawn("ip", ["netns", "exec", wireSpace, "tshark", "-q", "-i", bridge, "-f", "tcp", "-w", capture], {
    stdio: ["ignore", "ignore", "pipe"]
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => listener.kill("SIGINT")))
  yield* Effect.async<void>((resume) => {
    listener.stderr.on("data", (text) => /Capturing on/.test(String(text)) && resume(Effect.void))
  }).pipe(Effect.timeout(limit))
  // tshark says so a little before it does.
  yield* Effect.sleep("1 second")

  const serving = ["server", "--port", "4000", "--host", "::"]
  const server = start(first, ...serving)
  yield* sees(server, "Server", "* The server listens at [::]:4000")
  const invite = (address: string) =>
    spawnSync(
      process.execPath,
      [program, "invite", "--server", address, "--state", Path.join(folder, first.id, "state")],
      { encoding: "utf8" }
    ).stdout.trim()

  const anna = start(second, "join", invite(`${first.v4}:4000`), second.id)
  yield* sees(anna, "anna", `Client ${second.id}: initiated`)
  const bert = start(third, "join", invite(`[${first.v6}]:4000`), third.id)
  yield* sees(bert, "bert", `Client ${second.id}: initiated`)
  yield* sees(anna, "anna", `Client ${third.id}: initiated`)
  console.log(
    `ports.txt: ${Fs.readFileSync(Path.join(folder, first.id, "ports.txt"), "utf8")
      .trim()
      .replace("\n", ", ")}`
  )

  const secret = "an-unmistakable-secret"
  anna.run.types(`${secret} one\n`)
  yield* sees(bert, "bert", `Client ${second.id}: ${secret} one`)
  yield* sees(server, "Server", `Client ${second.id}: ${secret} one`)
  server.run.gets("SIGKILL")
  yield* sees(anna, "anna", "* Server is lost")
  yield* sees(bert, "bert", "* Server is lost")
  bert.run.types(`${secret} two\n`)
  yield* sees(anna, "anna", `Client ${third.id}: ${secret} two`)
  const again = start(first, ...serving)
  yield* sees(again, "Server", `Client ${second.id}: reconnected`)
  yield* sees(again, "Server", `Client ${third.id}: reconnected`)
  again.run.types(`${secret} three\n`)
  yield* sees(anna, "anna", `Server: ${secret} three`)
  yield* sees(bert, "bert", `Server: ${secret} three`)

  yield* Effect.async<void>((resume) => {
    listener.on("close", () => resume(Effect.void))
    listener.kill("SIGINT")
  }).pipe(Effect.timeout(limit))
  const caught = Fs.readFileSync(capture)
  for (const word of [secret, second.id, third.id, "initiated", "hello", "outlive"]) {
    if (caught.includes(word)) offences.push(`“${word}” can be read on the wire`)
  }
  const packets = spawnSync("tshark", ["-r", capture, "-T", "fields", "-e", "tcp.port", "-e", "tls.record.version"], {
    encoding: "utf8"
  }).stdout.split("\n")
  // As many as that talk makes: an empty capture would show nothing either.
  if (packets.length < 50) offences.push(`only ${packets.length} packets were caught`)
  console.log(`${packets.length} packets on the wire, ${caught.length} bytes; ${offences.length} violations`)
  for (const offence of offences) console.log(`! ${offence}`)
  return offences.length === 0
}).pipe(Effect.scoped)

const obstacle = (): string | undefined => {
  if (process.getuid?.() !== 0) return "it needs root"
  if (!ip("-V")) return "it needs ip, of iproute2"
  if (spawnSync("tshark", ["--version"], { stdio: "ignore" }).status !== 0) return "it needs tshark"
  return makeSpaces() ? undefined : "this system lets nobody make network namespaces"
}

process.on("exit", removeSpaces)
const why = obstacle()
if (why !== undefined) {
  console.log(`hosts: skipped, ${why}`)
  process.exit(0)
}
runAsProgram(hear)
