/** What an error of the NATS client means here, and what to do about it. Nothing secret is in it. */
import { BusUnavailable } from "../../src/domain/Errors.ts"

/** The errors that only a person can do something about: what they say, what they mean, and what to do. */
const refusals: ReadonlyArray<readonly [says: RegExp, detail: string, remedy: string]> = [
  [
    /authorization violation|authentication timeout/i,
    "it does not accept this server",
    "mend the user, the password or the token in --nats, or the file of --nats-creds"
  ],
  [/authentication expired/i, "the credentials have expired", "get new ones for --nats-creds"],
  [
    /unable to verify|self[- ]signed|unable to get (local )?issuer/i,
    "its certificate is not trusted",
    "name the file with the certificates that it must show one of with --nats-ca"
  ],
  [
    /altnames|does not match certificate/i,
    "its certificate is for another name",
    "use a name of the certificate in --nats"
  ],
  [/certificate has expired/i, "its certificate has expired", "give nats-server a new one"],
  [/does not support 'tls'/i, "it has no TLS", "give it a certificate, or use nats:// without --nats-ca"],
  [
    /permissions? violation/i,
    "this account may not do what it needs",
    "give it the permissions that docs/SITES.md names"
  ],
  [
    /jetstream (is )?not enabled/i,
    "JetStream is not enabled",
    "start nats-server with -js, and enable JetStream for the account"
  ]
]

export const unavailable = (error: unknown): BusUnavailable => {
  if (error instanceof BusUnavailable) return error
  const said = error instanceof Error ? error.message : String(error)
  const refusal = refusals.find(([says]) => says.test(said))
  if (refusal === undefined) return new BusUnavailable({ detail: said })
  const [, detail, remedy] = refusal
  return new BusUnavailable({ detail, remedy })
}
