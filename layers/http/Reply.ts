/** Answers to requests of HTTP. */
import * as Http from "node:http"
import type * as Net from "node:net"
import { letGo } from "../transport/Listening.ts"

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** An answer for people and for `curl`: one sentence. */
export const sentence = (status: number, text: string, headers: Reply["headers"] = {}): Reply => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  body: `${text}\n`
})

const lengthOf = ({ body = "" }: Reply): number => Buffer.byteLength(body)

/** Sends the answer to a request. Without its body, if that was asked for with HEAD. */
export const write = (response: Http.ServerResponse, reply: Reply): void => {
  const { body = "", headers, status } = reply
  const hasBody = status !== 204 && status !== 304
  response.writeHead(status, { ...headers, ...(hasBody ? { "content-length": lengthOf(reply) } : {}) })
  response.end(hasBody ? body : undefined)
}

/** Answers to a request for a WebSocket that it gets none, and closes the connection. */
export const refuse = (socket: Net.Socket, reply: Reply): void => {
  const { body = "", headers = {}, status } = reply
  const lines = [
    `HTTP/1.1 ${status} ${Http.STATUS_CODES[status]}`,
    ...Object.entries({ ...headers, connection: "close", "content-length": lengthOf(reply) }).map(
      ([name, value]) => `${name}: ${value}`
    )
  ]
  letGo(socket, Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), Buffer.from(body)]))
}
