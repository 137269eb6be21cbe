/** The commands about files: `/send`, `/files`, `/get`, `/cancel` and `/drop`. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Files } from "../../../services/Files.ts"
import { Folders } from "../../../services/Folders.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { havingInWords } from "../../domain/Amounts.ts"
import { privatelyTo } from "../../domain/Conversation.ts"
import { Fact } from "../../domain/Fact.ts"
import { nearest } from "../../domain/Nearest.ts"
import { type Offer, textOf } from "../../domain/Offer.ts"
import { makingInWords, offerInWords, transferInWords } from "../../domain/OfferWords.ts"
import { namesIn, withHome } from "../../domain/Path.ts"
import { PeerId, title, titlesOf } from "../../domain/Peer.ts"
import { notJoined } from "../../domain/Place.ts"
import { type Room, RoomFromString } from "../../domain/Post.ts"
import { notice } from "../../domain/ScreenLine.ts"
import { offerAndFolderArgument, offerArgument, pathsArgument } from "../../domain/SlashCommand.ts"
import type { KnownOffer } from "../../domain/Transfer.ts"
import { isQuoted, wordsIn } from "../../domain/Words.ts"
import { type Known, known, leftOut, seekMissing, statusOf } from "../offers.ts"
import { Answer, answer, Later, make, Say } from "./Command.ts"
import { objectionTo } from "./readers.ts"

/** How many offers `/files` lists: the last ones. */
const mostListed = 20

/** How long `/files` waits for peers to say what they have. */
const forAnswers = "300 millis"

const lineOn = ({ by, holders, number, offer, transfer }: KnownOffer): string => {
  const where = transfer !== undefined ? transferInWords(transfer) : havingInWords(titlesOf(holders), holders.length)
  return `${number}. ${offerInWords(offer)} of ${title(by)}: ${where}`
}

export const files = make({
  name: "files",
  group: "Files",
  elsewhere: ["ls", "dcc", "downloads", "transfers"],
  help: "Lists the files that are offered: who has them, and how far they are here.",
  arguments: Schema.Tuple(),
  run: () =>
    Effect.gen(function* () {
      const { making } = yield* Files
      const all = yield* known
      const before = Math.max(0, all.length - mostListed)
      const listed = all.slice(before)
      if (yield* seekMissing(listed)) yield* Effect.sleep(forAnswers)
      const states = yield* Effect.forEach(listed, statusOf)
      const lines = [
        ...(before === 0 ? [] : [`${before} older offers are not listed.`]),
        ...states.map(lineOn),
        ...making().map(makingInWords)
      ]
      return Answer({
        lines: (lines.length === 0 ? ["Nothing is offered. /send FILE offers a file."] : lines).map(notice),
        facts: states.map((each) => Fact.Offered(each))
      })
    })
})

/** To whom something is offered, as the last words of a command name it. */
type Whither = { readonly room?: Room } | { readonly refused: string }

const whitherOf = (words: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { isJoined } = yield* Rooms
    const [first] = words
    if (first === undefined) return {} satisfies Whither
    if (first.startsWith("#")) {
      const room = Schema.decodeUnknownOption(RoomFromString)(first)
      if (words.length > 1 || room._tag === "None")
        return { refused: `${words.join(" ")} is no room.` } satisfies Whither
      return isJoined(room.value) ? { room: room.value } : ({ refused: notJoined(room.value) } satisfies Whither)
    }
    const ids = words.flatMap((word) => word.split(",")).map((word) => word.replace(/^@/, ""))
    if (!ids.every(Schema.is(PeerId))) return { refused: `There is no file ${words.join(" ")}.` } satisfies Whither
    const objection = yield* objectionTo(ids)
    return objection === undefined ? { room: privatelyTo(ids) } : ({ refused: objection } satisfies Whither)
  })

/**
 * The paths that a line begins with, and the words behind them. A line that is a path as a whole needs no quotes; other
 * paths with blanks do.
 */
const pathsIn = (line: string) =>
  Effect.gen(function* () {
    const { exists } = yield* FileSystem.FileSystem
    const { home } = yield* Folders
    const isThere = (path: string) => Effect.orElseSucceed(exists(withHome(path, home)), () => false)
    if (yield* isThere(line)) return { paths: [withHome(line, home)], rest: [] }
    const words = wordsIn(line)
    const there = yield* Effect.forEach(words, (word) => (isQuoted(word) ? Effect.succeed(true) : isThere(word.text)))
    const end = there.findIndex((is) => !is)
    // The first word is meant as a path, even if nothing is there.
    const count = end === -1 ? words.length : Math.max(1, end)
    const texts = words.map(({ text }) => text)
    return { paths: texts.slice(0, count).map((path) => withHome(path, home)), rest: texts.slice(count) }
  })

export const send = make({
  name: "send",
  group: "Files",
  elsewhere: ["share", "upload", "attach", "sendfile"],
  help: "Offers files or folders: /send FILE #ROOM, or /send FILE ID for ID alone.",
  details:
    "Whoever sees the offer can fetch it with /get, also from others who have fetched it, and while you are gone. Nothing is sent before. A FILE with blanks beside other words needs quotes.",
  arguments: Schema.Tuple(pathsArgument),
  run: ([line]) =>
    Effect.gen(function* () {
      const { paths, rest } = yield* pathsIn(line)
      const whither = yield* whitherOf(rest)
      if ("refused" in whither) return answer(whither.refused)
      const { offer } = yield* Files
      const name = namesIn(paths)
      return Later({
        outcome: Effect.match(offer(paths), {
          onFailure: (error) => answer(...(error._tag === "OfferGivenUp" ? [] : [error.message])),
          onSuccess: ({ offer, skipped }) =>
            Say({
              ...whither,
              text: textOf(offer),
              notices: leftOut(skipped)
            })
        }),
        meanwhile: `${name} is being read, and offered then. /cancel ${name} gives it up.`,
        givenUp: `${name} was not offered: it was still being read.`
      })
    })
})

/** Gives up what is being read under that name, as it was typed or as it is called. */
const giveUpReading = (line: string) =>
  Effect.gen(function* () {
    const { giveUp, making } = yield* Files
    const meant = making().find(({ names }) => [names.join(" "), namesIn(names)].includes(line.trim()))
    return meant !== undefined && (yield* giveUp(meant))
  })

/** The offer that a line begins with, by its number or name, and the rest of the line. */
const offerNamedIn = (
  line: string,
  all: ReadonlyArray<Known>
): { readonly offer: Offer; readonly rest: string } | undefined => {
  const [, number = "", folder = ""] = /^(\d+)(?:\s+(.*))?$/su.exec(line) ?? []
  // The last of those that were offered under a name is meant, and the longest name.
  const named = all
    .filter(({ offer: { name } }) => line === name || line.startsWith(`${name} `))
    .reduce<Offer | undefined>(
      (best, { offer }) => (best === undefined || offer.name.length >= best.name.length ? offer : best),
      undefined
    )
  if (named !== undefined) return { offer: named, rest: line.slice(named.name.length).trim() }
  const numbered = number === "" ? undefined : all[Number(number) - 1]
  return numbered === undefined ? undefined : { offer: numbered.offer, rest: folder.trim() }
}

/** Does something with the offer that is named. `rest`: what stands behind its name. */
const withOffer = <R>(line: string, act: (offer: Offer, rest: string) => Effect.Effect<string, never, R>) =>
  Effect.gen(function* () {
    const all = yield* known
    const found = offerNamedIn(line.trim(), all)
    if (found !== undefined) return answer(yield* act(found.offer, found.rest))
    const meant = nearest(
      line.trim(),
      all.map(({ offer }) => offer.name)
    )
    return answer(
      `No file called ${line.trim()} is offered here${meant === undefined ? "." : `; did you mean ${meant}?`} /files lists them.`
    )
  })

/** A folder, in quotes or with backslashes as in `/send`, or as it is with its blanks. */
const folderNamedBy = (text: string): string => {
  const [only, ...others] = wordsIn(text)
  return only === undefined || others.length > 0 ? text : only.text
}

export const get = make({
  name: "get",
  group: "Files",
  elsewhere: ["fetch", "download", "receive", "accept"],
  help: "Fetches a FILE that is offered, by its name or number in /files. A folder may follow.",
  details:
    "It comes from all who have it, and goes on where it stopped if it is asked for again. What is there is never overwritten.",
  arguments: Schema.Tuple(offerAndFolderArgument),
  run: ([line]) =>
    withOffer(line, (offer, folder) =>
      Effect.gen(function* () {
        const { fetch, transfers } = yield* Files
        const { home } = yield* Folders
        if (yield* fetch(offer, folder === "" ? undefined : withHome(folderNamedBy(folder), home))) {
          return `${offerInWords(offer)} is being fetched. /files shows how far it is, /cancel ${offer.name} stops it.`
        }
        const transfer = transfers().get(offer.digest)
        return transfer === undefined ? `${offer.name} is here already.` : `${offer.name}: ${transferInWords(transfer)}`
      })
    )
})

export const cancel = make({
  name: "cancel",
  group: "Files",
  help: "Stops fetching a FILE. What is here of it is kept: /get goes on there.",
  details: "It also gives up a FILE that is being read for /send.",
  arguments: Schema.Tuple(offerArgument),
  run: ([line]) =>
    Effect.gen(function* () {
      if (yield* giveUpReading(line)) return answer(`${line.trim()} is read no further, and not offered.`)
      const { cancel: stop } = yield* Files
      return yield* withOffer(line, (offer) =>
        Effect.map(stop(offer.digest), (isStopped) =>
          isStopped
            ? `${offer.name} is fetched no further. /get ${offer.name} goes on where it stopped.`
            : `${offer.name} is not being fetched.`
        )
      )
    })
})

export const drop = make({
  name: "drop",
  group: "Files",
  elsewhere: ["unshare", "unsend"],
  help: "Stops sharing a FILE that you have offered or fetched. It stays on your disk.",
  arguments: Schema.Tuple(offerArgument),
  run: ([line]) =>
    withOffer(line, (offer) =>
      Effect.gen(function* () {
        const { drop: forget } = yield* Files
        const { self } = yield* PeerMesh
        return (yield* forget(offer.digest))
          ? `${offer.name} is shared by ${title(self.id)} no more. Others who have fetched it may still share it.`
          : `${offer.name} is not shared here.`
      })
    )
})
