/**
 * The program under watch: `outlive` beside this file, and a note of each piece of a file that arrives over a connection,
 * in `arrived` in the current folder, in the order in which the last byte of each came. It reads what the sockets read,
 * apart from the program, and what it has written survives SIGKILL.
 */
import * as Fs from "node:fs"
import { createRequire } from "node:module"
import * as Net from "node:net"
import * as Path from "node:path"
import * as Either from "effect/Either"
import { AnswerDecoder } from "../../src/protocol/TransferStream.ts"

const notes = Fs.openSync("arrived", "a")

/** What is looked for the `serving` in: after so many bytes a connection is no transfer. */
const mostBefore = 4_096

/** What is known of a connection: what came before its `serving`, or who decodes what comes after it. */
type Seen = { before: Buffer } | AnswerDecoder | "no transfer"

const seen = new WeakMap<Net.Socket, Seen>()

const decode = (decoder: AnswerDecoder, bytes: Uint8Array): void => {
  for (const answer of Either.getOrElse(decoder.decode(bytes), () => [])) {
    if (answer.type === "piece") Fs.writeSync(notes, `${answer.piece}\n`)
  }
}

const watch = (socket: Net.Socket, bytes: Buffer): void => {
  const known = seen.get(socket) ?? { before: Buffer.alloc(0) }
  if (known === "no transfer") return
  if (known instanceof AnswerDecoder) return decode(known, bytes)
  known.before = Buffer.concat([known.before, bytes])
  const at = known.before.indexOf('"type":"serving"')
  const end = at < 0 ? -1 : known.before.indexOf("\n", at)
  if (end >= 0) {
    const decoder = new AnswerDecoder()
    seen.set(socket, decoder)
    decode(decoder, known.before.subarray(end + 1))
  } else seen.set(socket, known.before.length > mostBefore ? "no transfer" : known)
}

const emit = Net.Socket.prototype.emit
Net.Socket.prototype.emit = function (this: Net.Socket, event: string | symbol, ...args: Array<unknown>): boolean {
  if (event === "data") watch(this, args[0] as Buffer)
  return Reflect.apply(emit, this, [event, ...args])
} as typeof emit

/** What is read into memory of the program's own emits nothing: its callback is told. The memory is used again. */
const connect = Net.connect as (options: Net.NetConnectOpts) => Net.Socket
const net = createRequire(__filename)("node:net") as { connect: typeof connect }
net.connect = (options) => {
  const { onread } = options
  if (onread === undefined) return connect(options)
  const callback: Net.OnReadOpts["callback"] = (length, bytes) => {
    watch(socket, Buffer.from(bytes.subarray(0, length)))
    return onread.callback(length, bytes)
  }
  const socket: Net.Socket = connect({ ...options, onread: { ...onread, callback } })
  return socket
}

createRequire(__filename)(Path.join(__dirname, "outlive.cjs"))
