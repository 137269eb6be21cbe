/**
 * The fan-out of `raw-tuned.mjs` over mutual TLS 1.3, as outlive has it: `raw-tls.mjs KEY CERTIFICATE`, two files.
 * Whoever brings a certificate is let in.
 */
import { constants } from "node:crypto"
import * as Fs from "node:fs"
import * as Tls from "node:tls"
import { announce } from "./frames.mjs"
import { fanOut } from "./raw-fan-out.mjs"

const [key, cert] = process.argv.slice(2).map((path) => Fs.readFileSync(path))
const admit = fanOut()
const server = Tls.createServer(
  {
    key,
    cert,
    minVersion: "TLSv1.3",
    requestCert: true,
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET,
    noDelay: true
  },
  admit
)
server.listen({ host: "127.0.0.1", port: 0, backlog: 511 }, () => announce(server))
