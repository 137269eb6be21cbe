/** An MQTT broker in Node: aedes, set up as its README shows. */
import { createRequire } from "node:module"
import * as Net from "node:net"
import { announce } from "./frames.mjs"

const { Aedes } = createRequire(new URL("../peers/package.json", import.meta.url))("aedes")
const broker = await Aedes.createBroker()
const server = Net.createServer({ noDelay: true }, broker.handle)
server.listen({ host: "127.0.0.1", port: 0, backlog: 511 }, () => announce(server))
