/** HPKE (RFC 9180). It is needed only for private messages, so it has a bundle of its own. */
export { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core"
