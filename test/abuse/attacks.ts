/** What is done to a node, each for some seconds. What an attack returns says what it came to. */
import { Duplex } from "node:stream"
import * as Tls from "node:tls"
import { type Attack, type Attacker, comeIn, connect, epoch, helloOf, meet, pause, type Target } from "./Attacker.ts"
import { page } from "./page.ts"

const until = async (end: number, step: (round: number) => Promise<void>): Promise<void> => {
  for (let round = 0; Date.now() < end; round += 1) await step(round)
}

const streamOf = (author: string, room = "main"): string => `${author}/${room}/${epoch}`

/** Where all is signed, each line has a seal that is none: nobody looks at it over its author's own link. */
const postLine = ({ link }: Target, stream: string, n: number, text: string, deps: object = {}): string => {
  const seal = link === undefined ? {} : { seal: { from: n, sig: "A".repeat(86) } }
  return `${JSON.stringify({ type: "post", stream, n, at: 0, deps, text, ...seal })}\n`
}

/** Keeps a link from being lost for its silence. */
const answerPings = (attacker: Attacker): void => {
  const before = attacker.onFrame
  attacker.onFrame = (frame) => {
    before(frame)
    if (frame.type === "ping") void attacker.says({ type: "pong" })
  }
}

const fourGiB = 4 * 1024 ** 3

/** A line of 4 GiB, before the hello and after it. */
const endlessLine: Attack = async (target, { seconds }) => {
  const piece = Buffer.alloc(1 << 20, "x")
  let [lines, mostTaken] = [0, 0]
  await until(Date.now() + seconds * 1_000, async (round) => {
    const attacker = round % 2 === 0 ? meet(target) : await comeIn(target, `endless-${round}`)
    let taken = 0
    while (attacker !== undefined && taken < fourGiB && (await attacker.send(piece))) taken += piece.length
    lines += 1
    mostTaken = Math.max(mostTaken, taken)
  })
  return { lines, mostTaken }
}

/** What a client of TLS says first. */
const clientHello = new Promise<Buffer>((resolve) => {
  const wire = new Duplex({ read: () => {}, write: (bytes: Buffer) => resolve(bytes) })
  Tls.connect({ socket: wire }).on("error", () => {})
})

/** A hello, ours or that of TLS, a byte a second, by many at once; whoever is cut off comes again. */
const slowly: Attack = async (target, { count, seconds }) => {
  const end = Date.now() + seconds * 1_000
  const words = target.link === undefined ? helloOf("slow") : await clientHello
  let cutOff = 0
  const one = async () => {
    while (Date.now() < end) {
      const attacker = connect(target)
      for (const byte of words) {
        if (Date.now() >= end || !(await attacker.send(Uint8Array.of(byte)))) break
        await Promise.race([pause(1_000), attacker.closed])
      }
      if (attacker.isOver) cutOff += 1
      attacker.socket.destroy()
    }
  }
  await Promise.all(Array.from({ length: count }, one))
  return { cutOff }
}

/** As many connections as it gets; half of them say hello, under an id of their own, and go on as peers would. */
const connections: Attack = async (target, { count, seconds }) => {
  const open = new Set<Attacker>()
  let most = 0
  await until(Date.now() + seconds * 1_000, async (round) => {
    for (let n = 0; n < 50 && open.size < count; n += 1) {
      const attacker = n % 4 === 0 ? connect(target) : meet(target)
      open.add(attacker)
      void attacker.closed.then(() => open.delete(attacker))
      if (n % 2 === 0) continue
      answerPings(attacker)
      void attacker.hears("welcome").then((welcome) => {
        if (welcome !== undefined) void attacker.says({ type: "have", streams: {}, more: false })
      })
      void attacker.send(helloOf(`crowd-${round}-${n}`))
    }
    most = Math.max(most, open.size)
    await pause(5)
  })
  const left = open.size
  for (const attacker of open) attacker.socket.destroy()
  return { most, left }
}

/** Hellos under one new id after the other, `count` at a time; each hangs up as soon as it has an answer. */
const hellos: Attack = async (target, { count, seconds }) => {
  const end = Date.now() + seconds * 1_000
  let [said, answered] = [0, 0]
  const lane = async (_: unknown, number: number) => {
    for (let round = 0; Date.now() < end; round += 1) {
      const attacker = meet(target)
      const answer = new Promise<void>((resolve) => {
        attacker.onFrame = () => {
          answered += 1
          resolve()
        }
      })
      said += 1
      void attacker.send(helloOf(`hello-${number}-${round}`, { member: round % 2 === 0 }))
      await Promise.race([answer, attacker.closed, pause(end - Date.now())])
      attacker.socket.destroy()
    }
  }
  await Promise.all(Array.from({ length: count }, lane))
  return { said, answered }
}

/** How somebody begins a TLS connection who will never end the handshake, or has no key that counts. */
const beginnings: ReadonlyArray<(target: Target) => Attacker> = [
  (target) => connect(target),
  (target) => saying(target, clientHello, 1),
  (target) => saying(target, clientHello, 0.5),
  (target) => saying(target, Promise.resolve(Buffer.alloc(4_096, 0x16)), 1),
  (target) => saying(target, Promise.resolve(Buffer.concat([Buffer.of(0x16, 3, 1, 0x3f, 0xff), noise])), 1),
  (target) => meet(target)
]

const noise = Buffer.from(Array.from({ length: 8_192 }, (_, at) => (at * 31) % 251))

const saying = (target: Target, words: Promise<Buffer>, share: number): Attacker => {
  const attacker = connect(target)
  void words.then((bytes) => attacker.send(bytes.subarray(0, Math.ceil(bytes.length * share))))
  return attacker
}

/** Handshakes that come to nothing, `count` at a time: who is not cut off at once holds its connection for a second. */
const handshakes: Attack = async (target, { count, seconds }) => {
  const end = Date.now() + seconds * 1_000
  let [begun, cutOff] = [0, 0]
  const lane = async (_: unknown, number: number) => {
    for (let round = number; Date.now() < end; round += 1) {
      const attacker = beginnings[round % beginnings.length]?.(target)
      begun += 1
      await Promise.race([attacker?.closed, pause(Math.min(1_000, end - Date.now()))])
      if (attacker?.isOver === true) cutOff += 1
      attacker?.socket.destroy()
    }
  }
  await Promise.all(Array.from({ length: count }, lane))
  return { begun, cutOff }
}

/** `count` posts a second. */
const posts: Attack = async (target, { count, seconds }) => {
  const attacker = await comeIn(target, "flood")
  if (attacker === undefined) return { sent: 0, told: 0 }
  answerPings(attacker)
  let [n, told] = [0, 0]
  const dropped = attacker.hears("dropped").then((frame) => {
    if (frame !== undefined) told += 1
  })
  const began = Date.now()
  await Promise.race([
    attacker.closed,
    until(began + seconds * 1_000, async () => {
      const due = ((Date.now() - began) / 1_000) * count
      let lines = ""
      for (let batch = 0; batch < 1_000 && n < due; batch += 1) {
        n += 1
        lines += postLine(target, streamOf("flood"), n, "buy, buy, buy")
      }
      if (lines === "") await pause(1)
      else await attacker.send(Buffer.from(lines))
    })
  ])
  attacker.socket.destroy()
  await dropped
  return { sent: n, told }
}

/** `count` streams, named by one id after the other; whatever is asked for is sent. */
const streams: Attack = async (target, { count, seconds }) => {
  const perFrame = 500
  const end = Date.now() + seconds * 1_000
  let [named, asked, told] = [0, 0, 0]
  for (let life = 0; named < count && Date.now() < end; life += 1) {
    const attacker = await comeIn(target, `many-${life}`)
    if (attacker === undefined) continue
    answerPings(attacker)
    const before = attacker.onFrame
    attacker.onFrame = (frame) => {
      before(frame)
      if (frame.type === "dropped") told += 1
      if (frame.type !== "want") return
      asked += 1
      void attacker.send(Buffer.from(postLine(target, frame.stream, frame.after + 1, "nobody said that")))
    }
    while (named < count && Date.now() < end) {
      const part = Array.from({ length: perFrame }, (_, at) => [streamOf(`fake-${named + at}`), 1])
      if (!(await attacker.says({ type: "have", streams: Object.fromEntries(part), more: false }))) break
      named += perFrame
      // Within what it is let in for: what is said too fast counts as a flood.
      await pause(2)
    }
    attacker.socket.destroy()
  }
  return { named, asked, told }
}

/** Posts that wait for others which never come, each for 200 of them. */
const waiting: Attack = async (target, { seconds }) => {
  let sent = 0
  await until(Date.now() + seconds * 1_000, async (round) => {
    const attacker = await comeIn(target, `waits-${round}`)
    if (attacker === undefined) return pause(10)
    answerPings(attacker)
    const stream = streamOf(`waits-${round}`)
    for (let n = 2; n < 1_000 && !attacker.isOver; n += 1) {
      const deps = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [streamOf(`never-${at}`), n]))
      await attacker.send(Buffer.from(postLine(target, stream, n, "wait for it", deps)))
      sent += 1
    }
    attacker.socket.destroy()
  })
  return { sent }
}

/** Lists of who is said to listen on this machine: nobody does. */
const rosters: Attack = async (target, { seconds }) => {
  const attacker = await comeIn(target, "lists")
  if (attacker === undefined) return { listed: 0 }
  answerPings(attacker)
  let listed = 0
  await until(Date.now() + seconds * 1_000, async (round) => {
    const peers = Array.from({ length: 200 }, (_, at) => [
      `p-${round}-${at}`,
      1_024 + ((round * 200 + at) % 8_000),
      "00000000",
      at % 2 === 0 ? "localhost" : "10.255.255.1"
    ])
    if (await attacker.send(Buffer.from(`${JSON.stringify({ type: "roster", peers })}\n`))) listed += peers.length
    await pause(20)
  })
  attacker.socket.destroy()
  return { listed }
}

/** Frames that want an answer, by one who reads none. */
const pings: Attack = async (target, { seconds }) => {
  const frames = Buffer.from('{"type":"ping"}\n'.repeat(1_000))
  let [sent, cutOff] = [0, 0]
  const end = Date.now() + seconds * 1_000
  await until(end, async (round) => {
    const attacker = await comeIn(target, `deaf-${round}`)
    if (attacker === undefined) return pause(10)
    attacker.socket.pause()
    const isOut = pause(Math.max(0, end - Date.now())).then(() => false)
    while (Date.now() < end && (await Promise.race([attacker.send(frames), isOut]))) sent += 1_000
    if (attacker.isOver) cutOff += 1
    attacker.socket.destroy()
  })
  return { sent, cutOff }
}

export const attacks: Readonly<Record<string, Attack>> = {
  "endless-line": endlessLine,
  slowly,
  connections,
  hellos,
  handshakes,
  posts,
  streams,
  waiting,
  rosters,
  pings,
  page
}
