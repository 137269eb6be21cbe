/** Checks the screens of a simulated chat against the promises of `DELIVERY.md`. */
import { serverId } from "../../src/domain/Peer.ts"
import { mainRoom, roomIn, type StreamId } from "../../src/domain/Post.ts"
import type { Steps } from "../../src/domain/Turns.ts"
import type { PostFrame } from "../../src/protocol/Frame.ts"

/** One process of a node, from its start to its end. */
export interface Life {
  readonly node: string
  /**
   * The rooms that it has joined, each from when on. The time goes on over a restart with the same disk. The screen has
   * lines of a room only as long as it stays there.
   */
  readonly stays: Array<{ readonly room: string; readonly since: number; until: number }>
  /** At the end: the rooms in which it takes part, joined or not. */
  partakes: ReadonlySet<string>
  /** At the end: how many streams it has, without those that are folded away. */
  streams: number
  /** Posts that were said in a room before it joined that, and when it had joined: they are not shown as new after that. */
  readonly old: Map<string, number>
  /** Equal for lives with the same disk, each as the one before had left it. */
  readonly lineage: number
  readonly began: number
  /** The posts on disk when it began. The person at the node has seen them and may answer them. */
  readonly knew: ReadonlyArray<string>
  /** `token`: the post on the line, if it is one; `earlier`: the post, if it is shown as history. */
  readonly shown: Array<{
    readonly line: string
    readonly token: string | undefined
    readonly earlier: string | undefined
    readonly at: number
  }>
  /** The posts on disk when it ended, or at the end. */
  kept: ReadonlyArray<string>
  /**
   * When it first recorded where the chat begins for it, and whether it took posts for seen then. A disk has one such
   * record.
   */
  rooted: { readonly at: number; readonly takesForSeen: boolean } | undefined
  /** The nodes to which it had no link after everything had had time to settle. */
  readonly unlinked: Array<string>
  /** The nodes that it still looked for some time after they had said goodbye. */
  readonly ghosts: Array<string>
  /** The lines that it had said and no other node ever had, and that it did not report when it left. */
  untold: ReadonlyArray<string>
  /** Whether it did not end when it was asked to leave. */
  stuck: boolean
  ended: boolean
  /** When it was asked to end. */
  left: number
  failure: unknown
}

/** A life that begins, in `main`. */
export const newLife = (node: string, lineage: number, more: Partial<Life> = {}): Life => ({
  node,
  stays: [{ room: mainRoom, since: 0, until: Number.POSITIVE_INFINITY }],
  partakes: new Set(),
  streams: 0,
  old: new Map(),
  lineage,
  began: 0,
  knew: [],
  shown: [],
  kept: [],
  rooted: undefined,
  unlinked: [],
  ghosts: [],
  untold: [],
  stuck: false,
  ended: false,
  left: 0,
  failure: undefined,
  ...more
})

/** Stands for a room in the tokens of private lines. */
export const inPrivate = "private"

/** One line that a node has said: in which life, where and when, and after which posts on its screen of that room. */
export interface Saying {
  readonly author: string
  /** The readers of a private line. */
  readonly to?: ReadonlyArray<string>
  readonly life: Life
  readonly room: string
  readonly at: number
  readonly after: ReadonlySet<string>
}

export interface Record_ {
  readonly seed: number
  /** Whether logs were so small that lines may be gone, as long as that is reported. */
  readonly forgets: boolean
  /** Whether private lines are sealed, so that anybody may carry them. */
  readonly isSecure?: boolean
  /** How many streams a log may have for each of its rooms. */
  readonly streams?: number | undefined
  readonly lives: ReadonlyArray<Life>
  readonly said: ReadonlyMap<string, Saying>
  /** When each line was first on its author's disk. */
  readonly written: ReadonlyMap<string, number>
  /** The time when everything had had time to settle, before each node said one more line. */
  readonly settledAt: number
  readonly bodies: ReadonlyArray<PostFrame>
  /** What was broken of the promises to guests, and about them. */
  readonly ofGuests?: ReadonlyArray<string>
  /** The nodes that at the end still hold lines for a post that no node can bring. */
  readonly holding: ReadonlyArray<string>
  readonly kills: number
  /** The steps of the logs that were open at the end, either way. */
  readonly steps: Steps
}

/** All broken promises, in words, those of delivery first; none if all were kept. */
export const violations = (record: Record_): ReadonlyArray<string> => [
  ...record.lives.flatMap((life) => [...twice(life), ...disordered(life, record), ...answersAbove(life, record)]),
  ...record.lives.flatMap((life) => [...shownTooSoon(life, record), ...madeUp(life, record)]),
  ...record.lives.flatMap((life) => [...overheard(life), ...hoarded(life, record), ...pried(life, record)]),
  ...unread(record),
  ...(record.ofGuests ?? []),
  ...twiceInLineage(record),
  ...lost(record),
  ...record.holding.map((node) => `Rule 9: ${node} holds a line for what nobody can bring`),
  ...twoBodies(record),
  ...acrossRooms(record),
  ...record.lives.flatMap((life) => [
    ...failed(life),
    ...alone(life),
    ...haunted(life),
    ...overgrown(life, record),
    ...silent(life),
    ...stayed(life)
  ])
]

/** The posts that it has shown until then. */
export const tokensOf = (life: Life, until = Number.POSITIVE_INFINITY): ReadonlyArray<string> =>
  life.shown.flatMap(({ at, token }) => (at <= until ? (token ?? []) : []))

/**
 * The posts that it has shown as history until then. After a crash, these are posts that may not have been shown before
 * it.
 */
const earlierOf = (life: Life, until: number): ReadonlyArray<string> =>
  life.shown.flatMap(({ at, earlier }) => (at <= until ? (earlier ?? []) : []))

/** The room in which a line was said. */
export const roomOf = (token: string): string => token.split("@")[1] ?? mainRoom

/** A post of a room is shown only where the node has joined that room. What was said before it joined is not new. */
const overheard = (life: Life): ReadonlyArray<string> =>
  life.shown.flatMap(({ at, token }) => {
    if (token === undefined) return []
    const isThere = life.stays.some(({ room, until }) => room === roomOf(token) && at <= until)
    if (!isThere) return [`Rooms: ${life.node} shows ${token}, and takes no part there`]
    const joined = life.old.get(token) ?? Number.POSITIVE_INFINITY
    return at < joined ? [] : [`Rooms: ${life.node} shows ${token} as new, which was said before it joined`]
  })

/** A client has on its disk no post of others that was said in a room after the client had left it. A server may carry it. */
const hoarded = ({ kept, node }: Life, { lives, said }: Record_): ReadonlyArray<string> => {
  if (node === serverId) return []
  const stays = lives.flatMap((life) => (life.node === node ? life.stays : []))
  return kept.flatMap((token) => {
    const saying = said.get(token)
    return saying === undefined ||
      saying.author === node ||
      stays.some(({ room, until }) => room === saying.room && until >= saying.at)
      ? []
      : [`Rooms: ${node} keeps ${token}, and took no part there any more`]
  })
}

/** Since when a node that is there at the end has been in a room; never, if it is not. */
const inRoomSince = ({ stays }: Life, room: string): number =>
  stays.find((stay) => stay.room === room && stay.until === Number.POSITIVE_INFINITY)?.since ?? Number.POSITIVE_INFINITY

/** No node ends by itself. */
const failed = (life: Life): ReadonlyArray<string> =>
  life.failure === undefined || life.ended ? [] : [`${life.node} ended by itself: ${life.failure}`]

/** All nodes find each other again. */
const alone = (life: Life): ReadonlyArray<string> =>
  life.ended ? [] : life.unlinked.map((other) => `${life.node} has no link to ${other}`)

/** Old streams are folded away, however many there have been. */
const overgrown = (life: Life, { streams = Number.POSITIVE_INFINITY }: Record_): ReadonlyArray<string> =>
  life.streams > streams * life.partakes.size
    ? [`${life.node} has ${life.streams} streams, and may have ${streams} for a room`]
    : []

/** No node looks for one that has left. */
const haunted = (life: Life): ReadonlyArray<string> =>
  life.ghosts.map((ghost) => `${life.node} looks for ${ghost}, which has left`)

/** A node that leaves reports the lines that are lost with it. */
const silent = (life: Life): ReadonlyArray<string> =>
  life.untold.map((token) => `${life.node} leaves without a word about ${token}, which nobody has`)

/** A node that is asked to leave ends. */
const stayed = (life: Life): ReadonlyArray<string> =>
  life.stuck ? [`${life.node} does not leave when it is asked to`] : []

/** I1: no post is shown twice. */
const twice = (life: Life): ReadonlyArray<string> => {
  const seen = new Set<string>()
  return tokensOf(life).flatMap((token) => {
    if (seen.has(token)) return [`I1: ${life.node} shows ${token} twice`]
    seen.add(token)
    return []
  })
}

/** I1: the posts of each author are shown in order, in a plain chat within each conversation. */
const disordered = (life: Life, { isSecure = false, said }: Record_): ReadonlyArray<string> => {
  const last = new Map<string, number>()
  return tokensOf(life).flatMap((token) => {
    const [author, run, number] = token.split(".")
    const to = isSecure ? "" : (said.get(token)?.to ?? "")
    const key = `${author}.${run}@${roomOf(token)}${to}`
    const n = Number.parseInt(number ?? "", 10)
    const before = last.get(key) ?? -1
    last.set(key, n)
    return n < before ? [`I1: ${life.node} shows ${token} after ${author}.${run}.${before}`] : []
  })
}

/** Rule 1: no post is on a screen before it is in its author's log. */
const shownTooSoon = (life: Life, { written }: Record_): ReadonlyArray<string> =>
  life.shown.flatMap(({ at, token }) => {
    return token !== undefined && at < (written.get(token) ?? Number.POSITIVE_INFINITY)
      ? [`Rule 1: ${life.node} shows ${token} before it is on disk`]
      : []
  })

/** I5, with malicious members: no post is shown that its author has not said. */
const madeUp = (life: Life, { said }: Record_): ReadonlyArray<string> =>
  tokensOf(life).flatMap((token) => (said.has(token) ? [] : [`I5: ${life.node} shows ${token}, which nobody has said`]))

/** I1, over a restart with the same disk: no post is shown again. */
const twiceInLineage = ({ lives }: Record_): ReadonlyArray<string> => {
  const seen = new Set<string>()
  return lives.flatMap((life) =>
    [...new Set(tokensOf(life))].flatMap((token) => {
      const key = `${life.node}/${life.lineage}/${token}`
      if (seen.has(key)) return [`I1: ${life.node} shows ${token} again after a restart`]
      seen.add(key)
      return []
    })
  )
}

/**
 * I2: no answer is shown above its question. An answer names the posts that its author has seen since its last line;
 * that line stands for all posts before. If a line in between may be gone, nobody can know that the two belong together.
 * This screen has reported that, unless its life ended before: lines of old runs are reported late.
 */
const answersAbove = (life: Life, record: Record_): ReadonlyArray<string> => {
  const { forgets, said } = record
  const firstGone = life.shown.find(({ line }) => told.test(line))
  const mustHaveAll = firstGone === undefined && !(forgets && life.ended)
  const until = forgets && firstGone !== undefined ? firstGone.at - 1 : undefined
  const place = new Map(tokensOf(life, until).map((token, at) => [token, at]))
  return [...place].flatMap(([token, at]) =>
    [...(said.get(token)?.after ?? [])].flatMap((question) =>
      (place.get(question) ?? -1) > at && (mustHaveAll || !isUntied(life, token, question, record))
        ? [`I2: ${life.node} shows ${token} above ${question}`]
        : []
    )
  )
}

/**
 * Whether a line is missing on that screen by which alone the answer's author may have named the question: it had seen
 * or said that line, whose author had seen the question.
 */
const isUntied = (life: Life, answer: string, question: string, { said }: Record_): boolean => {
  const { after, at, author } = said.get(answer) ?? { after: [], at: 0, author: "" }
  const here = new Set([...life.knew, ...tokensOf(life), ...earlierOf(life, Number.POSITIVE_INFINITY)])
  const own = [...said].flatMap(([token, line]) => (line.author === author && line.at < at ? [token] : []))
  return [...after, ...own].some((between) => !here.has(between) && said.get(between)?.after.has(question) === true)
}

/**
 * I3: a line that its author saw accepted, or that anybody has seen, reaches every node that stays or comes back, or is
 * reported there as gone. A node is owed the lines said after it was first linked with its present disk. They must
 * arrive without any further line being said.
 */
const lost = (record: Record_): ReadonlyArray<string> => {
  const { forgets, lives, said, settledAt } = record
  const goneBy = (screens: ReadonlyArray<Life>, until?: number) => (forgets ? goneOn(screens, until) : new Map())
  const last = lives.filter((life) => !life.ended)
  const seenBy = new Map(last.map((reader) => [reader, seenOn(screensOf(reader, lives))] as const))
  const survives = (token: string, { author, life }: Saying) =>
    !life.ended ||
    last.some((each) => each.node === author && each.lineage === life.lineage && life.kept.includes(token))
  // Whoever has left a room gives nothing of it to others.
  const isHanded = (token: string, room: string) =>
    room === mainRoom || last.some(({ kept, partakes }) => partakes.has(room) && kept.includes(token))
  const known = [...said].filter(
    ([token, saying]) =>
      saying.to === undefined &&
      isHanded(token, saying.room) &&
      (survives(token, saying) || last.some((each) => seenBy.get(each)?.has(token)))
  )
  return last.flatMap((reader) => {
    const screens = screensOf(reader, lives)
    const gone = goneInRooms(screens)
    const since = owedSince(reader, lives)
    const owed = known.filter(
      ([, { at, author, room }]) =>
        reader.node !== author && at > Math.max(since, inRoomSince(reader, room)) && !gone.has(`${author} ${room}`)
    )
    const soon = owed.filter(([, { at }]) => at < settledAt)
    return [
      ...new Set([
        ...untold(reader.node, soon, seenOn(screens, settledAt), goneBy(screens, settledAt)),
        ...untold(reader.node, owed, seenOn(screens), goneBy(screens))
      ])
    ]
  })
}

const isFor = (node: string, { author, to = [] }: Saying): boolean => author === node || to.includes(node)

/** A private line is shown to its readers alone, and to its author. In a plain chat no other node has it on its disk. */
const pried = ({ kept, node, shown }: Life, { isSecure = false, said }: Record_): ReadonlyArray<string> => {
  const isOthers = (token: string | undefined): token is string => {
    const saying = token === undefined ? undefined : said.get(token)
    return saying?.to !== undefined && !isFor(node, saying)
  }
  return [
    ...shown
      .flatMap(({ earlier, token }) => [token, earlier])
      .filter(isOthers)
      .map((token) => `Private: ${node} shows ${token}, which is not for it`),
    ...(isSecure ? [] : kept.filter(isOthers).map((token) => `Private: ${node} keeps ${token}, which is not for it`))
  ]
}

/**
 * A private line reaches each of its readers that is there at the end, whether it was there when the line was said or
 * not, and whether it has lost its disk since: as long as somebody has the line who may hand it on. In a plain chat that
 * is its author, in a secure chat anybody. What is on an older disk that was put back may have been shown before.
 */
const unread = ({ isSecure = false, lives, said }: Record_): ReadonlyArray<string> => {
  const last = lives.filter((life) => !life.ended)
  return last.flatMap((reader) => {
    const screens = screensOf(reader, lives)
    const seen = new Set([...seenOn(screens), ...(screens[0]?.knew ?? [])])
    return [...said].flatMap(([token, { author, to = [] }]) =>
      to.includes(reader.node) &&
      !seen.has(token) &&
      last.some(({ kept, node }) => kept.includes(token) && (isSecure || node === author))
        ? [`Private: ${reader.node} never shows ${token}`]
        : []
    )
  })
}

/** The lives of a node with its present disk. */
const screensOf = (reader: Life, lives: ReadonlyArray<Life>): ReadonlyArray<Life> =>
  lives.filter((each) => each.node === reader.node && each.lineage === reader.lineage)

const seenOn = (screens: ReadonlyArray<Life>, until = Number.POSITIVE_INFINITY): ReadonlySet<string> =>
  new Set(screens.flatMap((each) => [...tokensOf(each, until), ...earlierOf(each, until)]))

/** How many lines screens have reported as gone, by author. Lines of unknown authors count under "". */
const goneOn = (screens: ReadonlyArray<Life>, until = Number.POSITIVE_INFINITY): ReadonlyMap<string, number> => {
  const gone = new Map<string, number>()
  for (const { at, line } of screens.flatMap(({ shown }) => shown)) {
    const [, count, author = ""] = at <= until ? (told.exec(line) ?? []) : []
    if (count !== undefined) gone.set(author, (gone.get(author) ?? 0) + Number(count))
  }
  return gone
}

const told =
  /^\* (\d+) (?:lines? of (?:Client (?=\d)|(?=Server))(\w+)(?: in #\w+)? (?:is|are) no longer|old lines? (?:is|are) no longer|lines? came too fast)/

/**
 * The authors and rooms of which screens have reported lines as gone. An author that leaves a room takes along what
 * nobody else has there, although somebody may have been shown it as history, and answer it.
 */
const goneInRooms = (screens: ReadonlyArray<Life>): ReadonlySet<string> =>
  new Set(
    screens.flatMap(({ shown }) =>
      shown.flatMap(({ line }) => {
        const [, client, server, room] =
          /^\* \d+ lines? of (?:Client (\w+)|(Server)) in #(\w+) (?:is|are) no longer/.exec(line) ?? []
        return room === undefined ? [] : [`${client ?? server} ${room}`]
      })
    )
  )

/**
 * The lines that are neither seen nor reported as gone. A report says how many lines are gone, but not which. How many old
 * lines are gone is a difference of two totals. If this node counts a line as gone that an answer names, and its peers
 * never had that, their total is as much too small: so that report stands for any line.
 */
const untold = (
  node: string,
  owed: ReadonlyArray<readonly [string, Saying]>,
  seen: ReadonlySet<string>,
  gone: ReadonlyMap<string, number>
): ReadonlyArray<string> => {
  const missing = owed.filter(([token]) => !seen.has(token))
  const authors = new Map([...gone].filter(([author]) => author !== ""))
  const beyond = missing.filter(([, { author }]) => {
    const left = authors.get(author) ?? 0
    authors.set(author, left - 1)
    return left <= 0
  })
  const ofOldRuns = gone.get("") ?? 0
  const anybodys = ofOldRuns === 0 ? 0 : [...authors.values()].reduce((sum, left) => sum + Math.max(0, left), ofOldRuns)
  return beyond.length <= anybodys ? [] : beyond.slice(anybodys).map(([token]) => `I3: ${node} never shows ${token}`)
}

/**
 * When a node was first linked with its present disk. A server that has lost its disk may have links to newcomers
 * before it meets the first client that stayed. It takes the posts until then for seen.
 */
const owedSince = (reader: Life, lives: ReadonlyArray<Life>): number => {
  const ofDisk = lives.filter((each) => each.node === reader.node && each.lineage === reader.lineage)
  const firstLink = ofDisk
    .flatMap(({ shown }) => shown.filter(({ line }) => /(initiated|reconnected)$/.test(line)))
    .at(0)
  const root = ofDisk.find(({ rooted }) => rooted !== undefined)
  const tookForSeen = reader.node === "Server" && root !== undefined ? whenItMetTheOld(root) : undefined
  return tookForSeen ?? firstLink?.at ?? Number.POSITIVE_INFINITY
}

/**
 * When a server took posts for seen, on the word of a client that had stayed. At that moment its screen shows that
 * client, or nothing more if the server is ending: it still meets clients then, and its next life goes on from its
 * record.
 */
const whenItMetTheOld = ({ rooted, shown }: Life): number | undefined => {
  if (rooted === undefined || !rooted.takesForSeen) return undefined
  const isShown = shown.some(({ at, line }) => at === rooted.at && line.endsWith("reconnected"))
  const isOver = shown.every(({ at }) => at <= rooted.at)
  return isShown || isOver ? rooted.at : undefined
}

/** `deps` name posts of the same room. */
const acrossRooms = ({ bodies }: Record_): ReadonlyArray<string> =>
  bodies.flatMap(({ post }) =>
    Object.keys(post.deps)
      .filter((stream) => roomIn(stream as StreamId) !== roomIn(post.stream))
      .map((stream) => `Rooms: ${post.stream}#${post.n} is to stand below ${stream}, of another room`)
  )

/** I5: no id names two bodies. */
const twoBodies = ({ bodies }: Record_): ReadonlyArray<string> => {
  const texts = new Map<string, string>()
  return bodies.flatMap(({ post }) => {
    const id = `${post.stream}#${post.n}`
    const before = texts.get(id) ?? post.text
    texts.set(id, before)
    return before === post.text ? [] : [`I5: ${id} is both ${before} and ${post.text}`]
  })
}
