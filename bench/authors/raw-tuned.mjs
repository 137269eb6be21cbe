/** The fastest fan-out that Node's sockets allow. */
import * as Net from "node:net"
import { announce } from "./frames.mjs"
import { fanOut } from "./raw-fan-out.mjs"

const server = Net.createServer({ noDelay: true }, fanOut())
server.listen({ host: "127.0.0.1", port: 0, backlog: 511 }, () => announce(server))
