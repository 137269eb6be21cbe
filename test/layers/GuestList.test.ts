/** What a node believes of the guests of a server. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as TestClock from "effect/TestClock"
import { MessageLog } from "../../services/MessageLog.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import type { Control, Frame } from "../../src/protocol/Frame.ts"
import { epoch, id, peer } from "../support/samples.ts"
import { wholeLog } from "../support/wholeLog.ts"
import { make } from "./ServerWithVisitors.ts"

const calm = { silence: "1 hour" } as const

/** Node 3, at which anybody may call. */
const world = make(calm, undefined, [], peer("3", 6003))

const soon = TestClock.adjust("1 second")

const guests = (here: Readonly<Record<string, number>>, ...gone: ReadonlyArray<string>) =>
  ({
    type: "guests",
    here: Object.entries(here).map(([name, run]) => ({ id: id(name), epoch: epoch(run), rooms: [] })),
    gone: gone.map(id)
  }) satisfies Control

const typesOf = (frames: ReadonlyArray<Frame>) => frames.map(({ type }) => type)

/** Who is here, as people see it: guests have a star. */
const present = ({ status }: Effect.Effect.Success<typeof world>) =>
  Effect.map(status.peerStatuses, (all) =>
    all.map(({ guestSince, link, peer: { id } }) =>
      guestSince === undefined ? (link === undefined ? `(${id})` : id) : `${id}*`
    )
  )

describe("the guests of a server", () => {
  it.scoped("do not have the id of a peer, also of one that is just being dialled", () =>
    Effect.gen(function* () {
      const node = yield* world
      const server = yield* node.visit("Server")
      const bob = yield* node.visit("bob")
      yield* soon
      server.say(guests({ bob: 7, kim: 8 }))
      yield* soon
      assert.deepStrictEqual(yield* present(node), ["Server", "bob", "kim*"])
      yield* bob.close
      yield* soon
      assert.deepStrictEqual(yield* present(node), ["Server", "(bob)", "kim*"])
      server.say(guests({ bob: 9 }))
      yield* soon
      assert.deepStrictEqual(yield* present(node), ["Server", "(bob)", "kim*"])
      const again = yield* node.visit("bob")
      yield* soon
      assert.include(typesOf(again.heard), "welcome")
      assert.deepStrictEqual(yield* present(node), ["Server", "bob", "kim*"])
    })
  )

  it.scoped("keep their ids from newcomers, and give way to a node that is in the chat already", () =>
    Effect.gen(function* () {
      const node = yield* world
      const server = yield* node.visit("Server")
      yield* soon
      server.say(guests({ bob: 7, kim: 8 }))
      yield* soon
      const newcomer = yield* node.visit("bob", undefined, 2, "client", false)
      yield* soon
      assert.deepStrictEqual(typesOf(newcomer.heard), ["refused"])
      const member = yield* node.visit("bob", undefined, 3)
      yield* soon
      assert.include(typesOf(member.heard), "welcome")
      assert.deepStrictEqual(yield* present(node), ["Server", "bob", "kim*"])
      server.say(guests({ bob: 7 }, "kim"))
      yield* soon
      assert.deepStrictEqual(yield* present(node), ["Server", "bob"])
    })
  )

  it.scoped("have conversations that last while their server is lost, and end when it is back without them", () =>
    Effect.gen(function* () {
      const node = yield* world
      const conversations = () => [...node.log.rooms].filter((room) => room.includes("@")).sort()
      const write = (name: string) => Effect.either(node.log.confide([id(name)], ["psst"]))
      let server = yield* node.visit("Server")
      const isBack = (run: number, ...frames: ReadonlyArray<Control>) =>
        Effect.gen(function* () {
          yield* server.close
          yield* soon
          server = yield* node.visit("Server", undefined, run)
          yield* soon
          server.say(...frames)
          yield* soon
        })
      yield* soon
      server.say(guests({ bob: 7, kim: 8, amy: 9, joe: 10 }))
      yield* soon
      for (const name of ["bob", "kim", "amy", "joe"]) assert.isTrue(Either.isRight(yield* write(name)))
      assert.lengthOf(conversations(), 4)
      server.say(guests({}, "joe"))
      yield* soon
      assert.lengthOf(conversations(), 3, "who is told to be gone")
      yield* isBack(1, guests({ bob: 7 }), { ...guests({ amy: 9 }), all: true })
      assert.deepStrictEqual(conversations(), [`3@bob~${epoch(7)}`, `3@amy~${epoch(9)}`].sort())
      assert.include(String(yield* write("kim")), "GuestGone")
      assert.isTrue(Either.isRight(yield* write("amy")))
      yield* isBack(1, guests({ amy: 11, bob: 7 }))
      assert.deepStrictEqual(conversations(), [`3@bob~${epoch(7)}`], "who has come again is somebody else")
      yield* isBack(2)
      assert.isEmpty(conversations(), "in another run it has others")
      assert.include(String(yield* write("bob")), "GuestGone")
      const bob = yield* node.visit("bob")
      yield* soon
      assert.isTrue(Either.isRight(yield* write("bob")))
      assert.deepStrictEqual(conversations(), ["3@bob"])
      yield* soon
      assert.notInclude(JSON.stringify(bob.heard), epoch(7))
    })
  )
})

describe("a peer that knows nothing of guests", () => {
  it.scoped("is offered what they say to all, like lines of others, and hears nothing else of them", () =>
    Effect.gen(function* () {
      const { log: own, visit } = yield* make(calm)
      const log = yield* Effect.provide(wholeLog, Context.make(MessageLog, own))
      const { guests } = log
      const [bob, kim] = ["bob", "kim"].map((name) => Either.getOrThrow(guests.enter(id(name))))
      if (bob === undefined || kim === undefined) return assert.fail()
      const wants = (frame: Frame): ReadonlyArray<Control> =>
        frame.type === "have"
          ? Object.entries(frame.streams).map(([stream, to]) => ({ type: "want", stream, after: 0, to }) as Control)
          : []
      const old = yield* visit("old", wants, 1, "client", true, undefined, false)
      yield* soon
      yield* guests.join(bob, mainRoom)
      yield* guests.confide(bob, id("kim"), ["psst, kim"], log.screen)
      yield* guests.confide(bob, id("old"), ["psst, old"], log.screen)
      assert.lengthOf(yield* guests.say(bob, mainRoom, ["hello all"], log.screen), 1)
      yield* guests.confide(kim, id("bob"), ["yes?"], log.screen)
      yield* TestClock.adjust("5 seconds")
      guests.rename(bob, id("rob"))
      guests.leave(bob, "")
      yield* TestClock.adjust("20 seconds")
      // It asks for the same each time.
      const posts = old.heard.flatMap((frame) => (frame.type === "post" ? [frame.post] : []))
      assert.isNotEmpty(posts)
      for (const { deps, stream, text } of posts) {
        assert.match(stream, /^bob\/main\//)
        assert.deepStrictEqual([text, deps], ["hello all", {}])
      }
      assert.notInclude(typesOf(old.heard), "guests")
      assert.notInclude(JSON.stringify(old.heard), "@")
    })
  )
})
