/** Clients of IRC, each at rest in a channel of three at ngIRCd. */
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { BenchFailed, folder, start } from "../Processes.ts"
import { startAtTerminal } from "../Terminals.ts"
import { ngircd } from "./ngircd.ts"

export const irssi = { name: "irssi", needs: { command: "irssi" } }
export const weechat = { name: "weechat-headless", needs: { command: "weechat-headless" } }

const channel = "#c"

const configurationOf = (
  port: number
) => `servers = ( { address = "127.0.0.1"; chatnet = "bench"; port = "${port}"; autoconnect = "yes"; } );
chatnets = { bench = { type = "IRC"; nick = "irssi"; }; };
channels = ( { name = "${channel}"; chatnet = "bench"; autojoin = "yes"; } );
`

const startIrssi = (port: number) =>
  Effect.flatMap(folder, (home) => {
    Fs.writeFileSync(`${home}/config`, configurationOf(port))
    return startAtTerminal({ command: "irssi", args: [`--home=${home}`] })
  })

const startWeechat = (port: number) =>
  Effect.map(
    start({
      command: "weechat-headless",
      args: [
        "--temp-dir",
        "-r",
        `/server add bench 127.0.0.1/${port} -autojoin=${channel} -nicks=weechat`,
        "-r",
        "/connect bench"
      ]
    }),
    ({ pid }) => pid
  )

/** The third in the channel. Returns what waits until so many others have joined. */
const watcher = (
  port: number
): Effect.Effect<(others: number) => Effect.Effect<void, BenchFailed>, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const socket = Net.connect({ host: "127.0.0.1", port })
        socket.on("error", () => {})
        socket.write(`NICK watcher\r\nUSER watcher 0 * :watcher\r\n`)
        return socket
      }),
      (socket) => Effect.sync(() => socket.destroy())
    ),
    (socket) => {
      let joined = 0
      let look = () => {}
      let rest = ""
      socket.on("data", (piece) => {
        const lines = (rest + piece.toString()).split("\r\n")
        rest = lines.pop() ?? ""
        for (const line of lines) {
          if (line.startsWith("PING")) socket.write(`PONG${line.slice(4)}\r\n`)
          if (/^\S+ 001 /.test(line)) socket.write(`JOIN ${channel}\r\n`)
          if (/^\S+ JOIN /.test(line)) joined += 1
        }
        look()
      })
      return (others) =>
        Effect.async<void, BenchFailed>((resume) => {
          look = () => {
            // Its own counts as well.
            if (joined > others) resume(Effect.void)
          }
          look()
        }).pipe(
          Effect.timeoutFail({
            duration: "10 seconds",
            onTimeout: () => new BenchFailed({ detail: `${joined - 1} of ${others} have joined the channel` })
          })
        )
    }
  )

/** All three in their channel: the ids of the processes of irssi and weechat. */
export const ircChannel: Effect.Effect<{ readonly irssi: number; readonly weechat: number }, BenchFailed, Scope.Scope> =
  Effect.gen(function* () {
    const { sink } = yield* ngircd.start
    const port = Number(sink.split(":")[1])
    const joined = yield* watcher(port)
    // Until then the watcher is in the channel, and sees who comes.
    yield* joined(0)
    const pids = { irssi: yield* startIrssi(port), weechat: yield* startWeechat(port) }
    yield* joined(2)
    return pids
  })
