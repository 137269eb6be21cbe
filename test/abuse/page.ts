/** What is done to the page of a node: connections that say half of a request, and WebSockets that are reset. */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import { ask, upgrade } from "../support/http.ts"
import { cookieOf, exchange, originOf, partsOf } from "../support/page.ts"
import type { Attack } from "./Attacker.ts"

/** So many at a time. */
const atOnce = 500

/** Opens a connection, and does something with it. Returns when it is closed. */
const connection = (port: number, then: (socket: Net.Socket) => void): Promise<void> =>
  new Promise((resolve) => {
    const socket = Net.connect({ host: "127.0.0.1", port }, () => then(socket))
    socket.on("error", () => {}).once("close", () => resolve())
    socket.resume()
  })

/** `count` half-open connections, and a tenth as many WebSockets with a pass that are reset. */
export const page: Attack = async ({ page: link = "" }, { count }) => {
  const { address, token } = partsOf(link)
  const pass = cookieOf(await Effect.runPromise(exchange(address, token)))
  const isServed = async (): Promise<boolean> => {
    const answer = await Effect.runPromise(Effect.option(ask(address, { path: "/pass", headers: { cookie: pass } })))
    return answer._tag === "Some" && answer.value.status === 204
  }
  const header = upgrade("/session", {
    Host: `127.0.0.1:${address.port}`,
    Origin: originOf(address),
    Cookie: pass
  })
  let [cutOff, resets, refused] = [0, 0, 0]
  const halfOpen = async () => {
    await connection(address.port, (socket) => socket.write("GET / HTTP/1.1\r\nHost: "))
    cutOff += 1
  }
  for (let done = 0; done < count; done += atOnce) {
    const all = Array.from({ length: atOnce }, halfOpen)
    if (!(await isServed())) refused += 1
    await Promise.all(all)
  }
  for (let done = 0; done < count / 10; done += 10) {
    const one = () => connection(address.port, (socket) => socket.write(header, () => socket.resetAndDestroy()))
    await Promise.all(Array.from({ length: 10 }, one))
    resets += 10
    if (!(await isServed())) refused += 1
  }
  return { cutOff, resets, refused }
}
