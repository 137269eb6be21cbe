/** Seals what a server publishes in a secure chat: AES-256-GCM, with a key of this run that only the other servers have. */
import * as Crypto from "node:crypto"
import * as Effect from "effect/Effect"
import type { SiteKeys } from "../../services/SiteKeys.ts"
import { Recent } from "../../src/domain/Recent.ts"
import { SiteKey } from "../../src/domain/SiteKey.ts"
import type { Wrapping } from "./Wrapping.ts"

const algorithm = "aes-256-gcm"

/** The first byte: the version of this format. Nothing that is not sealed begins so. */
const version = 2

/** The lengths of its parts, in bytes: the name of the key and the nonce in front, the tag at the end. */
const nameBytes = 8
const nonceBytes = 12
const headBytes = 1 + nameBytes + nonceBytes
const tagBytes = 16

/** The keys of so many runs of servers are known. */
const mostKnown = 256

/** A key, and the name under which a message says that it is sealed with it. */
interface Named {
  readonly bytes: Buffer
  readonly name: Buffer
}

const named = (key: SiteKey): Named => {
  const bytes = Buffer.from(key, "base64url")
  return {
    bytes,
    name: Crypto.createHash("sha256").update("outlive site key").update(bytes).digest().subarray(0, nameBytes)
  }
}

/** A word for a subject or an id, of which nobody without the key learns what it stands for. */
const hashed = ({ bytes }: Named, ...parts: ReadonlyArray<string>): string =>
  Crypto.createHmac("sha256", bytes).update(parts.join("\n")).digest("base64url").slice(0, 22)

export interface Made {
  readonly keys: SiteKeys["Type"]
  readonly wrapping: Wrapping
}

/** `isBlind`: whether the subjects of posts do not name sites and rooms. */
export const make = (isBlind: boolean): Effect.Effect<Made> =>
  Effect.sync(() => {
    const key = SiteKey.make(Crypto.randomBytes(32).toString("base64url"))
    const own = named(key)
    const known = new Recent<string, Named>(mostKnown)
    let count = 0n

    const learn = (told: SiteKey): void => {
      const other = named(told)
      known.set(other.name.toString("hex"), other)
    }

    // A key seals fewer than 2^64 messages, each with a nonce of its own.
    const nextNonce = (): Buffer => {
      const nonce = Buffer.alloc(nonceBytes)
      count += 1n
      nonce.writeBigUInt64BE(count, nonceBytes - 8)
      return nonce
    }

    const wrap = (bytes: Uint8Array): Uint8Array => {
      const head = Buffer.concat([Uint8Array.of(version), own.name, nextNonce()])
      const cipher = Crypto.createCipheriv(algorithm, own.bytes, head.subarray(1 + nameBytes))
      cipher.setAAD(head)
      return Buffer.concat([head, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    }

    const unwrap = (bytes: Uint8Array): Uint8Array | undefined => {
      if (bytes[0] !== version || bytes.length < headBytes + tagBytes) return undefined
      const head = bytes.subarray(0, headBytes)
      const sealer = known.get(Buffer.from(head.subarray(1, 1 + nameBytes)).toString("hex"))
      if (sealer === undefined) return undefined
      const decipher = Crypto.createDecipheriv(algorithm, sealer.bytes, head.subarray(1 + nameBytes))
      decipher.setAAD(head)
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(headBytes, -tagBytes)), decipher.final()])
      } catch {
        return undefined
      }
    }

    return {
      keys: { own: key, learn },
      wrapping: {
        subjectOf: (site, room) =>
          isBlind ? `post.${hashed(own, "site", site)}.${hashed(own, "room", room)}` : `post.${site}.${room}`,
        // The content names the authors.
        idOf: (content) => hashed(own, "message", content),
        wrap,
        unwrap
      }
    }
  })
