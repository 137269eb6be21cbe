/** Holds what the screens of a simulated chat showed against what `DELIVERY.md` promises. */
import type { PostFrame } from "../../src/protocol/Frame.ts"
import { tokenOf } from "./Simulation.ts"

/** One process of a node, from its start to its end. */
export interface Life {
  readonly node: string
  /** Lives that had the same disk, each as the one before had left it, have the same. */
  readonly lineage: number
  readonly began: number
  readonly shown: Array<{ readonly line: string; readonly at: number }>
  /** What was on disk when it ended: what the next life takes as seen. */
  kept: ReadonlyArray<string>
  ended: boolean
  failure: unknown
}

export interface Record_ {
  readonly seed: number
  readonly lives: ReadonlyArray<Life>
  readonly said: ReadonlyMap<
    string,
    { readonly author: string; readonly life: Life; readonly at: number; readonly after: ReadonlySet<string> }
  >
  /** When each line was first on a disk. */
  readonly written: ReadonlyMap<string, number>
  readonly bodies: ReadonlyArray<PostFrame>
  readonly kills: number
}

/** Every promise that was broken, in words; none if all was kept. */
export const violations = (record: Record_): ReadonlyArray<string> => [
  ...record.lives.flatMap((life) => [
    ...failed(life),
    ...twice(life),
    ...disordered(life),
    ...answersAbove(life, record)
  ]),
  ...record.lives.flatMap((life) => shownTooSoon(life, record)),
  ...twiceInLineage(record),
  ...lost(record),
  ...twoBodies(record)
]

const tokensOf = (life: Life): ReadonlyArray<string> => life.shown.flatMap(({ line }) => tokenOf(line) ?? [])

/** Nothing dies. */
const failed = (life: Life): ReadonlyArray<string> =>
  life.failure === undefined || life.ended ? [] : [`${life.node} ended by itself: ${life.failure}`]

/** I1: no post twice. */
const twice = (life: Life): ReadonlyArray<string> => {
  const tokens = tokensOf(life)
  return tokens
    .filter((token, at) => tokens.indexOf(token) !== at)
    .map((token) => `I1: ${life.node} shows ${token} twice`)
}

/** I1: each author in order. */
const disordered = (life: Life): ReadonlyArray<string> => {
  const last = new Map<string, number>()
  return tokensOf(life).flatMap((token) => {
    const [author, run, n] = token.split(".")
    const key = `${author}.${run}`
    const before = last.get(key) ?? -1
    last.set(key, Number(n))
    return Number(n) < before ? [`I1: ${life.node} shows ${token} after ${key}.${before}`] : []
  })
}

/** Rule 1: nothing is on a screen before it is in its author's log. */
const shownTooSoon = (life: Life, { written }: Record_): ReadonlyArray<string> =>
  life.shown.flatMap(({ at, line }) => {
    const token = tokenOf(line)
    return token !== undefined && at < (written.get(token) ?? Number.POSITIVE_INFINITY)
      ? [`Rule 1: ${life.node} shows ${token} before it is on disk`]
      : []
  })

/** I1, over a restart with the same disk: what was shown is not shown again. */
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

/** I2: no answer above its question. */
const answersAbove = (life: Life, { said }: Record_): ReadonlyArray<string> => {
  const place = new Map(tokensOf(life).map((token, at) => [token, at]))
  return [...place].flatMap(([token, at]) =>
    [...(said.get(token)?.after ?? [])].flatMap((question) =>
      (place.get(question) ?? -1) > at ? [`I2: ${life.node} shows ${token} above ${question}`] : []
    )
  )
}

/**
 * I3: what an author saw accepted, and what anybody has seen, reaches every node that stays or comes back. A node is owed
 * what is said after it was first linked with its present disk.
 */
const lost = ({ lives, said }: Record_): ReadonlyArray<string> => {
  const last = lives.filter((life) => !life.ended)
  const got = new Map(
    last.map((life) => [
      life,
      new Set(
        lives
          .filter((each) => each.node === life.node && each.lineage === life.lineage)
          .flatMap((each) => [...tokensOf(each), ...each.kept])
      )
    ])
  )
  return [...said].flatMap(([token, { at, author, life }]) => {
    const survives =
      !life.ended ||
      last.some((each) => each.node === author && each.lineage === life.lineage && life.kept.includes(token))
    const known = survives || last.some((each) => got.get(each)?.has(token))
    if (!known) return []
    return last.flatMap((reader) =>
      reader.node !== author && at > owedSince(reader, lives) && got.get(reader)?.has(token) === false
        ? [`I3: ${reader.node} never shows ${token}`]
        : []
    )
  })
}

/**
 * When that node was first linked with its present disk. A server that has lost its disk takes what was said before it met
 * the first who was there all the time for seen.
 */
const owedSince = (reader: Life, lives: ReadonlyArray<Life>): number => {
  const ofDisk = lives.filter((each) => each.node === reader.node && each.lineage === reader.lineage)
  const founder = lives.find((each) => each.node === reader.node)?.lineage === reader.lineage
  const links = reader.node === "Server" && !founder ? [/reconnected$/, /initiated$/] : [/(initiated|reconnected)$/]
  const at = links
    .flatMap((link) => ofDisk.flatMap(({ shown }) => shown.filter(({ line }) => link.test(line))))
    .at(0)?.at
  return at ?? Number.POSITIVE_INFINITY
}

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
