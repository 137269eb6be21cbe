/** What holds of every Bus. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Bus } from "../../../services/Bus.ts"
import { makeSignal } from "../../../src/domain/Signal.ts"
import { Position, type Stored } from "../../../src/domain/Stored.ts"
import { appended } from "../../support/appended.ts"
import { bytesOf, textOf } from "../../support/bytes.ts"

/** Two members of one bus, on which nothing has been said. */
export interface Members {
  readonly here: Bus["Type"]
  readonly there: Bus["Type"]
}

/** Gathers what comes. `until` waits for that many. */
const gathering = () => {
  const signal = makeSignal()
  const all: Array<string> = []
  return {
    all,
    add: (...texts: ReadonlyArray<string>) => {
      all.push(...texts)
      signal.changed()
    },
    until: (count: number) =>
      Effect.as(
        signal.until(() => all.length >= count),
        all
      ),
    untilIncludes: (text: string) => signal.until(() => all.includes(text))
  }
}

/** A position of another store: it counts as the beginning. */
const foreign = Position.make("elsewhere/1")

const shown = ({ bytes, subject }: Pick<Stored, "bytes" | "subject">) => `${subject} ${textOf(bytes)}`

/** `members`: on another bus for each test. */
export const holdsFor = (members: Effect.Effect<Members, never, Scope.Scope>): void => {
  const holds = (name: string, test: (members: Members) => Effect.Effect<void, unknown, Scope.Scope>) =>
    it.scoped(name, () => Effect.flatMap(members, test))

  holds("it is connected", ({ here }) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* here.state.get)._tag, "Connected")
      assert.isAtLeast(here.mostBytes(), 262_144)
    })
  )

  holds("what is published comes to all subscribers of the subject, in order, and to nobody else", ({ here, there }) =>
    Effect.gen(function* () {
      const [one, other, mine] = [gathering(), gathering(), gathering()]
      yield* there.subscribe("link.east.*", (bytes, subject) => one.add(shown({ bytes, subject })))
      yield* there.subscribe("link.>", (bytes, subject) => other.add(shown({ bytes, subject })))
      yield* here.subscribe("link.east.1", (bytes, subject) => mine.add(shown({ bytes, subject })))
      for (let at = 0; at < 20; at++) assert.isTrue(here.publish("link.east.1", bytesOf(`${at}`)))
      assert.isTrue(here.publish("link.west.1.2", bytesOf("last")))
      const all = Array.from({ length: 20 }, (_, at) => `link.east.1 ${at}`)
      assert.deepStrictEqual(yield* other.until(21), [...all, "link.west.1.2 last"])
      assert.deepStrictEqual(yield* one.until(20), all)
      assert.deepStrictEqual(yield* mine.until(20), all)
    })
  )

  holds("nothing comes after the scope of a subscription", ({ here, there }) =>
    Effect.gen(function* () {
      const [one, other] = [gathering(), gathering()]
      yield* Effect.scoped(there.subscribe("link.a", (bytes) => one.add(textOf(bytes))))
      yield* there.subscribe("link.*", (bytes) => other.add(textOf(bytes)))
      here.publish("link.a", bytesOf("lost"))
      yield* other.until(1)
      assert.deepStrictEqual(one.all, [])
    })
  )

  holds("what is appended comes to all that follow, in order, from where each was", ({ here, there }) =>
    Effect.gen(function* () {
      const told = gathering()
      const positions: Array<Stored["position"]> = []
      const following = yield* Effect.fork(
        there.follow(undefined, (batch) =>
          Effect.sync(() => {
            positions.push(...batch.map(({ position }) => position))
            told.add(...batch.map(shown))
          })
        )
      )
      let knocks = 0
      // A follower from now on has begun once it hears something.
      const knocking = yield* Effect.fork(
        Effect.forever(Effect.suspend(() => appended(here, "post.east.main", `knock/${knocks++}`, bytesOf("knock"))))
      )
      yield* told.until(1)
      yield* Fiber.interrupt(knocking)
      yield* Effect.forEach(["1", "2", "3"], (n) => appended(here, "post.east.main", `a/${n}`, bytesOf(n)), {
        concurrency: "unbounded"
      })
      yield* appended(there, "post.west.room", "b/1", bytesOf("from there"))
      yield* told.untilIncludes("post.west.room from there")
      const said = told.all.filter((each) => !each.endsWith("knock"))
      assert.deepStrictEqual(said, [
        "post.east.main 1",
        "post.east.main 2",
        "post.east.main 3",
        "post.west.room from there"
      ])
      yield* Fiber.interrupt(following)

      const again = gathering()
      const from = positions[told.all.indexOf("post.east.main 2")]
      yield* Effect.fork(there.follow(from, (batch) => Effect.sync(() => again.add(...batch.map(shown)))))
      assert.deepStrictEqual(yield* again.until(2), ["post.east.main 3", "post.west.room from there"])
    })
  )

  holds("a message whose id was used before is stored once", ({ here, there }) =>
    Effect.gen(function* () {
      yield* appended(here, "post.east.main", "start", bytesOf("start"))
      for (const id of ["a/1", "a/1", "a/2", "a/1"]) yield* appended(here, "post.east.main", id, bytesOf(id))
      yield* appended(there, "post.west.main", "a/2", bytesOf("a/2"))
      yield* appended(there, "post.west.main", "end", bytesOf("end"))
      const told = gathering()
      yield* Effect.fork(there.follow(foreign, (batch) => Effect.sync(() => told.add(...batch.map(shown)))))
      assert.deepStrictEqual(yield* told.until(4), [
        "post.east.main start",
        "post.east.main a/1",
        "post.east.main a/2",
        "post.west.main end"
      ])
    })
  )

  holds("a follower that takes its time gets everything, in order", ({ here, there }) =>
    Effect.gen(function* () {
      const all = Array.from({ length: 600 }, (_, at) => `${at}`)
      yield* Effect.forEach(all, (text) => appended(here, "post.east.main", text, bytesOf(text)), { concurrency: 50 })
      const told = gathering()
      yield* Effect.fork(
        there.follow(foreign, (batch) =>
          Effect.zipRight(
            Effect.yieldNow(),
            Effect.sync(() => told.add(...batch.map(({ bytes }) => textOf(bytes))))
          )
        )
      )
      assert.deepStrictEqual(yield* told.until(600), all)
    })
  )

  holds("of those that make an entry at once, one succeeds", ({ here, there }) =>
    Effect.gen(function* () {
      const tries = [here, there, here, there].map(({ bucket }, at) => bucket.create("member.ann", bytesOf(`${at}`)))
      const results = yield* Effect.forEach(tries, Effect.either, { concurrency: "unbounded" })
      assert.lengthOf(results.filter(Either.isRight), 1)
      for (const result of results) if (Either.isLeft(result)) assert.strictEqual(result.left._tag, "KeyTaken")
      const winner = results.findIndex(Either.isRight)
      assert.strictEqual(textOf((yield* there.bucket.get("member.ann"))?.bytes ?? bytesOf("")), `${winner}`)
    })
  )

  holds("an entry is changed and removed by whoever knows its revision", ({ here, there }) =>
    Effect.gen(function* () {
      assert.isUndefined(yield* here.bucket.get("member.ann"))
      const first = yield* here.bucket.create("member.ann", bytesOf("east"))
      const second = yield* there.bucket.update("member.ann", bytesOf("west"), first)
      assert.isAbove(second, first)
      for (const late of [
        here.bucket.update("member.ann", bytesOf("east"), first),
        here.bucket.remove("member.ann", first)
      ]) {
        assert.strictEqual((yield* Effect.flip<number | void, { readonly _tag: string }, never>(late))._tag, "KeyTaken")
      }
      assert.deepStrictEqual(yield* here.bucket.get("member.ann"), {
        key: "member.ann",
        revision: second,
        bytes: bytesOf("west")
      })
      yield* here.bucket.remove("member.ann", second)
      assert.isUndefined(yield* there.bucket.get("member.ann"))
      const third = yield* there.bucket.create("member.ann", bytesOf("again"))
      assert.isAbove(third, second)
    })
  )

  holds("all entries below a prefix are those that are there", ({ here, there }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* here.bucket.all("member."), [])
      for (const key of ["member.ann", "member.bob", "member.cem", "server.east"]) {
        yield* here.bucket.create(key, bytesOf(key))
      }
      const bob = yield* there.bucket.get("member.bob")
      yield* there.bucket.remove("member.bob", bob?.revision ?? 0)
      const found = yield* there.bucket.all("member.")
      assert.sameMembers(
        found.map(({ bytes }) => textOf(bytes)),
        ["member.ann", "member.cem"]
      )
    })
  )

  holds("whoever watches is told what is there, and then each change", ({ here, there }) =>
    Effect.gen(function* () {
      const ann = yield* here.bucket.create("server.east", bytesOf("1"))
      yield* here.bucket.create("member.ann", bytesOf("ann"))
      const told = gathering()
      yield* Effect.fork(
        Stream.runForEach(there.bucket.watch("server."), ({ bytes, key }) =>
          Effect.sync(() => told.add(`${key} ${bytes === undefined ? "gone" : textOf(bytes)}`))
        )
      )
      yield* told.until(1)
      const next = yield* here.bucket.update("server.east", bytesOf("2"), ann)
      yield* told.until(2)
      yield* here.bucket.create("server.west", bytesOf("3"))
      yield* told.until(3)
      yield* here.bucket.remove("server.east", next)
      assert.deepStrictEqual(yield* told.until(4), [
        "server.east 1",
        "server.east 2",
        "server.west 3",
        "server.east gone"
      ])
    })
  )
}
