/** Guests in a simulated chat: what they do, and which of their promises were broken. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Log } from "../../layers/log/Log.ts"
import type { Guest } from "../../services/Guests.ts"
import type { MeshStatus } from "../../services/MeshStatus.ts"
import { isOf, isPrivateStream, visitorsIn } from "../../src/domain/Conversation.ts"
import { PeerId, serverId } from "../../src/domain/Peer.ts"
import { mainRoom, millisOf, roomIn } from "../../src/domain/Post.ts"
import type { Life } from "./Checker.ts"

/** A running node. */
interface Inside {
  readonly id: PeerId
  readonly log: Log
  readonly status: MeshStatus["Type"]
}

/** The random choices of a schedule. */
interface Draw {
  readonly below: (bound: number) => number
  readonly among: <A>(list: ReadonlyArray<A>) => A
}

/** Somebody who is a guest for a while. `names`: the ids that it has had, each with when that began. */
interface Person {
  readonly guest: Guest
  readonly names: Set<string>
}

/** A line that a guest has said, or that was said to one. `readers`: undefined if it is for all. */
interface Line {
  readonly at: number
  readonly readers: ReadonlySet<Person | PeerId> | undefined
}

/** So few ids that many have the same one, one after the other. */
const ids = ["ga", "gb", "gc"].map((id) => PeerId.make(id))
const nobody = PeerId.make("gd")

const nameOf = (id: PeerId, since: number): string => `${id}@${since}`

/** A line of a guest on a screen: its text, and whether it is shown as history. */
const shownIn = (line: string): { readonly text: string; readonly earlier: boolean } | undefined => {
  const text = /Client g\w: (G\d+)$/.exec(line)?.[1]
  return text === undefined ? undefined : { text, earlier: line.includes("(earlier)") }
}

export const makeVisits = (draw: Draw, now: () => number) => {
  const lines = new Map<string, Line>()
  const broken = new Set<string>()
  /** The guests of the server that runs now. */
  let host: Log["guests"] | undefined
  let present: ReadonlyArray<Person> = []

  const says = (readers: Line["readers"]): string => {
    const text = `G${lines.size}`
    lines.set(text, { at: now(), readers })
    return text
  }
  const called = (person: Person): Person => {
    person.names.add(nameOf(person.guest.id, millisOf(person.guest.epoch)))
    return person
  }
  const personAt = (name: string): Person | undefined => present.find(({ names }) => names.has(name))

  const enter = ({ log: { guests } }: Inside) =>
    Effect.suspend(() => {
      const found = guests.enter(draw.among(ids))
      if (Either.isLeft(found)) return Effect.void
      present = [...present, called({ guest: found.right, names: new Set() })]
      return Effect.ignore(guests.join(found.right, mainRoom))
    })

  /** A guest writes to another, to a node, or to somebody who is not there. */
  const confide = ({ log }: Inside, nodes: ReadonlyArray<PeerId>, person: Person) =>
    Effect.gen(function* () {
      const to = draw.among([...nodes, serverId, ...ids, nobody])
      const reader = present.find(({ guest }) => guest.id === to) ?? to
      if (reader === person) return
      const by = yield* log.openReader(0)
      yield* Effect.ignore(log.guests.confide(person.guest, to, [says(new Set([person, reader]))], by))
    })

  /** A node writes to whoever is a guest as far as it knows. */
  const write = ({ id, log, status }: Inside) =>
    Effect.gen(function* () {
      const guests = (yield* status.peerStatuses).filter(({ guestSince }) => guestSince !== undefined)
      if (guests.length === 0) return
      const { guestSince = 0, peer } = draw.among(guests)
      const since = id === serverId ? millisOf(log.guests.here.get(peer.id)?.epoch ?? log.epoch) : guestSince
      const reader = personAt(nameOf(peer.id, since))
      if (reader !== undefined) yield* Effect.ignore(log.confide([peer.id], [says(new Set([reader, id]))]))
    })

  /** What each guest may read at its node was said by it, or to it. */
  const look = ({ log }: Inside): void => {
    const kept = log.kept()
    for (let index = 0; index < kept.size; index += 1) {
      const post = kept.at(index)
      if (post === undefined || !isPrivateStream(post.stream)) continue
      for (const person of present) {
        if (!isOf(roomIn(post.stream), person.guest.visitor)) continue
        if (lines.get(post.text)?.readers?.has(person) === true) continue
        broken.add(`Guests: ${person.guest.id} may read ${post.text}, which is not for it`)
      }
    }
  }

  return {
    /** Something happens among the guests of the server, if it runs. */
    step: (server: Inside | undefined, clients: ReadonlyArray<Inside>) =>
      Effect.gen(function* () {
        if (host !== server?.log.guests) present = []
        host = server?.log.guests
        if (server === undefined || host === undefined) return
        const { here } = host
        present = present.filter(({ guest }) => here.get(guest.id) === guest)
        const dice = draw.below(100)
        const person = present.length === 0 ? undefined : draw.among(present)
        if (dice < 25 || person === undefined) yield* enter(server)
        else if (dice < 45) {
          const by = yield* server.log.openReader(0)
          yield* Effect.ignore(host.say(person.guest, mainRoom, [says(undefined)], by))
        } else if (dice < 65) {
          yield* confide(
            server,
            clients.map(({ id }) => id),
            person
          )
        } else if (dice < 80) yield* write(draw.among([server, ...clients]))
        else if (dice < 92) host.leave(person.guest, "")
        else {
          host.rename(person.guest, draw.among(ids))
          called(person)
        }
        look(server)
      }),
    /** All is calm: everybody knows the same guests, and nobody talks with one that is gone. */
    end: (server: Inside | undefined, clients: ReadonlyArray<Inside>) =>
      Effect.gen(function* () {
        if (server === undefined) return
        look(server)
        const { here } = server.log.guests
        const names = Array.from(here.values(), ({ epoch, id }) => nameOf(id, millisOf(epoch))).sort()
        for (const { id, status } of clients) {
          const known = (yield* status.peerStatuses)
            .flatMap(({ guestSince, peer }) => (guestSince === undefined ? [] : [nameOf(peer.id, guestSince)]))
            .sort()
          if (known.join() !== names.join()) broken.add(`Guests: ${id} knows ${known.join()}, not ${names.join()}`)
        }
        const visitors = new Set(Array.from(here.values(), ({ visitor }) => visitor))
        for (const { id, log } of [server, ...clients]) {
          for (const room of log.rooms) {
            if (visitorsIn(room).every((visitor) => visitors.has(visitor))) continue
            broken.add(`Guests: ${id} takes part in ${room}, of one that is gone`)
          }
        }
      }),
    /** All that was broken, also on these screens and disks. */
    broken: (lives: ReadonlyArray<Life>): ReadonlyArray<string> => {
      const last = lives.filter(({ ended }) => !ended)
      const isKept = new Set(last.flatMap(({ kept }) => kept))
      for (const { began, ended, node, shown } of lives) {
        const seen = new Set<string>()
        for (const { line } of shown) {
          const post = shownIn(line)
          if (post === undefined) continue
          const readers = lines.get(post.text)?.readers
          if (readers !== undefined && !readers.has(node as PeerId))
            broken.add(`Guests: ${node} shows ${post.text}, which is not for it`)
          if (seen.has(post.text) && !post.earlier) broken.add(`Guests: ${node} shows ${post.text} twice`)
          seen.add(post.text)
        }
        // Whoever was linked when a line was said, and still is there, has it, if anybody has.
        const linked = shown.find(({ line }) => /(initiated|reconnected)$/.test(line))?.at ?? Number.POSITIVE_INFINITY
        const isToldOfLoss = shown.some(({ line }) => /no longer/.test(line))
        if (ended || isToldOfLoss) continue
        for (const [text, { at, readers }] of lines) {
          if (readers !== undefined || at <= Math.max(began, linked) || !isKept.has(text) || seen.has(text)) continue
          broken.add(`Guests: ${node} never shows ${text}`)
        }
      }
      for (const { kept, node } of last) {
        for (const text of node === serverId ? [] : kept) {
          const readers = lines.get(text)?.readers
          if (readers !== undefined && !readers.has(node as PeerId))
            broken.add(`Guests: ${node} keeps ${text}, which is not for it`)
        }
      }
      return [...broken]
    }
  }
}
