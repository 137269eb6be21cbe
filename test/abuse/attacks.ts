/** What is done to a node, each for some seconds. What an attack returns says what it came to. */
import { Attacker, comeIn, epoch, helloOf, pause, type Target } from "./Attacker.ts"

export interface Effort {
  readonly seconds: number
  /** How many, of what there are many of. */
  readonly count: number
}

export type Attack = (target: Target, effort: Effort) => Promise<Readonly<Record<string, number>>>

const until = async (end: number, step: (round: number) => Promise<void>): Promise<void> => {
  for (let round = 0; Date.now() < end; round += 1) await step(round)
}

const streamOf = (author: string, room = "main"): string => `${author}/${room}/${epoch}`

const postLine = (stream: string, n: number, text: string, deps: object = {}): string =>
  `${JSON.stringify({ type: "post", stream, n, at: 0, deps, text })}\n`

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
    const attacker = round % 2 === 0 ? new Attacker(target) : await comeIn(target, `endless-${round}`)
    let taken = 0
    while (attacker !== undefined && taken < fourGiB && (await attacker.send(piece))) taken += piece.length
    lines += 1
    mostTaken = Math.max(mostTaken, taken)
  })
  return { lines, mostTaken }
}

/** A hello, a byte a second, by many at once; whoever is cut off comes again. */
const slowly: Attack = async (target, { count, seconds }) => {
  const end = Date.now() + seconds * 1_000
  let cutOff = 0
  const one = async () => {
    while (Date.now() < end) {
      const attacker = new Attacker(target)
      for (const byte of helloOf("slow")) {
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
      const attacker = new Attacker(target)
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
        lines += postLine(streamOf("flood"), n, "buy, buy, buy")
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
      void attacker.send(Buffer.from(postLine(frame.stream, frame.after + 1, "nobody said that")))
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
      await attacker.send(Buffer.from(postLine(stream, n, "wait for it", deps)))
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
    const peers = Array.from({ length: 200 }, (_, at) => ({
      id: `p-${round}-${at}`,
      host: at % 2 === 0 ? "localhost" : "10.255.255.1",
      port: 1_024 + ((round * 200 + at) % 8_000)
    }))
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
  posts,
  streams,
  waiting,
  rosters,
  pings
}
