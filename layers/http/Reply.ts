/** Answers to requests of HTTP. */
import * as Http from "node:http"
import type * as Net from "node:net"
import { pipeline, type Readable } from "node:stream"
import { letGo } from "../transport/Listening.ts"

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body | Streamed
}

type Body = string | Uint8Array

/** A body that is read as the browser takes it. It has so many bytes. Whoever sends the answer destroys the stream. */
interface Streamed {
  readonly stream: Readable
  readonly bytes: number
}

const isStreamed = (body: Body | Streamed): body is Streamed => typeof body === "object" && "stream" in body

/** An answer for people and for `curl`: one sentence. */
export const sentence = (status: number, text: string, headers: Reply["headers"] = {}): Reply => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  body: `${text}\n`
})

/** The answer to a method that is none of these. */
export const notAllowed = (methods: string): Reply =>
  sentence(405, `Only ${methods} is answered here.`, { allow: methods })

const lengthOf = ({ body = "" }: Reply): number => (isStreamed(body) ? body.bytes : Buffer.byteLength(body))

/** Sends the answer to a request. Without its body, if that was asked for with HEAD. */
export const write = (response: Http.ServerResponse, reply: Reply): void => {
  const { body = "", headers, status } = reply
  const hasBody = status !== 204 && status !== 304
  response.writeHead(status, { ...headers, ...(hasBody ? { "content-length": lengthOf(reply) } : {}) })
  if (!isStreamed(body)) response.end(hasBody ? body : undefined)
  else if (response.req.method === "HEAD") {
    body.stream.destroy()
    response.end()
  }
  // A stream that breaks ends the connection, so the browser knows that something is missing.
  else pipeline(body.stream, response, () => {})
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
  const text = isStreamed(body) ? "" : body
  letGo(socket, Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), Buffer.from(text)]))
}
