/** What a server of NATS has that knows its users by credentials, as NATS' own tool `nsc` makes it. */
import { nkeys } from "@nats-io/transport-node"

type KeyPair = ReturnType<typeof nkeys.createUser>

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

/** A JWT in the form of NATS, signed with Ed25519. */
const signed = (issuer: KeyPair, name: string, key: KeyPair, nats: object, exp?: number): string => {
  const claims = { jti: name, iat: 1_700_000_000, iss: issuer.getPublicKey(), name, sub: key.getPublicKey(), nats }
  const said = `${encoded({ typ: "JWT", alg: "ed25519-nkey" })}.${encoded(exp === undefined ? claims : { ...claims, exp })}`
  return `${said}.${Buffer.from(issuer.sign(Buffer.from(said))).toString("base64url")}`
}

const usual = { subs: -1, data: -1, payload: -1 }
const limits = { ...usual, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 }
const store = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }

/** The configuration of such a server, and files of credentials: one that it takes, and one of another account. */
export const natsAccount = () => {
  const operator = nkeys.createOperator()
  const [system, account, other] = [nkeys.createAccount(), nkeys.createAccount(), nkeys.createAccount()]
  const jwtOf = (key: KeyPair, more: object) =>
    `${key.getPublicKey()}: ${signed(operator, "account", key, { type: "account", version: 2, limits: { ...limits, ...more } })}`
  const credentials = (by: KeyPair, exp?: number): string => {
    const user = nkeys.createUser()
    const seed = Buffer.from(user.getSeed()).toString()
    const jwt = signed(by, "user", user, { type: "user", version: 2, ...usual }, exp)
    return [
      `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n`,
      `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`
    ].join("\n")
  }
  return {
    configuration: [
      `operator: ${signed(operator, "operator", operator, { type: "operator", version: 2 })}`,
      "resolver: MEMORY",
      `system_account: ${system.getPublicKey()}`,
      `resolver_preload: { ${jwtOf(system, {})}, ${jwtOf(account, store)} }\n`
    ].join("\n"),
    right: credentials(account),
    wrong: credentials(other),
    expired: credentials(account, 1_700_000_001)
  }
}
