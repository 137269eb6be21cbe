/** Keeps which chat a node is in, so that its next start finds it. */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Membership } from "../../services/Membership.ts"
import type { PortStore } from "../../services/PortStore.ts"
import { ChatId } from "../../src/domain/Chat.ts"
import { ChatsDiffer, LogUnavailable, type PortStoreUnavailable } from "../../src/domain/Errors.ts"
import { inSpan } from "../../src/domain/Span.ts"
import { codeOf } from "../../src/domain/Trouble.ts"
import { attemptAt, replaceFile, syncFolder } from "../log/Files.ts"

/** A place where the id of the chat is kept. */
export interface Keep {
  /** The name of the place, for people. */
  readonly place: string
  readonly read: Effect.Effect<ChatId | undefined, LogUnavailable>
  readonly write: (chat: ChatId) => Effect.Effect<void, PortStoreUnavailable>
}

const fileName = "chat"

/**
 * Keeps the chat in the folder of a log, whose posts belong to one chat. If it can't be written there, it holds for
 * this run only.
 */
export const inFolder = (folder: string): Keep => {
  const path = Path.join(folder, fileName)
  return {
    place: folder,
    read: attemptAt(path, async () => {
      const text = await Fs.readFile(path, "utf8").catch((error) => {
        if (codeOf(error) !== "ENOENT") throw error
      })
      if (text === undefined) return undefined
      const chat = text.trim()
      if (!Schema.is(ChatId)(chat)) throw new LogUnavailable({ path, detail: "it names no chat", remedy: "remove it" })
      return chat
    }),
    write: (chat) =>
      Effect.ignore(
        attemptAt(path, async () => {
          const { file } = await replaceFile(path, [Buffer.from(`${chat}\n`)])
          await file.close()
          await syncFolder(folder)
        })
      )
  }
}

/** Keeps the chat in the file that lists all its clients. */
export const inPortStore = (store: PortStore["Type"], path: string): Keep => ({
  place: path,
  read: store.chat,
  write: store.recordChat
})

const random = () => ChatId.make(Crypto.randomBytes(16).toString("hex"))

/**
 * The part of a Membership that concerns the chat. `own`: the chat that the node is in whatever is kept, and the name
 * of its origin for people. Fails if two places name different chats.
 */
export const make = (
  keeps: ReadonlyArray<Keep>,
  own?: { readonly chat: ChatId; readonly place: string }
): Effect.Effect<Pick<Membership["Type"], "chat" | "chatFrom" | "enter" | "enterNow">, ChatsDiffer | LogUnavailable> =>
  Effect.gen(function* () {
    let chat = own?.chat
    let from = own?.place
    /** The places where the chat is not kept yet. */
    let untold: ReadonlyArray<Keep> = []
    for (const keep of keeps) {
      const found = yield* keep.read
      if (found === undefined) untold = [...untold, keep]
      else if (chat === undefined) {
        chat = found
        from = keep.place
      } else if (found !== chat) {
        return yield* new ChatsDiffer({ path: keep.place, other: from ?? "" })
      }
    }
    const oneAtATime = yield* Effect.makeSemaphore(1)
    const settle = (named: ChatId | undefined) =>
      Effect.gen(function* () {
        const entered = chat ?? named ?? random()
        for (const keep of untold) {
          yield* keep.write(entered)
          untold = untold.filter((each) => each !== keep)
        }
        chat = entered
        return entered
      }).pipe(oneAtATime.withPermits(1), inSpan("Membership.enter"))
    const enterNow = (named?: ChatId): ChatId | undefined => {
      if (untold.length > 0) return undefined
      chat ??= named ?? random()
      return chat
    }
    return {
      chat: () => chat,
      chatFrom: own === undefined ? from : undefined,
      enter: (named) =>
        Effect.suspend(() => {
          const entered = enterNow(named)
          return entered === undefined ? settle(named) : Effect.succeed(entered)
        }),
      enterNow
    }
  })
