/**
 * Sealing at once, for virtual time: HPKE's library needs the threads of Node. It promises the same, in a form of its
 * own.
 */
import * as Crypto from "node:crypto"
import * as Effect from "effect/Effect"
import * as Montgomery from "../../layers/identity/Montgomery.ts"
import type { PrivateSeal } from "../../layers/identity/PrivateSeal.ts"
import { bindingOf, type Letter } from "../../src/domain/Letter.ts"

const cipher = "aes-256-gcm"
const nonce = Buffer.alloc(12)

const keyFor = (privateKey: Crypto.KeyObject, publicKey: Uint8Array, binding: string): Buffer =>
  Crypto.createHmac("sha256", Crypto.diffieHellman({ privateKey, publicKey: Montgomery.publicObject(publicKey) }))
    .update(binding)
    .digest()

const decrypt = (key: Buffer, sealed: Buffer): string | undefined => {
  try {
    const decryption = Crypto.createDecipheriv(cipher, key, nonce).setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decryption.update(sealed.subarray(0, -16)), decryption.final()]).toString()
  } catch {
    return undefined
  }
}

export const make = (pem: string): PrivateSeal => {
  const own = Montgomery.privateObject(Montgomery.privateOf(Crypto.createPrivateKey(pem)))
  const ownPublic = Montgomery.bytesIn(Crypto.createPublicKey(own))
  return {
    seal: (place, letter, readers) =>
      Effect.sync(() => {
        const { privateKey, publicKey } = Crypto.generateKeyPairSync("x25519")
        const slots = [ownPublic, ...Array.from(readers, Montgomery.publicOf)].map((reader) => {
          const encryption = Crypto.createCipheriv(cipher, keyFor(privateKey, reader, bindingOf(place)), nonce)
          const body = [encryption.update(JSON.stringify(letter)), encryption.final(), encryption.getAuthTag()]
          return Buffer.concat(body).toString("base64url")
        })
        return [Montgomery.bytesIn(publicKey).toString("base64url"), ...slots].join(".")
      }),
    open: (place, text) => {
      const [sender = "", ...slots] = text.split(".").map((part) => Buffer.from(part, "base64url"))
      if (sender === "" || sender.length !== 32) return undefined
      const key = keyFor(own, sender, bindingOf(place))
      const found = slots.map((slot) => decrypt(key, slot)).find((each) => each !== undefined)
      return found === undefined ? undefined : Effect.succeed(JSON.parse(found) as Letter)
    }
  }
}
