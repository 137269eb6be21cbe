/**
 * Mutants: the real source with a few words changed, so that one rule of delivery is missing. The simulation must
 * notice each.
 */

import { firstOfFiles, firstOfGuests, firstOfPrivate, firstOfRooms, firstOfSites } from "./schedules.ts"

export interface Mutant {
  readonly name: string
  /** The first seed to try: one that notices it, and runs for a short time only. 0 by default. */
  readonly seed?: number
  /** The message of a seed that notices it; by default a broken promise of delivery. */
  readonly notices?: RegExp
  readonly changes: ReadonlyArray<{ readonly file: string; readonly from: string; readonly to: string }>
}

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "no epoch: every run of an author speaks in the same stream, and none wonders at it",
    seed: 20,
    changes: [
      {
        file: "layers/replication/Forks.ts",
        from: "proof === undefined ? Effect.void : forked(",
        to: "proof !== null ? Effect.void : forked("
      },
      {
        file: "layers/log/Log.ts",
        from: "epochOf(millis, chance)",
        to: "epochOf(1, author.charCodeAt(0))"
      }
    ]
  },
  {
    name: "pushing before the append: links get a post before the disk has it",
    seed: 9,
    changes: [
      {
        file: "layers/log/Speaking.ts",
        from: "        for (const said of all) enter(said, fill)\n",
        to: ""
      },
      {
        file: "layers/log/Speaking.ts",
        from: "    const fill = entries.reserve(count)\n",
        to: "    const fill = entries.reserve(count)\n    for (const said of all) enter(said, fill)\n    grown()\n"
      }
    ]
  },
  {
    name: "not dropping duplicates",
    seed: 24,
    changes: [
      {
        file: "src/protocol/PostStore.ts",
        from: "    if (n <= have) return at + 1\n",
        to: ""
      },
      {
        file: "src/protocol/PostStore.ts",
        from: "post.n !== have + 1 ||",
        to: "post.n > have + 1 ||"
      }
    ]
  },
  {
    name: "ignoring deps: an answer may stand above its question",
    seed: 5,
    changes: [
      {
        file: "src/protocol/PostStore.ts",
        from: ".every(([stream, n]) => n <= this.have(stream))",
        to: ".every(() => true)"
      }
    ]
  },
  {
    name: "forgetting with a restart what an answer must stand below",
    seed: 9,
    changes: [
      {
        file: "src/protocol/PostStore.ts",
        from: "    this.#append([restored])\n    for (const { post } of postsIn(restored)) this.#see(post)",
        to: "    this.#append([restored])"
      }
    ]
  },
  {
    name: "taking what is on disk for shown: a crash between the disk and the screen",
    seed: 11,
    changes: [
      {
        file: "layers/log/Readers.ts",
        from: "first = Math.max(entries.dropped, mark.position)",
        to: "first = entries.end"
      }
    ]
  },
  {
    name: "no summary: neither side says what it has",
    seed: 9,
    changes: [
      {
        file: "layers/replication/Summaries.ts",
        from: "...haveFrames(within(rooms, [...summary]))",
        to: "...haveFrames([])"
      },
      { file: "layers/replication/Summaries.ts", from: "marks.length === 0 ? [] : haveFrames(marks)", to: "[]" }
    ]
  },
  {
    name: "in a secure chat, believing whoever hands something on",
    seed: 17,
    changes: [
      {
        file: "layers/replication/Proofs.ts",
        from: 'const proof = isItsOwn ? "proven" : proofOf(membership, block)',
        to: 'const proof = "proven" as Proof'
      }
    ]
  },
  {
    name: "leaving at once: what nobody has is lost in silence",
    seed: 20,
    notices: /leaves without a word/,
    changes: [
      {
        file: "src/programs/leaving.ts",
        from: "if ((yield* undelivered) === 0) return",
        to: "if (within !== undefined) return"
      }
    ]
  },
  {
    name: "telling nobody who has left",
    seed: 16,
    notices: /looks for 9, which has left/,
    changes: [
      {
        file: "layers/links/Departures.ts",
        from: "return left.length === 0 ? Effect.void : link.send(...left)",
        to: "return left.length >= 0 ? Effect.void : link.send(...left)"
      }
    ]
  },
  {
    name: "trusting the clock: what is older than the last line shown is taken for seen",
    seed: 20,
    changes: [
      { file: "src/protocol/PostStore.ts", from: "  #bytes = 0\n", to: "  #bytes = 0\n  #latest = 0\n" },
      {
        file: "src/protocol/PostStore.ts",
        from: "if (n <= have) return at + 1",
        to: "if (n <= have || received.post.at < this.#latest) return at + 1\n    this.#latest = received.post.at"
      }
    ]
  },
  {
    name: "holding for ever what stands below a stream that nobody has named",
    seed: 23,
    changes: [
      {
        file: "layers/replication/Gone.ts",
        from: "for (const stream of missing.keys()) blocked.add(stream)",
        to: ""
      }
    ]
  },
  {
    name: "given up is the end: nobody dials who was given up",
    seed: 22,
    notices: /has no link to/,
    changes: [
      {
        file: "layers/links/Search.ts",
        from: "if (strays.size === 0 || isLeaving()) return Effect.void",
        to: "if (strays.size >= 0) return Effect.void"
      }
    ]
  },
  {
    name: "forgetting to fold: streams grow more and more, until newcomers are shut out",
    seed: 14,
    notices: /has no link to|may have \d+ for a room/,
    changes: [
      {
        file: "src/protocol/PostStore.ts",
        from: "if (this.#streams.size <= this.#foldAbove) return false",
        to: "if (this.#streams.size >= 0) return false"
      }
    ]
  },
  {
    name: "folding without a word: what was folded away elsewhere, and never came here, is lost in silence",
    seed: 14,
    notices: /I3:/,
    changes: [
      {
        file: "layers/log/Log.ts",
        from: "entries.add(Entry.Outlived({ count: lines }))",
        to: "void lines"
      }
    ]
  },
  {
    name: "one memory for all rooms: an answer in a room may stand above its question there",
    seed: firstOfRooms + 1,
    notices: /I2:/,
    changes: [
      {
        file: "src/protocol/PostStore.ts",
        from: "const news = (this.#only ?? this.#roomOf(post.stream))?.news",
        to: "const news = this.#rooms.get(mainRoom)?.news"
      }
    ]
  },
  {
    name: "joining a room without counting what was said there as seen",
    seed: firstOfRooms,
    notices: /Rooms: .* before it joined/,
    changes: [
      {
        file: "layers/replication/OwnRooms.ts",
        from: "...(told === undefined ? {} : { seen: told })",
        to: "...(told === null ? { seen: told } : {})"
      }
    ]
  },
  {
    name: "a room is heard by everybody: its posts go to those who take no part in it, and are taken in",
    seed: firstOfRooms + 1,
    notices: /Rooms:|I3:/,
    changes: [
      {
        file: "layers/replication/Sharing.ts",
        from: "for (const room of link.replica.met ?? []) if (isShared(link, room)) fanOut.follow(link, room)",
        to: "for (const room of log.rooms) fanOut.follow(link, room)"
      },
      {
        file: "src/protocol/PostStore.ts",
        from: "if (room?.fold === undefined) return room === undefined",
        to: "if (room?.fold === undefined) return false"
      }
    ]
  },
  {
    name: "deps across rooms: a line is to stand below what its author has seen in other rooms",
    seed: firstOfRooms + 1,
    notices: /Rooms: .* of another room/,
    changes: [
      {
        file: "src/protocol/PostStore.ts",
        from: "    news.set(post.stream, post.n)",
        to: "    for (const each of this.#rooms.values()) each.news.set(post.stream, post.n)"
      }
    ]
  },
  {
    name: "in a secure chat, a private line is sealed for all, and opened by a third",
    seed: firstOfPrivate + 1,
    notices: /Private: .* not for it/,
    changes: [
      {
        file: "layers/RosterMembership.ts",
        from: "letter.to.flatMap((id) =>",
        to: '["1", "2", "3", "Server"].flatMap((id) =>'
      }
    ]
  },
  {
    name: "in a plain chat, what two say to each other goes to everybody",
    seed: firstOfPrivate + 4,
    notices: /Private: .* not for it/,
    changes: [
      {
        file: "layers/replication/Ground.ts",
        from: "isPrivateStream(stream) &&",
        to: "false &&"
      },
      {
        file: "layers/replication/Sharing.ts",
        from: "        if (!link.rooms.has(room)) continue\n        link.replica.met ??= new Set()",
        to: "        link.replica.met ??= new Set()"
      },
      {
        file: "layers/replication/Sharing.ts",
        from: "log.rooms.has(room) || !link.rooms.has(room) || !isAuthorAt",
        to: "log.rooms.has(room) || !isAuthorAt"
      }
    ]
  },
  {
    name: "who comes takes the private lines until then for seen, those to itself too",
    seed: firstOfPrivate + 6,
    notices: /Private: .* never shows/,
    changes: [
      {
        file: "layers/replication/Bootstrap.ts",
        from: "new Map(marks.filter(([stream]) => !isPrivateStream(stream)))",
        to: "new Map(marks)"
      }
    ]
  },
  {
    name: "a private line is shown twice: its acknowledgement was lost with the reader, which does not know it any more",
    seed: firstOfPrivate + 2,
    notices: /I1: .*@private (twice|again)/,
    changes: [
      {
        file: "layers/log/Restoring.ts",
        from: "      store.restore(block)\n",
        to: '      if (!id.includes("@")) store.restore(block)\n'
      }
    ]
  },
  {
    name: "nobody carries a private line for others",
    seed: firstOfPrivate + 5,
    notices: /Private: .* never shows/,
    changes: [
      {
        file: "layers/log/Letters.ts",
        from: "carried.length - first <= maxEntries * share && bytes <= maxBytes * share",
        to: "carried.length === first"
      }
    ]
  },
  {
    name: "published before it is kept: what JetStream has not acknowledged is not published again",
    seed: firstOfSites + 5,
    notices: /^Sites: without tunnels/m,
    changes: [
      {
        file: "layers/nats/Relay.ts",
        from: "      if (batch.posts === 0) return settled(batch)\n",
        to: "      if (batch.posts === 0) return settled(batch)\n      outgoing.stored(batch)\n"
      }
    ]
  },
  {
    name: "whoever has the id of a guest later is the same visitor",
    seed: firstOfGuests,
    notices: /Guests: g\w may read/,
    changes: [
      {
        file: "src/domain/Conversation.ts",
        from: "(id: PeerId, epoch: Epoch): Visitor =>",
        to: '(id: PeerId, _: Epoch, epoch = "1-00000000"): Visitor =>'
      }
    ]
  },
  {
    name: "a guest's conversation outlives it",
    seed: firstOfGuests + 1,
    notices: /Guests: \w+ takes part in \S+, of one that is gone/,
    changes: [
      {
        file: "layers/log/Guests.ts",
        from: "      end(guest.visitor, ended)\n",
        to: ""
      }
    ]
  },
  {
    name: "guests of a lost host stay",
    seed: firstOfGuests + 2,
    notices: /Guests: \w+ knows/,
    changes: [
      {
        file: "layers/replication/GuestList.ts",
        from: "      if (ids.length === 0) return\n",
        to: "      if (ids.length >= 0) return\n"
      }
    ]
  },
  {
    name: "a guest whose host is back without it is still there for its friends",
    seed: firstOfGuests + 2,
    notices: /Guests: \w+ takes part in \S+, of one that is gone/,
    changes: [
      {
        file: "layers/replication/GuestList.ts",
        from: "if (host === peer.id && run !== epoch) endAdrift(id)",
        to: "if (host === epoch) endAdrift(id)"
      }
    ]
  },
  {
    name: "an id is admitted at two sites: what the bucket has of it is replaced",
    seed: firstOfSites + 5,
    notices: /^Sites: \d is at \w+ and at \w+$/m,
    changes: [
      {
        file: "layers/nats/NatsPortStore.ts",
        from: "        if (holder === undefined || holder.site === site) return\n",
        to: "        if (holder !== null) return\n"
      }
    ]
  },
  {
    name: "what is there of a file is not believed, and fetched again",
    seed: firstOfFiles,
    notices: /Files: \d had piece/,
    changes: [
      {
        file: "layers/filestore/Part.ts",
        from: "if (bytes !== undefined && this.#isRight(piece, bytes)) right.push(piece)",
        to: "if (bytes === undefined) right.push(piece)"
      }
    ]
  },
  {
    name: "pieces of a file are written as they come",
    seed: firstOfFiles + 2,
    notices: /Files: \d has it otherwise/,
    changes: [
      {
        file: "layers/filestore/Part.ts",
        from: "    if (!this.#isRight(piece, bytes)) return false\n",
        to: ""
      }
    ]
  },
  {
    name: "pieces that were asked of a peer that is gone are asked of nobody else",
    seed: firstOfFiles + 2,
    notices: /Files: \d has \d+ of 11 pieces/,
    changes: [
      {
        file: "src/domain/PiecePlan.ts",
        from: "    for (const piece of known.asked.keys()) this.#free(piece)\n",
        to: ""
      }
    ]
  }
]
