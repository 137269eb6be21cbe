/** What is said, as IRC messages: text and actions, in as many lines as they take. */
import { escape } from "../../domain/Escape.ts"
import { bytesLeft, type Outgoing } from "./Message.ts"
import { cutsOf, piecesOf } from "./Pieces.ts"
import { utf8Start } from "./Utf8.ts"

/** The codes of formats, such as bold. They stay as they are: they do nothing to a terminal. */
const formats = "\\x02\\x03\\x04\\x0f\\x11\\x16\\x1d\\x1e\\x1f"
const unformatted = new RegExp(`[^${formats}\\n]+`, "g")

/** What a request of CTCP begins and ends with. */
const requestMark = "\u0001"

const action = { before: `${requestMark}ACTION `, behind: requestMark }
const nothing = { before: "", behind: "" }

/** What is said, from whom and to whom. `isAction`: it is what the author does. */
export interface Speech {
  readonly source: string
  readonly target: string
  readonly text: string
  readonly isAction: boolean
  /** Makes a text safe to show. */
  readonly clean: (text: string) => string
}

/** Words of others in one line, made safe to show, but for the codes of formats. */
export const harmless = (words: string): string => words.replace(unformatted, escape).replace(/\n/g, " ")

/** The longest real name, in bytes. */
export const mostOfName = 128

/** How somebody calls itself, made safe to show. */
export const realName = (words: string): string => utf8Start(harmless(words), mostOfName)

const cleaned = ({ clean, text }: Pick<Speech, "clean" | "text">): string =>
  text.replace(/\r\n?/g, "\n").replace(unformatted, clean)

/** The same as the pieces of one message of several lines. `isRest`: it goes on in the line of the piece before. */
export const multilineOf = (
  speech: Speech
): ReadonlyArray<{ readonly message: Outgoing; readonly isRest: boolean }> => {
  const { source, target } = speech
  const empty: Outgoing = { source, command: "PRIVMSG", params: [target] }
  return cleaned(speech)
    .split("\n")
    .flatMap((line) =>
      cutsOf(line, bytesLeft(empty)).map((cut, at) => ({
        message: { ...empty, params: [target, cut] },
        isRest: at > 0
      }))
    )
}

/** The messages, at least one. Only an action is a request of CTCP: no text of others can be another one. */
export const messagesOf = (speech: Speech): ReadonlyArray<Outgoing> => {
  const { isAction, source, target } = speech
  const { before, behind } = isAction ? action : nothing
  const empty: Outgoing = { source, command: "PRIVMSG", params: [target] }
  return piecesOf(cleaned(speech), bytesLeft(empty) - before.length - behind.length).map((piece) => ({
    ...empty,
    params: [target, `${before}${piece}${behind}`]
  }))
}

/** What a client says with PRIVMSG or NOTICE: a text, an action, or undefined for any other request of CTCP. */
export const saidIn = (text: string): { readonly text: string; readonly isAction: boolean } | undefined => {
  if (!text.startsWith(requestMark)) return { text, isAction: false }
  const inner = text.slice(1, text.endsWith(requestMark) && text.length > 1 ? -1 : undefined)
  return inner.startsWith("ACTION ") ? { text: inner.slice("ACTION ".length), isAction: true } : undefined
}
