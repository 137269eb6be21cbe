/** Messages of several lines (IRCv3, draft/multiline): a batch of a client becomes one text. Pure. */
import type { Message } from "./Message.ts"
import { utf8Length } from "./Utf8.ts"

/** What a client may send as one message: bytes of text with its newlines, and lines of IRC. */
export const mostBytesOfText = 40_000
export const mostLines = 256

/** These limits, as the value of the capability. */
export const limits = `max-bytes=${mostBytesOfText},max-lines=${mostLines}`

export const batchType = "draft/multiline"

/** The tag of a piece that goes on in the line of the piece before. */
export const concatTag = "draft/multiline-concat"

/** A message that comes piece by piece. */
export interface Draft {
  readonly opening: Message
  readonly reference: string
  readonly target: string
  /** PRIVMSG or NOTICE; undefined before the first piece. */
  readonly command?: string
  readonly text: string
  readonly lines: number
  /** Whether it was refused: the rest of it is dropped. */
  readonly isRefused: boolean
}

/** Why a batch is refused: the code of FAIL, its context, and words. */
export interface Fault {
  readonly code: "MULTILINE_MAX_BYTES" | "MULTILINE_MAX_LINES" | "MULTILINE_INVALID_TARGET" | "MULTILINE_INVALID"
  readonly context: ReadonlyArray<string>
  readonly words: string
}

export interface Taken {
  readonly draft: Draft | undefined
  /** The whole message, with the tags of its opening. */
  readonly whole?: Message
  readonly fault?: Fault
}

/** Whether a message of a client is part of a batch. */
export const isPart = ({ command, tags }: Message): boolean => command === "BATCH" || tags.has("batch")

const invalid = (words: string): Fault => ({ code: "MULTILINE_INVALID", context: [], words })

/** Takes the next part of a batch. One batch is open at a time. */
export const take = (draft: Draft | undefined, message: Message): Taken => {
  if (message.command !== "BATCH") return draft === undefined ? outside(message) : piece(draft, message)
  const [mark = "", ...rest] = message.params
  if (mark.startsWith("+"))
    return draft === undefined ? open(message, mark.slice(1), rest) : refuse(draft, "A batch is open")
  return draft !== undefined && mark === `-${draft.reference}`
    ? close(draft)
    : { draft, fault: invalid("No such batch") }
}

const outside = ({ tags }: Message): Taken => ({
  draft: undefined,
  fault: invalid(`The batch ${tags.get("batch") || "without a name"} is not open`)
})

const open = (opening: Message, reference: string, [type, target = ""]: ReadonlyArray<string>): Taken => {
  const draft = { opening, reference, target, text: "", lines: 0, isRefused: false }
  if (reference === "") return { draft: undefined, fault: invalid("A batch has a name") }
  if (type !== batchType) return refuse(draft, `Of batches, only ${batchType} can be sent`)
  return target === "" ? refuse(draft, "A batch has a target") : { draft }
}

/** Refuses a batch, once. */
const refuse = (draft: Draft, fault: string | Fault): Taken => ({
  draft: { ...draft, isRefused: true },
  ...(draft.isRefused ? {} : { fault: typeof fault === "string" ? invalid(fault) : fault })
})

const piece = (draft: Draft, { command, params, tags }: Message): Taken => {
  if (draft.isRefused) return { draft }
  const [target = "", words = ""] = params
  if (tags.get("batch") !== draft.reference) return refuse(draft, "A piece of another batch")
  if (!/^(PRIVMSG|NOTICE)$/.test(command) || command !== (draft.command ?? command)) {
    return refuse(draft, "The pieces of a batch are all PRIVMSG, or all NOTICE")
  }
  if (target !== draft.target) {
    const context = [draft.target, target || "*"]
    return refuse(draft, {
      code: "MULTILINE_INVALID_TARGET",
      context,
      words: "The pieces have the target of the batch"
    })
  }
  const isRest = tags.has(concatTag)
  if (isRest && words === "") return refuse(draft, "A piece that goes on has a text")
  const text = draft.lines === 0 || isRest ? draft.text + words : `${draft.text}\n${words}`
  const lines = draft.lines + 1
  if (lines > mostLines) {
    return refuse(draft, { code: "MULTILINE_MAX_LINES", context: [`${mostLines}`], words: "Too many lines" })
  }
  return utf8Length(text) > mostBytesOfText
    ? refuse(draft, { code: "MULTILINE_MAX_BYTES", context: [`${mostBytesOfText}`], words: "Too many bytes" })
    : { draft: { ...draft, command, text, lines } }
}

const close = (draft: Draft): Taken => {
  const { command, isRefused, opening, target, text } = draft
  if (isRefused) return { draft: undefined }
  if (command === undefined || text.trim() === "") {
    return { draft: undefined, fault: invalid("A message of several lines has a text") }
  }
  return { draft: undefined, whole: { ...opening, command, params: [target, text] } }
}
