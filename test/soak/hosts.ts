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
import { bridged, type HostSpace, orSkip, through } from "./Spaces.ts"

/** What is waited for comes within this time, in ms. */
const limit = 20_000

const network = bridged("h", 3)
const { bridge, bridgeSpace } = network

/** The last one is reached by IPv6 alone. */
const hosts = ["Server", "anna-of-the-second-host", "bert-of-the-third-host"].map((id, index) => ({
  id,
  ...(network.hosts[index] as HostSpace)
}))
type Host = (typeof hosts)[number]
const [first, second, third] = hosts as [Host, Host, Host]

const hear = Effect.gen(function* () {
  const { folder, program } = yield* workshop
  yield* Effect.addFinalizer(() => strike)
  const offences: Array<string> = []
  const capture = Path.join(folder, "wire.pcapng")

  const start = (host: Host, ...args: ReadonlyArray<string>) => {
    const lines: Array<string> = []
    const own = Path.join(folder, host.id)
    Fs.mkdirSync(own, { recursive: true })
    const run = new Run(
      program,
      {
        args: [...args, "--state", Path.join(own, "state"), "--silence", "3"],
        folder: own,
        through: through(host.space)
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

  const listener = spawn(
    "ip",
    ["netns", "exec", bridgeSpace, "tshark", "-q", "-i", bridge, "-f", "tcp", "-w", capture],
    {
      stdio: ["ignore", "ignore", "pipe"]
    }
  )
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

const hasTshark = spawnSync("tshark", ["--version"], { stdio: "ignore" }).status === 0
orSkip("hosts", network, hasTshark ? undefined : "it needs tshark")
runAsProgram(hear)
