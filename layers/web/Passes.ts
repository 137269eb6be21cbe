/** Who may use the page: tokens, which are in links, and passes, which are in cookies. */
import { createHash, randomBytes } from "node:crypto"

/** How long a token can be exchanged for a pass, in ms. */
const tokenLife = 60_000

/** How many tokens can be exchanged at a time. An earlier one makes room. */
const mostTokens = 32

/** How many passes are valid. The one that was used least lately makes room. */
const mostPasses = 32

const tokenBytes = 16
const passBytes = 32

export interface Passes {
  /** A new token. It can be exchanged once, within a minute. */
  readonly token: () => string
  /** A new pass for a token; undefined if that is unknown, used or too old. */
  readonly exchange: (token: string) => string | undefined
  readonly isPass: (text: string) => boolean
  /** The hashes of all passes, for the next run. */
  readonly asText: () => string
}

/** A hash tells nothing of so much chance, and is found without a comparison that could be timed. */
const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url")

const isHash = (value: unknown): value is string => typeof value === "string" && /^[\w-]{43}$/.test(value)

/** The hashes in what `asText` gave in an earlier run. None if it is damaged. */
const hashesIn = (text: string | undefined): ReadonlyArray<string> => {
  try {
    const value: unknown = JSON.parse(text ?? "[]")
    return Array.isArray(value) ? value.filter(isHash).slice(-mostPasses) : []
  } catch {
    return []
  }
}

/**
 * Mutable: plain functions. `now`: monotonic time, in ms. `kept`: what `asText` gave in an earlier run. `changed` is
 * called when it would give something else now.
 */
export const makePasses = (now: () => number, kept: string | undefined, changed: () => void): Passes => {
  /** When each token is too old, by its hash; the oldest first. */
  const tokens = new Map<string, number>()
  /** The hashes of passes; the one that was used last is the last. */
  const passes = new Set(hashesIn(kept))

  const makeRoom = (
    hashes: { keys: () => Iterable<string>; size: number; delete: (key: string) => void },
    most: number
  ) => {
    for (const hash of hashes.keys()) {
      if (hashes.size < most) return
      hashes.delete(hash)
    }
  }
  return {
    token: () => {
      const token = randomBytes(tokenBytes).toString("base64url")
      makeRoom(tokens, mostTokens)
      tokens.set(hashOf(token), now() + tokenLife)
      return token
    },
    exchange: (token) => {
      const hash = hashOf(token)
      const until = tokens.get(hash)
      tokens.delete(hash)
      if (until === undefined || now() > until) return undefined
      const pass = randomBytes(passBytes).toString("base64url")
      makeRoom(passes, mostPasses)
      passes.add(hashOf(pass))
      changed()
      return pass
    },
    isPass: (text) => {
      const hash = hashOf(text)
      if (!passes.delete(hash)) return false
      passes.add(hash)
      return true
    },
    asText: () => JSON.stringify([...passes])
  }
}
