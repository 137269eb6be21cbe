/** Inputs for a fuzzer: what the protocol's grammar allows and nearly allows, and real ones with a few bytes changed. */
import { type Frame, protocolVersion } from "../../src/protocol/Frame.ts"
import { makeChance } from "../support/chance.ts"

const ids = [
  "1",
  "Server",
  "x",
  "__proto__",
  "constructor",
  "a-b_c",
  "x".repeat(32),
  "x".repeat(33),
  "",
  "no id",
  "\u001b[2J"
]
const epochs = ["1-00000000", "1767225600000-0badcafe", "999999999999999-ffffffff", "-", "1-0000000", "01-ABCDEF00"]
const chats = ["0".repeat(32), "0badcafe".repeat(4), "0".repeat(31), "X".repeat(32)]
const rooms = ["main", "r", "__proto__", "", "a/b", "\u202e"]
const hosts = ["localhost", "::1", "10.0.0.9", "a b", "", "x".repeat(254), "[::1]", "%"]
const numbers = [0, 1, 2, 3, 7, -1, 1.5, 65_535, 65_536, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e308, Number.NaN]
const texts = [
  "",
  "hello",
  "\u001b]52;c;eA==\u0007",
  "\u202e\u2066\u200b\ufeff",
  "\ud800",
  "😀é",
  "\\",
  '"',
  "\u0000",
  "x".repeat(3_000)
]
const pieces = [
  "\n",
  "\r\n",
  "{",
  "}",
  "[",
  "]",
  '"',
  ":",
  ",",
  "\\u0000",
  "\\",
  "null",
  "true",
  "1e999",
  "-0",
  " ",
  "\u00ff",
  "post",
  "\ufeff"
]

/** Draws everything from one seed. */
export const makeMutator = (seed: number) => {
  const chance = makeChance(seed)
  const below = (n: number): number => Math.floor(chance() * n)
  const pick = <A>(all: ReadonlyArray<A>): A => all[below(all.length)] as A
  const maybe = (share: number): boolean => chance() < share
  const many = <A>(most: number, make: () => A): Array<A> => Array.from({ length: below(most + 1) }, make)

  const stream = (): string => `${pick(ids)}/${pick(rooms)}/${pick(epochs)}`
  const goodStream = (): string =>
    `${pick(["1", "2", "x", "Server"])}/${pick(["main", "r"])}/${pick(epochs.slice(0, 3))}`
  const anyStream = (): string => (maybe(0.9) ? goodStream() : stream())
  const number = (): number => (maybe(0.7) ? below(5) : pick(numbers))
  const text = (): string => (maybe(0.5) ? pick(texts) : String.fromCharCode(...many(20, () => below(0x1_0000))))
  const marks = (): object => Object.fromEntries(many(5, () => [anyStream(), number()]))
  const named = (): object => ({ id: pick(ids), ...(maybe(0.3) ? { role: pick(["client", "server", "?"]) } : {}) })
  const run = (): string => pick(epochs).slice(-8)
  const peers = (): unknown =>
    many(4, () => [pick(ids), number(), run(), ...(maybe(0.7) ? [pick(hosts)] : [])]).map((each, at) =>
      at > 0 || each.length > 3 || maybe(0.1) ? each : [...each, "localhost"]
    )
  const bodyOf = (): object => ({ stream: anyStream(), n: number(), at: number(), deps: marks(), text: text() })

  /** Any value, as deep as `depth`. */
  const any = (depth = 3): unknown => {
    const leaf = () => pick<unknown>([null, true, false, number(), text(), pick(ids)])
    if (depth === 0 || maybe(0.5)) return leaf()
    if (maybe(0.5)) return many(3, () => any(depth - 1))
    return Object.fromEntries(
      many(3, () => [pick(["type", "__proto__", "stream", "n", "deps", text()]), any(depth - 1)])
    )
  }

  const protocol = (): number => (maybe(0.9) ? protocolVersion : number())
  const runs = (): unknown => many(4, () => ({ id: pick(ids), epoch: pick(epochs) }))
  const wanted = (): unknown => many(4, () => ({ id: pick(ids), ...(maybe(0.5) ? { run: run() } : {}) }))

  const ofRoom = (): object => ({
    room: pick(rooms),
    ...(maybe(0.3) ? { folded: { upTo: pick(epochs), lines: number() } } : {})
  })

  const key = (): string => (maybe(0.9) ? pick(["a", "0"]).repeat(64) : text())
  const visit = (): object => ({
    protocol: protocol(),
    ...named(),
    epoch: pick(epochs),
    chat: pick(chats),
    to: pick(ids),
    key: key()
  })

  /** The fields of each type of frame. */
  const frames: Readonly<Record<Frame["type"], () => object>> = {
    hello: () => ({
      protocol: protocol(),
      ...named(),
      epoch: pick(epochs),
      host: pick(hosts),
      port: number(),
      member: maybe(0.5),
      ...(maybe(0.3) ? { chat: pick(chats) } : {}),
      ...(maybe(0.3) ? { history: number() } : {}),
      ...(maybe(0.3) ? { to: pick(ids) } : {}),
      ...(maybe(0.3) ? { rooms: many(4, () => pick(rooms)) } : {}),
      ...(maybe(0.3) ? { guests: maybe(0.9) } : {}),
      ...(maybe(0.3) ? { files: maybe(0.9) } : {})
    }),
    welcome: () => ({
      protocol: protocol(),
      ...(maybe(0.9) ? { chat: pick(chats) } : {}),
      ...named(),
      epoch: pick(epochs),
      member: maybe(0.5)
    }),
    refused: () => ({
      ...named(),
      reason: pick(["id-taken", "id-alike", "mistaken", "other-chat", "protocol", "unavailable", "?"]),
      detail: text()
    }),
    stranger: () => ({ detail: text() }),
    have: () => ({ streams: marks(), more: maybe(0.3), ...(maybe(0.3) ? ofRoom() : {}) }),
    rooms: () => ({ rooms: many(4, () => pick(rooms)) }),
    guests: () => ({
      here: many(4, () => ({
        id: pick(ids),
        epoch: pick(epochs),
        rooms: many(2, () => pick(rooms)),
        ...(maybe(0.3) ? { before: pick(ids) } : {})
      })),
      gone: many(4, () => pick(ids)),
      ...(maybe(0.3) ? { all: true } : {})
    }),
    seek: () => ({ key: key() }),
    holds: () => ({ key: key(), pieces: number(), of: number(), ...(maybe(0.3) ? { by: pick(ids) } : {}) }),
    call: () => ({ key: key() }),
    fetch: () => ({ ...visit(), proof: key() }),
    serve: visit,
    serving: () => ({ key: key() }),
    connect: () => ({ ...visit(), with: pick(ids), for: pick(ids) }),
    connected: () => ({ key: key() }),
    site: () => ({
      site: pick(["east", "", "x".repeat(25)]),
      here: many(4, () => ({ id: pick(ids), epoch: pick(epochs), rooms: many(2, () => pick(rooms)) })),
      gone: many(4, () => pick(ids)),
      lost: many(4, () => pick(ids))
    }),
    servers: () => ({ servers: many(4, () => ({ id: pick(ids), host: pick(hosts), port: number() })) }),
    cipher: () => ({ secret: pick([`${"a".repeat(42)}A`, "a".repeat(43), ""]) }),
    join: () => ({ room: pick(rooms), posts: number() }),
    joined: () => ({ streams: marks(), more: maybe(0.3), ...ofRoom() }),
    want: () => ({ stream: anyStream(), after: number(), to: number() }),
    gap: () => ({ stream: anyStream(), to: number() }),
    recall: () => ({ posts: number() }),
    earlier: () => ({ posts: number(), ...(maybe(0.3) ? { room: pick(rooms) } : {}) }),
    roster: () => ({ peers: peers() }),
    introduce: () => ({ peers: peers() }),
    missing: () => ({ peers: wanted() }),
    left: () => ({ peers: runs() }),
    members: () => ({ members: [], more: maybe(0.3) }),
    folded: () => ({ room: pick(rooms), upTo: pick(epochs), lines: number() }),
    post: bodyOf,
    ping: () => ({}),
    pong: () => ({}),
    dropped: () => ({ limit: pick(["rate", "streams", "rooms", "seals", "?"]) }),
    moved: () => ({}),
    bye: () => ({})
  }

  const frameTypes = Object.keys(frames) as ReadonlyArray<Frame["type"]>

  /** A frame as the grammar has it, or nearly. */
  const frameOf = (type: Frame["type"]): object => {
    const frame: Record<string, unknown> = { type, ...frames[type]() }
    if (maybe(0.1)) delete frame[pick(Object.keys(frame))]
    if (maybe(0.1)) frame[pick([...Object.keys(frame), "__proto__", "more"])] = any()
    return frame
  }

  const grammatical = (types: ReadonlyArray<Frame["type"]> = frameTypes): Uint8Array =>
    Buffer.from(`${JSON.stringify(maybe(0.97) ? frameOf(pick(types)) : any())}\n`)

  /** A few bytes changed, left out, doubled, or put in. */
  const mutated = (bytes: Uint8Array): Uint8Array => {
    let out = Buffer.from(bytes)
    for (let times = 1 + below(4); times > 0 && out.length > 0; times -= 1) {
      const at = below(out.length)
      const to = Math.min(out.length, at + 1 + below(16))
      switch (below(6)) {
        case 0:
          out[at] = below(256)
          break
        case 1:
          out[at] = (out[at] ?? 0) ^ (1 << below(8))
          break
        case 2:
          out = Buffer.concat([out.subarray(0, at), out.subarray(to)])
          break
        case 3:
          out = Buffer.concat([out.subarray(0, to), out.subarray(at)])
          break
        case 4:
          out = Buffer.concat([out.subarray(0, at), Buffer.from(pick(pieces)), out.subarray(at)])
          break
        default:
          out = out.subarray(0, at)
      }
    }
    return out
  }

  /** What a peer might send: as the grammar has it half the time, and with bytes changed otherwise. */
  const line = (types?: ReadonlyArray<Frame["type"]>): Uint8Array => {
    const frame = grammatical(types)
    return maybe(0.5) ? frame : mutated(frame)
  }

  const portsFile = (): string => {
    const row = () =>
      `${pick(ids)}${pick([" ", "\t", "  ", ""])}${pick(hosts)}:${number()}${pick(["\n", "\r\n", " #\n", ""])}`
    const file = many(8, () => (maybe(0.9) ? row() : `${text()}\n`)).join("")
    return maybe(0.5) ? file : Buffer.from(mutated(Buffer.from(file))).toString()
  }

  return { below, pick, maybe, many, line, frameTypes, grammatical, mutated, portsFile }
}

export type Mutator = ReturnType<typeof makeMutator>
