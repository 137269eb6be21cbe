/**
 * The load generator for chats with TLS, which the one in C does not speak: members who read what the author says, and
 * a typist for the author. Usage: `readers PART NAME=VALUE …`. All members first join through the server, and stay
 * linked with the author when it is gone. It works the same in plain and secure chats, on Node's own sockets. It only
 * looks for the marks of lines: `^` and a number in ten digits, as in the C generator. With `key=` and `cert=`, two files,
 * the author is `bench/authors/raw-tls.mjs`, which has no server.
 */
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { parseLink } from "../src/domain/Invitation.ts"
import { encode } from "../src/protocol/Frame.ts"
import { Attacker, comeIn, pause, type Target } from "../test/abuse/Attacker.ts"
import { cpuOf } from "./Processes.ts"
import { median, quantile } from "./stats.ts"

const [part = "", ...given] = process.argv.slice(2)
const settings = new Map(given.map((each) => each.split(/=(.*)/s) as [string, string]))
const setting = (name: string): string => settings.get(name) ?? ""
const number = (name: string): number => Number(setting(name))

const link = Option.getOrUndefined(parseLink(setting("link")))
const at = (name: string): Target => ({ port: number(name), ...(link === undefined ? {} : { link }) })

/** The CPU time of the author so far, in s. */
const cpu = (): number => Effect.runSync(cpuOf(number("pid")))

const isBare = setting("key") !== ""
const credentials = isBare ? { key: Fs.readFileSync(setting("key")), cert: Fs.readFileSync(setting("cert")) } : {}

/** Connects to an author that says no more than `welcome`. */
const comeBare = async (port: number): Promise<Attacker> => {
  const socket = Tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...credentials })
  const welcome = new Promise((resolve) => socket.once("data", resolve))
  const reader = new Attacker(socket)
  await Promise.race([welcome, reader.closed])
  if (reader.isOver) throw new Error("the connection broke")
  return reader
}

/**
 * Lets a member join. When this returns its link is up, because the other side has answered a frame after the
 * handshake.
 */
const come = async (id: string, to = at("port")): Promise<Attacker> => {
  if (isBare) return comeBare(to.port)
  const member = await comeIn(to, id)
  if (member === undefined) throw new Error(`${id} was not let in`)
  const answered = member.hears("pong")
  await member.says({ type: "ping" })
  if ((await answered) === undefined) throw new Error(`the link of ${id} broke`)
  return member
}

/** Lets a member leave for good. */
const leave = async (member: Attacker): Promise<void> => {
  if (!isBare) await member.says({ type: "bye" })
  member.socket.end()
  await member.closed
}

const idOf = (n: number): string => `r${n}`

/**
 * Lets all members join through the server and leave it; the last one leaves when the server ends. From then on, the
 * nodes that were there know their keys.
 */
const enrol = async (): Promise<void> => {
  const last = number("readers") - 1
  for (let n = 0; n < last; n += 1) await leave(await come(idOf(n), at("server")))
  const witness = await come(idOf(last), at("server"))
  process.stdout.write("enrolled\n")
  await witness.closed
}

/** One member joins and leaves, again and again. Measures from its first byte until the link is up. */
const comeAndGo = async () => {
  const took: Array<number> = []
  const lasting = async (millis: number) => {
    for (const end = performance.now() + millis; performance.now() < end; ) {
      const begun = performance.now()
      const member = await come(idOf(0))
      took.push(performance.now() - begun)
      await leave(member)
    }
  }
  await lasting(number("warm"))
  took.length = 0
  const before = cpu()
  await lasting(number("time"))
  return { links: took.length, p50: median(took), cpu: cpu() - before }
}

const mark = "^".charCodeAt(0)
const markLength = 11
const textLength = 64

/** For how many lines the time of typing is kept: more than can be under way. */
const ring = 1 << 16

/** Sent on each link every second, in place of answers to pings. */
const sign = encode({ type: "pong" })

/**
 * Types lines, and counts them at each reader. Either `window` lines are under way, or `rate` lines a second are typed.
 */
const talk = async () => {
  const [window, rate] = [number("window"), number("rate")]
  const readers: Array<{ readonly member: Attacker; got: number; rest: Buffer }> = []
  const living = setInterval(() => {
    for (const { member } of readers) member.socket.write(sign)
  }, 1_000)
  for (let n = 0; n < number("readers"); n += 1) {
    readers.push({ member: await come(idOf(n)), got: 0, rest: Buffer.alloc(0) })
  }
  // By then, the announcements of all members have arrived.
  await pause(500)
  const feed = new Net.Socket({
    fd: Fs.openSync(setting("feed"), Fs.constants.O_WRONLY | Fs.constants.O_NONBLOCK),
    readable: false,
    writable: true
  })
  const typed = new Float64Array(ring)
  const filling = "x".repeat(textLength - markLength)
  const late: Array<number> = []
  let sent = 0
  let counting = false
  const type = (count: number) => {
    const now = performance.now()
    let lines = ""
    for (let n = 0; n < count; n += 1, sent += 1) {
      typed[sent % ring] = now
      lines += `^${`${sent}`.padStart(markLength - 1, "0")}${filling}\n`
    }
    if (count > 0) feed.write(lines)
  }
  /** How many lines the slowest reader lacks. */
  const behind = () => sent - readers.reduce((least, { got }) => Math.min(least, got), Number.POSITIVE_INFINITY)
  const typeWhatFits = () => {
    const free = window - behind()
    if (free * 2 >= window) type(free)
  }
  let lost = 0
  for (const reader of readers) {
    const { socket } = reader.member
    socket.removeAllListeners("data")
    socket.on("close", () => {
      lost += 1
    })
    socket.on("data", (bytes: Buffer) => {
      const came = reader.rest.length === 0 ? bytes : Buffer.concat([reader.rest, bytes])
      let at = came.lastIndexOf(mark)
      const isCut = at !== -1 && at + markLength > came.length
      reader.rest = isCut ? Buffer.from(came.subarray(at)) : Buffer.alloc(0)
      if (isCut) at = at === 0 ? -1 : came.lastIndexOf(mark, at - 1)
      if (at === -1) return
      const got = Number(came.toString("latin1", at + 1, at + markLength)) + 1
      if (counting && rate > 0) {
        const now = performance.now()
        for (let n = reader.got; n < got; n += 1) late.push(now - (typed[n % ring] ?? now))
      }
      reader.got = got
      if (rate === 0) typeWhatFits()
    })
  }
  const begun = performance.now()
  const typing =
    rate > 0 ? setInterval(() => type(Math.floor(((performance.now() - begun) * rate) / 1_000) - sent), 1) : undefined
  typeWhatFits()
  await pause(number("warm"))
  const all = () => readers.reduce((sum, { got }) => sum + got, 0)
  const before = { cpu: cpu(), own: process.cpuUsage(), got: all(), at: performance.now() }
  counting = true
  await pause(number("time"))
  counting = false
  const own = process.cpuUsage(before.own)
  const figures = {
    cpu: cpu() - before.cpu,
    ownCpu: (own.user + own.system) / 1e6,
    deliveries: all() - before.got,
    seconds: (performance.now() - before.at) / 1_000,
    behind: behind(),
    ...(rate > 0 ? { p50: quantile(late, 0.5), p99: quantile(late, 0.99) } : {})
  }
  clearInterval(typing)
  clearInterval(living)
  if (lost > 0) throw new Error(`${lost} links broke`)
  return figures
}

const parts: Readonly<Record<string, () => Promise<object>>> = { come: comeAndGo, talk }

/** How much longer than asked it may take, in ms. */
const patience = 60_000
setTimeout(
  () => {
    process.stderr.write("out of time\n")
    process.exit(1)
  },
  patience + number("warm") + number("time")
).unref()

if (isBare) process.stdout.write("enrolled\n")
else await enrol()
process.stdout.write(`${JSON.stringify(await parts[part]?.())}\n`, () => process.exit(0))
