/** An IRC client in a world of tests: what it sends, and what it is sent. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { type Address, Host, Port } from "../../src/domain/Peer.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { addressOf, type Conditions, type Node, story, type World } from "../programs/World.ts"

export interface Guest {
  readonly send: (...lines: ReadonlyArray<string>) => Effect.Effect<void>
  /** Sends bytes as they are. */
  readonly sendBytes: (bytes: Uint8Array) => Effect.Effect<void>
  /** Returns the first line since the last call that the expression fits; fails if none comes. What came before is passed over. */
  readonly sees: (expression: RegExp) => Effect.Effect<string>
  /** All lines so far. */
  readonly lines: () => ReadonlyArray<string>
  /** The lines so far that the expression fits. */
  readonly all: (expression: RegExp) => ReadonlyArray<string>
  /** Returns when the node has ended the connection. */
  readonly ended: Effect.Effect<void>
  readonly close: Effect.Effect<void>
  /** Reads nothing more until it is set to false. */
  readonly hold: (held: boolean) => void
}

const serverAddress: Address = { host: Host.make("localhost"), port: Port.make(4_000) }

/** Where a node of a world serves IRC clients. */
const ircOf = ({ name }: Pick<Node, "name">): Address => {
  const { host, port } = name === "Server" ? serverAddress : addressOf(name)
  return { host, port: Port.make(port + 1_000) }
}

/** Connects to a node. */
export const connect = (world: World, node: Pick<Node, "name">): Effect.Effect<Guest> =>
  Effect.gen(function* () {
    const changes = makeSignal()
    const lines: Array<string> = []
    let rest = ""
    let at = 0
    let isOver = false
    const connection = yield* Effect.provideService(
      Effect.orDie(world.network.transport("irc client").dial(ircOf(node))),
      Scope.Scope,
      world.scope
    )
    const queue: Array<Uint8Array> = []
    connection.drain(() => queue.shift())
    const decoder = new TextDecoder()
    connection.receive({
      take: (pieces) => {
        for (const piece of pieces) rest += decoder.decode(piece, { stream: true })
        const all = rest.split("\r\n")
        rest = all.pop() ?? ""
        lines.push(...all)
        changes.changed()
      },
      end: () => {
        isOver = true
        changes.changed()
      }
    })
    const sendBytes = (bytes: Uint8Array) =>
      Effect.sync(() => {
        queue.push(bytes)
        connection.wake()
      })
    const within = <A>(effect: Effect.Effect<A>, words: string): Effect.Effect<A> =>
      effect.pipe(
        Effect.timeoutTo({
          duration: "3 minutes",
          onSuccess: Effect.succeed,
          onTimeout: () => Effect.dieMessage([words, ...lines].join("\n  "))
        }),
        Effect.flatten
      )
    return {
      send: (...sent) => sendBytes(new TextEncoder().encode(sent.map((line) => `${line}\r\n`).join(""))),
      sendBytes,
      sees: (expression) =>
        within(
          Effect.map(
            changes.until(() => lines.slice(at).some((line) => expression.test(line))),
            () => {
              const found = lines.findIndex((line, index) => index >= at && expression.test(line))
              at = found + 1
              return lines[found] ?? ""
            }
          ),
          `never came: ${expression}`
        ),
      lines: () => [...lines],
      all: (expression) => lines.filter((line) => expression.test(line)),
      ended: within(
        changes.until(() => isOver),
        "the connection does not end"
      ),
      close: connection.finish,
      hold: (held) => connection.hold(held)
    }
  })

/** A client that has introduced itself with these capabilities, and has seen who is in the main channel. */
export const enter = (
  world: World,
  node: Pick<Node, "name">,
  { capabilities = "", nick = node.name, user = "u" }: { capabilities?: string; nick?: string; user?: string } = {}
) =>
  Effect.gen(function* () {
    const guest = yield* connect(world, node)
    if (capabilities !== "") yield* guest.send(`CAP REQ :${capabilities}`)
    yield* guest.send(`NICK ${nick}`, `USER ${user} 0 * :real name`)
    if (capabilities !== "") yield* guest.send("CAP END")
    yield* guest.sees(/ 366 /)
    return guest
  })

/** A story of nodes that serve IRC clients. */
export const ircStory = (
  name: string,
  tell: (world: World) => Effect.Effect<void>,
  conditions: Omit<Conditions, "irc"> & NonNullable<Conditions["irc"]> = {}
): void => {
  const { guests = false, operPassword, password, ...others } = conditions
  const passwords = {
    ...(password === undefined ? {} : { password }),
    ...(operPassword === undefined ? {} : { operPassword })
  }
  story(name, tell, { ...others, irc: { guests, ...passwords } })
}
