import * as Fs from "node:fs"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as KeptChat from "../../layers/chat/KeptChat.ts"
import { temporaryFolder } from "../support/folder.ts"
import { chatId } from "../support/samples.ts"

describe("which chat a node is in", () => {
  it.scoped("is none at first, then the one that it enters, and stays that one, at the next start too", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const first = yield* KeptChat.make([KeptChat.inFolder(folder)])
      assert.isUndefined(first.chat())
      assert.strictEqual(yield* first.enter(chatId(7)), chatId(7))
      assert.strictEqual(yield* first.enter(chatId(8)), chatId(7))
      assert.strictEqual(first.chat(), chatId(7))
      assert.deepStrictEqual(Fs.readdirSync(folder), ["chat"])
      const second = yield* KeptChat.make([KeptChat.inFolder(folder)])
      assert.strictEqual(second.chat(), chatId(7))
      assert.strictEqual(second.chatFrom, folder)
    })
  )

  it.effect("is another one each time that a new one is chosen", () =>
    Effect.gen(function* () {
      const chosen = yield* Effect.replicateEffect(
        Effect.flatMap(KeptChat.make([]), ({ enter }) => enter()),
        100
      )
      assert.strictEqual(new Set(chosen).size, 100)
      for (const chat of chosen) assert.match(chat, /^[0-9a-f]{32}$/)
    })
  )

  it.effect("is one, however many are entered at once", () =>
    Effect.gen(function* () {
      const { enter } = yield* KeptChat.make([])
      const entered = yield* Effect.all([enter(chatId(1)), enter(), enter(chatId(2))], { concurrency: "unbounded" })
      assert.deepStrictEqual(new Set(entered).size, 1)
    })
  )

  it.scoped("gets to each place that does not know it yet", () =>
    Effect.gen(function* () {
      const [known, empty] = [yield* temporaryFolder, yield* temporaryFolder]
      Fs.writeFileSync(`${known}/chat`, `${chatId(3)}\n`)
      const { chat, enter } = yield* KeptChat.make([KeptChat.inFolder(empty), KeptChat.inFolder(known)])
      assert.strictEqual(chat(), chatId(3))
      yield* enter()
      assert.strictEqual(Fs.readFileSync(`${empty}/chat`, "utf8"), `${chatId(3)}\n`)
    })
  )

  it.scoped("is told apart: two places of two chats, or one that names none, are an error in words", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* temporaryFolder, yield* temporaryFolder]
      Fs.writeFileSync(`${one}/chat`, `${chatId(1)}\n`)
      Fs.writeFileSync(`${other}/chat`, `${chatId(2)}\n`)
      const differ = yield* Effect.flip(KeptChat.make([KeptChat.inFolder(one), KeptChat.inFolder(other)]))
      assert.strictEqual(
        differ.message,
        `${other} and ${one} belong to different chats: name another folder with --data.`
      )
      const own = { chat: chatId(3), place: "this user's keys" }
      const secure = yield* Effect.flip(KeptChat.make([KeptChat.inFolder(one)], own))
      assert.strictEqual(
        secure.message,
        `${one} and this user's keys belong to different chats: name another folder with --data.`
      )
      Fs.writeFileSync(`${one}/chat`, "hm\n")
      const none = yield* Effect.flip(KeptChat.make([KeptChat.inFolder(one)]))
      assert.strictEqual(none.message, `${one}/chat can't be used (it names no chat): remove it.`)
    })
  )
})
