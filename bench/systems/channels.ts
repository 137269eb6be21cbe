/** Many people in one channel of IRC: who talks, who listens, and how long that takes. */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { BenchFailed } from "../Processes.ts"
import { quantile } from "../stats.ts"

const channel = "#bench"

/** Somebody in the channel. */
interface Person {
  readonly say: (text: string) => void
  /** Called with the text of each message in the channel. Whoever is not told reads all the same. */
  onText: ((text: string) => void) | undefined
  /** How many bytes have come. */
  readonly received: () => number
}

/** Joins the channel under that nick. Returns when the names of those in it have come. */
const join = (port: number, nick: string): Effect.Effect<Person, BenchFailed, Scope.Scope> =>
  Effect.flatMap(
    Effect.acquireRelease(
      Effect.sync(() => Net.connect({ host: "127.0.0.1", port })),
      (socket) => Effect.sync(() => socket.destroy())
    ),
    (socket) =>
      Effect.async<Person, BenchFailed>((resume) => {
        let rest = ""
        let bytes = 0
        let isIn = false
        const person: Person = {
          say: (text) => socket.write(`PRIVMSG ${channel} :${text}\r\n`),
          onText: undefined,
          received: () => bytes
        }
        const take = (line: string): void => {
          if (line.startsWith("PING")) socket.write(`PONG${line.slice(4)}\r\n`)
          else if (/^\S+ 001 /.test(line)) socket.write(`JOIN ${channel}\r\n`)
          else if (/^\S+ 366 /.test(line)) {
            isIn = true
            resume(Effect.succeed(person))
          } else if (person.onText !== undefined) {
            const at = line.indexOf(` PRIVMSG ${channel} :`)
            if (at > 0) person.onText(line.slice(at + channel.length + 11))
          }
        }
        socket.setNoDelay(true)
        socket.on("error", (error) => resume(new BenchFailed({ detail: String(error) })))
        socket.on("data", (piece) => {
          bytes += piece.length
          // Whoever only reads costs the load generator little.
          if (isIn && person.onText === undefined && !piece.includes("PING")) return
          const lines = (rest + piece.toString("latin1")).split("\r\n")
          rest = lines.pop() ?? ""
          for (const line of lines) take(line)
        })
        socket.write(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}\r\n`)
      }).pipe(
        Effect.timeoutFail({
          duration: "20 seconds",
          onTimeout: () => new BenchFailed({ detail: `${nick} is not in` })
        })
      )
  )

/** The first one in the channel. */
export const first = (port: number): Effect.Effect<Person, BenchFailed, Scope.Scope> => join(port, "g0")

/**
 * So many more join, all at the same time, as a class does when its lesson begins. One after the other would tell
 * nothing about InspIRCd: it registers whoever has introduced himself once a second.
 */
export const crowd = (port: number, count: number): Effect.Effect<ReadonlyArray<Person>, BenchFailed, Scope.Scope> =>
  Effect.forEach(
    Array.from({ length: count }, (_, at) => `g${at + 1}`),
    (nick) => join(port, nick),
    { concurrency: "unbounded" }
  )

/** Of how many people the times are taken: of all of them, the load generator would be what is measured. */
const watched = 20

/**
 * They talk in turn, so many lines a second in all, for so many ms. Of each line it is measured when some of the others
 * have it. In ms: half of these times are below `p50`, and of a hundred one is above `p99`.
 */
export const chatter = (
  people: ReadonlyArray<Person>,
  { millis, perSecond, warm }: { readonly perSecond: number; readonly millis: number; readonly warm: number }
): Effect.Effect<{ readonly p50: number; readonly p99: number; readonly lost: number }, BenchFailed> =>
  Effect.gen(function* () {
    const times: Array<number> = []
    const begun = performance.now()
    let said = 0
    let heard = 0
    const listening = people.slice(-watched)
    for (const each of listening) {
      each.onText = (text) => {
        const at = Number(text.split(" ")[0])
        heard += 1
        if (at - begun >= warm) times.push(performance.now() - at)
      }
    }
    const talking = people.slice(0, people.length - watched)
    const step = 1_000 / perSecond
    for (let next = begun; next < begun + warm + millis; next += step) {
      const wait = next - performance.now()
      if (wait > 1) yield* Effect.sleep(wait)
      talking[said % talking.length]?.say(`${performance.now()} a line of what people say`)
      said += 1
    }
    yield* Effect.sleep("500 millis")
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), lost: said * watched - heard }
  })
