/** Whatever comes over a socket: noise disturbs nobody, and another program can join. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { escape } from "../../src/domain/Escape.ts"
import { StreamId } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { post } from "../support/samples.ts"
import { type Actor, each, make, type Stage } from "./Stage.ts"
import { dial, helloOf, type Stranger, streamOf } from "./Stranger.ts"

const json = (value: unknown) => `${JSON.stringify(value)}\n`

/** A port at which nobody listens, for those who only pretend to have one. */
const nowhere = 9

type Noise = (stranger: Stranger) => Effect.Effect<unknown, unknown>

const noises: Readonly<Record<string, Noise>> = {
  "bytes that are no frames": (stranger) => stranger.sends(Uint8Array.from([0, 255, 10, 7, 0, 10, 128])),
  "another protocol": (stranger) => stranger.sends("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  "JSON that is no frame": (stranger) => stranger.sends(json({ type: "sing", loud: true })),
  "an object of another kind": (stranger) => stranger.sends("null\n"),
  "JSON nested without end": (stranger) => stranger.sends(`${"[".repeat(30_000)}${"]".repeat(30_000)}\n`),
  "a line over 64 KiB": (stranger) =>
    stranger.sends(json({ ...helloOf("x", nowhere, false), more: "x".repeat(70_000) })),
  "64 KiB without a newline": (stranger) => stranger.sends("x".repeat(70_000)),
  "invalid UTF-8": (stranger) =>
    stranger.sends(Buffer.from(json(helloOf("x", nowhere, false)).replace("localhost", "loc\u00ffhost"), "latin1")),
  "a post from somebody who was not introduced": (stranger) =>
    stranger.sends(json({ type: "post", stream: streamOf("1"), n: 1, at: 0, text: "I am 1" })),
  "a frame out of turn": (stranger) => stranger.says({ type: "ping" }),
  "a hello with an id that is none": (stranger) => stranger.sends(json(helloOf("no id", nowhere, false))),
  ...Object.fromEntries(
    [
      "\u001b[2J",
      "\u001b]52;c;b3dubmVk\u0007",
      "\u009b31m",
      "\u202eevil",
      "zero\u200bwidth",
      "\ufeff1",
      "a\n* Client 1 left",
      "x".repeat(33)
    ].flatMap(
      (bad): ReadonlyArray<readonly [string, Noise]> => [
        [`${escape(bad)} for an id`, (stranger) => stranger.sends(json(helloOf(bad, nowhere, false)))],
        [
          `${escape(bad)} for a room`,
          (stranger) =>
            stranger.sends(
              json(helloOf("x", nowhere, false)),
              json({ type: "post", stream: streamOf("x").replace("main", bad), n: 1, at: 0, text: "" })
            )
        ]
      ]
    )
  ),
  "objects that would be everybody's": (stranger) =>
    stranger.sends(`{"__proto__":${json(helloOf("x", nowhere, false)).trim()}}\n`),
  "a hello of another version": (stranger) =>
    Effect.zipRight(
      stranger.sends(json({ ...helloOf("x", nowhere, false), protocol: 99 })),
      Effect.map(stranger.hears("refused"), ({ reason }) => assert.strictEqual(reason, "protocol"))
    ),
  "a hello of an id that is taken": (stranger) =>
    Effect.zipRight(
      stranger.sends(json(helloOf("1", nowhere, false))),
      Effect.map(stranger.hears("refused"), ({ reason }) => assert.strictEqual(reason, "id-taken"))
    ),
  "the server's id": (stranger) =>
    Effect.zipRight(
      stranger.sends(json(helloOf("Server", nowhere, true))),
      Effect.map(stranger.hears("refused"), ({ reason }) => assert.strictEqual(reason, "id-taken"))
    ),
  "the role of a server": (stranger) =>
    Effect.zipRight(
      stranger.sends(json({ ...helloOf("x", nowhere, false), role: "server" })),
      Effect.map(stranger.hears("refused"), ({ reason }) => assert.strictEqual(reason, "mistaken"))
    ),
  "the server's id without its role": (stranger) =>
    Effect.zipRight(
      stranger.sends(json({ ...helloOf("Server", nowhere, true), role: "client" })),
      Effect.map(stranger.hears("refused"), ({ reason }) => assert.strictEqual(reason, "mistaken"))
    )
}

/** A server and two clients, of which the first listens at a port that is known; they talk after that, and leave. */
const chat = (
  act: (
    stage: Stage,
    actors: { readonly server: Actor; readonly clients: ReadonlyArray<Actor> },
    ports: { readonly server: number; readonly client: number }
  ) => Effect.Effect<void, unknown, Scope.Scope>
) =>
  Effect.gen(function* () {
    const stage = yield* make
    const [port, listen] = (yield* stage.freePorts(2)) as [number, number]
    const server = yield* stage.server(port)
    const clients = yield* stage.clients(2, server, port, (id) => (id === 1 ? { listen } : {}))
    yield* act(stage, { server, clients }, { server: port, client: listen })
    yield* stage.everyoneTalks([server, ...clients], "did you notice anything?")
    yield* stage.everyoneLeaves(clients, server)
    yield* stage.curtain
  })

const undisturbed = ({ clients, server }: { readonly server: Actor; readonly clients: ReadonlyArray<Actor> }) => {
  assert.lengthOf(server.err, 1, "the server has no notice but its first")
  for (const client of clients) assert.deepStrictEqual(client.err, [], "a client has no notice")
}

// Most of the time is spent in waiting for 5 s to pass.
/** Whoever says nothing for 5 s is cut off within this time, in ms, also by a busy machine. */
const mostCutOff = 20_000

describe.concurrent("a stranger's connection is closed, and nothing else happens, after", () => {
  it.scopedLive(Object.keys(noises).join("; "), () =>
    chat((stage, actors, ports) =>
      Effect.gen(function* () {
        yield* each(Object.entries(noises), ([what, noise]) =>
          each(Object.values(ports), (port) =>
            Effect.gen(function* () {
              const stranger = yield* dial(stage, port)
              yield* noise(stranger)
              assert.isBelow(yield* stranger.isCutOff, 4_000, `${what}: at once, and not for its silence`)
            })
          )
        )
        undisturbed(actors)
      })
    )
  )

  it.scopedLive("5 s in which it said nothing, half a hello, or a byte a second, a hundred at once", () =>
    chat((stage, actors, ports) =>
      Effect.gen(function* () {
        const hello = json(helloOf("x", nowhere, false))
        const cutOff = yield* each([ports.server, ports.client], (port) =>
          Effect.gen(function* () {
            const silent = yield* dial(stage, port)
            const halting = yield* dial(stage, port)
            yield* halting.sends(hello.slice(0, 40))
            const slow = yield* each(Array.from({ length: 50 }), () => dial(stage, port))
            yield* Effect.forkScoped(
              Effect.forEach(hello, (byte) =>
                Effect.delay(
                  each(slow, (stranger) => stranger.sends(byte)),
                  "1 second"
                )
              )
            )
            return yield* each([silent, halting, ...slow], (stranger) => stranger.isCutOff)
          })
        )
        for (const ms of cutOff.flat()) {
          assert.isAbove(ms, 4_000)
          assert.isBelow(ms, mostCutOff)
        }
        undisturbed(actors)
      })
    )
  )

  it.scopedLive("a valid hello and then noise, or nothing", () =>
    chat((stage, actors, ports) =>
      Effect.gen(function* () {
        yield* each(Object.entries(ports), ([whose, port]) =>
          Effect.gen(function* () {
            const [noisy, quiet] = [yield* dial(stage, port), yield* dial(stage, port)]
            yield* noisy.sends(json(helloOf(`noisy-${whose}`, nowhere, false)))
            yield* quiet.sends(json(helloOf(`quiet-${whose}`, nowhere, false)))
            yield* each([noisy, quiet], (stranger) => stranger.hears("welcome"))
            yield* noisy.sends("and now for something completely different\n")
            const [afterNoise, afterNothing] = [yield* noisy.isCutOff, yield* quiet.isCutOff]
            assert.isBelow(afterNoise, afterNothing, "at once, and not for its silence")
            assert.isBelow(afterNothing, mostCutOff)
          })
        )
        undisturbed(actors)
      })
    )
  )
})

/** Joins, the way a program in another language would: reads and writes lines of JSON, and no more. */
const joinsAs = (id: string, stage: Stage, port: number, member: boolean) =>
  Effect.gen(function* () {
    const link = yield* dial(stage, port)
    yield* link.sends(json(helloOf(id, nowhere, member)))
    yield* link.hears("welcome")
    const { streams } = yield* link.hears("have")
    yield* link.sends(json({ type: "have", streams, more: false }))
    return link
  })

describe("another program that speaks the protocol", () => {
  it.scopedLive("joins and talks, and what it says reaches no terminal unescaped", () =>
    chat((stage, { clients, server }, ports) =>
      Effect.gen(function* () {
        const everyone = [server, ...clients]
        const toServer = yield* joinsAs("guest", stage, ports.server, false)
        yield* server.sees("Client guest: initiated")
        const { peers } = yield* toServer.hears("roster")
        assert.sameMembers(
          peers.map(([id]) => id as string),
          ["1", "2"]
        )
        const links = [toServer, ...(yield* each(peers, ([, port]) => joinsAs("guest", stage, port, true)))]
        yield* each(clients, (client) => client.sees("Client guest: initiated"))

        const post = (n: number, text: string) => json({ type: "post", stream: streamOf("guest"), n, at: 0, text })
        const nasty =
          "\u001b[2J\u001b]0;owned\u0007 \u009b31m \u202eevil\u2069 \r\n* Client 1 left\u2028\u0000 \ud83d\ude00é"
        const shown =
          "Client guest: \\u{1b}[2J\\u{1b}]0;owned\\u{7} \\u{9b}31m \\u{202e}evil\\u{2069} \\u{d}\\u{a}* Client 1 left\\u{2028}\\u{0} 😀é"
        yield* each(links, (link) => link.sends(post(1, nasty)))
        yield* each(everyone, (other) => other.sees(shown))

        // Said twice, or in another's name, or for another's stream: nobody shows it.
        yield* each(links, (link) =>
          link.sends(
            post(1, "said twice"),
            json({ type: "post", stream: streamOf("2"), n: 1, at: 0, text: "I am 2" }),
            post(2, "done")
          )
        )
        yield* each(everyone, (other) => other.sees("Client guest: done"))

        yield* server.types("welcome, guest")
        yield* each(clients, (client) => client.sees("Server: welcome, guest"))
        assert.strictEqual((yield* toServer.hears("post")).post.text, "welcome, guest")
        yield* each(links, (link) => link.says({ type: "bye" }))
        yield* each(everyone, (other) => other.notices("* Client guest left"))
      })
    )
  )

  it.scopedLive("is cut off when it stops to keep to the protocol, and everybody else goes on", () =>
    chat((stage, { server }, ports) =>
      Effect.gen(function* () {
        const guest = yield* joinsAs("guest", stage, ports.server, false)
        yield* server.sees("Client guest: initiated")
        yield* guest.sends("{{{\n")
        yield* guest.isCutOff
        yield* server.notices("* Client guest is lost: it violated the protocol")
        const endless = yield* joinsAs("endless", stage, ports.server, false)
        yield* server.sees("Client endless: initiated")
        yield* endless.sends(`{"type":"post","text":"${"x".repeat(5_000_000)}`)
        yield* endless.isCutOff
        yield* server.notices("* Client endless is lost: it violated the protocol")
      })
    )
  )

  it.scopedLive("and has what a node never said in its own name: that node begins anew, and everyone talks on", () =>
    chat((stage, { clients, server }, ports) =>
      Effect.gen(function* () {
        const [one, two] = clients as [Actor, Actor]
        const knowsBetter = (id: string, port: number) =>
          Effect.gen(function* () {
            const guest = yield* dial(stage, port)
            yield* guest.sends(json(helloOf("guest", nowhere, false)))
            const { epoch } = yield* guest.hears("welcome")
            const stream = StreamId.make(`${id}/main/${epoch}`)
            yield* guest.sends(json({ type: "have", streams: { [stream]: 7 }, more: false }))
            yield* guest.hears("want")
            yield* guest.sends(encodePost(post(stream, 7, "said by a copy")))
          })
        const begun = "that this program did not send; perhaps it runs twice. It starts a new run."
        yield* knowsBetter("Server", ports.server)
        yield* server.sees("Client guest: initiated")
        yield* server.notices(`* Others have lines of Server ${begun}`)
        yield* each(clients, (client) => client.sees("Server: terminated.", "Server: initiated"))
        yield* server.sees("Client 1: reconnected", "Client 2: reconnected")
        yield* one.types("/mute 2")
        yield* one.notices("* Muted: Client 2.")
        yield* knowsBetter("1", ports.client)
        yield* one.sees("Client guest: initiated")
        yield* one.notices(`* Others have lines of Client 1 ${begun}`)
        yield* one.sees("Client 1: initiated", "Client 2: initiated")
        yield* each([server, two], (other) => other.sees("Client 1: initiated"))
        yield* stage.says(two, "not for 1", [server])
        // Who sees that has what it answers.
        yield* stage.says(server, "for all", [one, two])
        yield* one.types("/mute", "/unmute 2")
        yield* one.notices("* Muted: Client 2.")
        yield* one.notices("* Nobody is muted.")
      })
    )
  )
})
