/**
 * Seals private messages for their readers' keys, and opens those that are for this node. docs/PROTOCOL.md has the
 * form.
 */
import * as Crypto from "node:crypto"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { PublicKey } from "../../src/domain/Key.ts"
import { bindingOf, Letter, type Letters, type Place } from "../../src/domain/Letter.ts"
import { type Envelope, envelopeIn, hintBytes, keyBytes, type Slot, tagBytes, textOf } from "./Envelope.ts"
import * as Montgomery from "./Montgomery.ts"

export interface PrivateSeal {
  /** Seals a letter for that place. Its author and the owners of these keys can open it, and nobody else. */
  readonly seal: (place: Place, letter: Letter, readers: Iterable<PublicKey>) => Effect.Effect<string>
  /** Opens the text of a post: see `Letters`. */
  readonly open: Letters["open"]
}

/** What each sealed key of a message is bound to, besides the message's place. */
const info = Buffer.from("outlive private key\n")

/** The key of a message encrypts nothing else, so the nonce is always the same. */
const cipher = "aes-256-gcm"
const nonce = Buffer.alloc(12)

const asText = Schema.parseJson(Letter)
const encode = Schema.encodeSync(asText)
const decode = Schema.decodeOption(asText)

const loadSuite = async () => {
  const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = await import("./hpke.ts")
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
}

/** With the private key of this node, an Ed25519 key as PEM. */
export const make = (pem: string): PrivateSeal => {
  const privateKey = Montgomery.privateOf(Crypto.createPrivateKey(pem))
  const own = Montgomery.privateObject(privateKey)
  const ownPublic = Montgomery.bytesIn(Crypto.createPublicKey(own))
  let suite: ReturnType<typeof loadSuite> | undefined
  let recipient: Promise<Crypto.webcrypto.CryptoKeyPair> | undefined

  const hpke = () => {
    suite ??= loadSuite()
    return suite
  }

  const recipientKeyOf = async (): Promise<Crypto.webcrypto.CryptoKeyPair> => {
    const { kem } = await hpke()
    const [secret, open] = [kem.deserializePrivateKey(privateKey), kem.deserializePublicKey(ownPublic)]
    return { privateKey: await secret, publicKey: await open }
  }

  const slotFor = async (reader: Uint8Array, hint: Uint8Array, key: Uint8Array, aad: Uint8Array): Promise<Slot> => {
    const suite = await hpke()
    const recipientPublicKey = await suite.kem.deserializePublicKey(reader)
    const { ct, enc } = await suite.seal({ recipientPublicKey, info }, key, aad)
    return { hint, enc: new Uint8Array(enc), key: new Uint8Array(ct) }
  }

  const keyIn = async ({ enc, key }: Slot, aad: Uint8Array): Promise<Uint8Array> => {
    recipient ??= recipientKeyOf()
    const recipientKey = await recipient
    return new Uint8Array(await (await hpke()).open({ recipientKey, enc, info }, key, aad))
  }

  /** The slot of this node, if there is one. */
  const ownSlot = ({ hinting, slots }: Envelope, binding: string): Slot | undefined => {
    const hint = hintOf(own, hinting, binding)
    return hint === undefined ? undefined : slots.find((slot) => hint.equals(slot.hint))
  }

  const seal = async (place: Place, letter: Letter, readers: Iterable<PublicKey>): Promise<string> => {
    const binding = bindingOf(place)
    const aad = Buffer.from(binding)
    const hinting = Crypto.generateKeyPairSync("x25519")
    const key = Crypto.randomBytes(keyBytes)
    const slots = await Promise.all(
      [ownPublic, ...Array.from(new Set(readers), Montgomery.publicOf)].map((reader) => {
        const hint = hintOf(hinting.privateKey, reader, binding) ?? Crypto.randomBytes(hintBytes)
        return slotFor(reader, hint, key, aad)
      })
    )
    return textOf({
      hinting: Montgomery.bytesIn(hinting.publicKey),
      // The order of random hints says nothing about the readers.
      slots: slots.sort((one, other) => Buffer.compare(one.hint, other.hint)),
      body: encrypt(key, aad, encode(letter))
    })
  }

  return {
    seal: (place, letter, readers) => Effect.promise(() => seal(place, letter, readers)),
    open: (place, text) => {
      const envelope = envelopeIn(text)
      if (envelope === undefined) return undefined
      const binding = bindingOf(place)
      const slot = ownSlot(envelope, binding)
      if (slot === undefined) return undefined
      const aad = Buffer.from(binding)
      return Effect.promise(() =>
        keyIn(slot, aad).then(
          (key) => letterIn(key, aad, envelope.body),
          () => undefined
        )
      )
    }
  }
}

/**
 * By what a reader recognizes its slot: only the reader and the author can compute it. Undefined if the public key is
 * one that leads to the same secret with every private key.
 */
const hintOf = (privateKey: Crypto.KeyObject, other: Uint8Array, binding: string): Buffer | undefined => {
  try {
    const secret = Crypto.diffieHellman({ privateKey, publicKey: Montgomery.publicObject(other) })
    return Crypto.createHmac("sha256", secret)
      .update(`outlive private hint\n${binding}`)
      .digest()
      .subarray(0, hintBytes)
  } catch {
    return undefined
  }
}

const encrypt = (key: Uint8Array, aad: Uint8Array, text: string): Buffer => {
  const encryption = Crypto.createCipheriv(cipher, key, nonce).setAAD(aad)
  return Buffer.concat([encryption.update(text, "utf8"), encryption.final(), encryption.getAuthTag()])
}

const letterIn = (key: Uint8Array, aad: Uint8Array, body: Uint8Array): Letter | undefined => {
  const decryption = Crypto.createDecipheriv(cipher, key, nonce).setAAD(aad).setAuthTag(body.subarray(-tagBytes))
  try {
    const text = Buffer.concat([decryption.update(body.subarray(0, -tagBytes)), decryption.final()])
    return Option.getOrUndefined(decode(text.toString()))
  } catch {
    return undefined
  }
}
