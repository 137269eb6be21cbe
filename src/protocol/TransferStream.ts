/**
 * What is said on a connection for a transfer once it is served: requests in lines of JSON one way, lines of JSON and raw
 * bytes the other way. `docs/PROTOCOL.md` says when each is sent.
 */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { absurd } from "../domain/Absurd.ts"
import { FrameMalformed } from "../domain/Errors.ts"
import { isWhole } from "../domain/Post.ts"
import { makeLineSplitter, newline } from "./LineSplitter.ts"

/** The longest line of a request, and of an answer that is no set of pieces, in bytes. */
export const maxRequestBytes = 1_024
export const maxHeaderBytes = 16_384

/** The most bytes that follow one line. */
export const maxBodyBytes = 262_144

/** How many pieces may be asked for in one request. */
export const mostAsked = 64

/** What the side says that fetches. */
export type Request =
  /** Send the manifest from that byte on. */
  | { readonly type: "manifest"; readonly from: number }
  /** Send so many pieces, from that one on. */
  | { readonly type: "pieces"; readonly first: number; readonly count: number }
  /** Send nothing more: close. `whole`: because everything is here. */
  | { readonly type: "stop"; readonly whole: boolean }

/** What the side says that serves. `bytes` of a manifest or a piece follow the line. */
export type Answer =
  /** Which pieces it has: all, or those of this set (see `PieceSet.bytes`). */
  | { readonly type: "has"; readonly pieces: "all" | Uint8Array }
  | { readonly type: "manifest"; readonly from: number; readonly bytes: Uint8Array }
  | { readonly type: "piece"; readonly piece: number; readonly bytes: Uint8Array }
  /** It does not have that piece any more, or never had it. */
  | { readonly type: "gone"; readonly piece: number }

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const line = (value: object): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`)

/** A request as it stands on the wire. */
export const encodeRequest = (request: Request): Uint8Array => {
  switch (request.type) {
    case "manifest":
      return line({ get: "manifest", from: request.from })
    case "pieces":
      return line({ get: [request.first, request.count] })
    case "stop":
      return line({ stop: true, ...(request.whole ? { whole: true } : {}) })
    default:
      return absurd(request)
  }
}

/** The line of an answer; its bytes follow it. */
export const encodeHead = (answer: Answer): Uint8Array => {
  switch (answer.type) {
    case "has":
      return line({ has: answer.pieces === "all" ? "all" : Encoding.encodeBase64(answer.pieces) })
    case "manifest":
      return line({ manifest: answer.bytes.length, from: answer.from })
    case "piece":
      return line({ piece: answer.piece, bytes: answer.bytes.length })
    case "gone":
      return line({ piece: answer.piece, gone: true })
    default:
      return absurd(answer)
  }
}

const malformed = (detail: string) => new FrameMalformed({ detail })

const valueIn = (bytes: Uint8Array): Record<string, unknown> => {
  const value: unknown = JSON.parse(decoder.decode(bytes))
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("not a line of a transfer")
  return value as Record<string, unknown>
}

/** Why something is refused. Whatever else is thrown means: no UTF-8, or no JSON. */
const refusal = (error: unknown): FrameMalformed =>
  error instanceof FrameMalformed ? error : malformed("not a line of JSON in UTF-8")

const requestIn = (bytes: Uint8Array): Request => {
  const { from, get, stop, whole } = valueIn(bytes)
  if (stop === true) return { type: "stop", whole: whole === true }
  if (get === "manifest" && isWhole(from)) return { type: "manifest", from }
  if (Array.isArray(get) && get.length === 2) {
    const [first, count] = get as ReadonlyArray<unknown>
    if (isWhole(first) && isWhole(count) && count > 0 && count <= mostAsked) return { type: "pieces", first, count }
  }
  throw malformed("not a request of a transfer")
}

/** Decodes the requests that come over one connection, in pieces of any size. */
export const makeRequestDecoder = () => {
  const split = makeLineSplitter(maxRequestBytes)
  return (pieces: ReadonlyArray<Uint8Array>): Either.Either<ReadonlyArray<Request>, FrameMalformed> =>
    Either.try({
      try: () => pieces.flatMap((piece) => Either.getOrThrowWith(split(piece), (tooLong) => tooLong).map(requestIn)),
      catch: refusal
    })
}

/** The line of an answer, without its bytes. */
type Head =
  | { readonly type: "has"; readonly pieces: "all" | Uint8Array }
  | { readonly type: "manifest"; readonly from: number; readonly length: number }
  | { readonly type: "piece"; readonly piece: number; readonly length: number }
  | { readonly type: "gone"; readonly piece: number }

const headIn = (bytes: Uint8Array): Head => {
  const { bytes: length, from, gone, has, manifest, piece } = valueIn(bytes)
  if (has === "all") return { type: "has", pieces: "all" }
  if (typeof has === "string") return { type: "has", pieces: setIn(has) }
  if (isWhole(manifest) && isWhole(from)) return { type: "manifest", from, length: manifest }
  if (isWhole(piece)) {
    if (gone === true) return { type: "gone", piece }
    if (isWhole(length)) return { type: "piece", piece, length }
  }
  throw malformed("not an answer of a transfer")
}

const newBytes = (length: number): Uint8Array => new Uint8Array(length)

/**
 * Decodes what comes from a side that serves. Mutable: one connection feeds it. The bytes of an answer are put together
 * in an array of their own. It takes at most `maxBodyBytes` for them, and one line.
 */
export class AnswerDecoder {
  readonly #room: (length: number) => Uint8Array
  /** How long a `has` may be, in bytes: it depends on the number of pieces. */
  mostHasBytes = maxHeaderBytes
  #line: Array<Uint8Array> = []
  #lineBytes = 0
  #head: Extract<Head, { readonly length: number }> | undefined = undefined
  #body = newBytes(0)
  #filled = 0

  /** `room`: where so many bytes of a piece are put together. */
  constructor(room: (length: number) => Uint8Array = newBytes) {
    this.#room = room
  }

  /** The answers that these bytes complete, in order; or why they are none. It keeps none of the bytes. */
  decode(bytes: Uint8Array): Either.Either<ReadonlyArray<Answer>, FrameMalformed> {
    return Either.try({ try: () => this.#decode(bytes), catch: refusal })
  }

  /** How many bytes are here of an answer that is not complete. */
  get underWay(): number {
    return this.#filled
  }

  #decode(bytes: Uint8Array): ReadonlyArray<Answer> {
    const answers: Array<Answer> = []
    for (let at = 0; at < bytes.length; ) {
      if (this.#head === undefined) {
        const end = bytes.indexOf(newline, at) + 1 || bytes.length
        this.#addToLine(bytes.subarray(at, end))
        at = end
        if (bytes[end - 1] === newline) this.#begin(answers)
      } else {
        const part = bytes.subarray(at, at + this.#body.length - this.#filled)
        this.#body.set(part, this.#filled)
        this.#filled += part.length
        at += part.length
        if (this.#filled === this.#body.length) this.#complete(answers, this.#head)
      }
    }
    return answers
  }

  #addToLine(part: Uint8Array): void {
    this.#line.push(new Uint8Array(part))
    this.#lineBytes += part.length
    if (this.#lineBytes > Math.max(this.mostHasBytes, maxHeaderBytes)) throw malformed("a line that is too long")
  }

  /** A line is complete. */
  #begin(answers: Array<Answer>): void {
    const [only] = this.#line
    const whole = this.#line.length === 1 && only !== undefined ? only : joined(this.#line, this.#lineBytes)
    this.#line = []
    this.#lineBytes = 0
    const head = headIn(whole)
    if (head.type !== "has" && whole.length > maxHeaderBytes) throw malformed("a line that is too long")
    if (head.type === "has" || head.type === "gone") {
      answers.push(head)
      return
    }
    if (head.length > maxBodyBytes) throw malformed("too many bytes at once")
    this.#body = head.type === "piece" ? this.#room(head.length) : newBytes(head.length)
    this.#filled = 0
    this.#head = head
    if (head.length === 0) this.#complete(answers, head)
  }

  /** The bytes of an answer are complete. */
  #complete(answers: Array<Answer>, head: Extract<Head, { readonly length: number }>): void {
    const bytes = this.#body
    this.#head = undefined
    this.#filled = 0
    answers.push(
      head.type === "piece" ? { type: "piece", piece: head.piece, bytes } : { type: "manifest", from: head.from, bytes }
    )
  }
}

/** The set of pieces in a text; throws if it is none. */
const setIn = (text: string): Uint8Array =>
  Either.getOrThrowWith(Encoding.decodeBase64(text), () => malformed("not a set of pieces"))

const joined = (parts: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
