/**
 * IRC messages: text to values and back (RFC 1459, RFC 2812, modern.ircdocs.horse; message tags of IRCv3). Whatever a
 * message is made of, it is written as one line.
 */
import { utf8Length, utf8Start } from "./Utf8.ts"

export interface Message {
  /** Values are unescaped; a tag without a value has an empty one. */
  readonly tags: ReadonlyMap<string, string>
  /** Who it is from: a server's name, or `nick!user@host`. */
  readonly source?: string
  /** A word in capitals, or three digits. */
  readonly command: string
  readonly params: ReadonlyArray<string>
}

/** A message to send. */
export type Outgoing = Omit<Message, "tags"> & { readonly tags?: ReadonlyMap<string, string> }

/** The greatest length of a message in bytes, without its tags and with its CR LF (RFC 1459, section 2.3). */
export const mostBytes = 512

/** The greatest length of the tags that a client may send, with `@` and the space behind them (IRCv3, message tags). */
export const mostTagBytes = 4_096

const noTags: ReadonlyMap<string, string> = new Map()

/**
 * The line: tags, source, command, and the rest. Several spaces count as one. Commands that some networks have may
 * contain digits, `_` and `-`: whoever sends one is told that it is not known.
 */
const shape = /^(?:@([^ ]+) +)?(?::([^ ]+) +)?([A-Za-z][\w-]*|\d{3})(?: +(.*))?$/

/** A line without its end as a message; undefined if it is none. CR and NUL are in no message. */
export const parse = (line: string): Message | undefined => {
  if (/[\0\r\n]/.test(line)) return undefined
  const parts = shape.exec(line)
  if (parts === null) return undefined
  const [, tags, source, command = "", rest = ""] = parts
  return {
    tags: tags === undefined ? noTags : tagsIn(tags),
    ...(source === undefined ? {} : { source }),
    command: command.toUpperCase(),
    params: paramsIn(rest)
  }
}

const paramsIn = (text: string): ReadonlyArray<string> => {
  const params: Array<string> = []
  let rest = text
  while (rest !== "") {
    if (rest.startsWith(":")) return [...params, rest.slice(1)]
    const end = rest.indexOf(" ")
    if (end < 0) return [...params, rest]
    params.push(rest.slice(0, end))
    rest = rest.slice(end).replace(/^ +/, "")
  }
  return params
}

const tagsIn = (text: string): ReadonlyMap<string, string> => {
  const tags = new Map<string, string>()
  for (const tag of text.split(";")) {
    if (tag === "") continue
    const at = tag.indexOf("=")
    tags.set(at < 0 ? tag : tag.slice(0, at), at < 0 ? "" : unescaped(tag.slice(at + 1)))
  }
  return tags
}

const meanings: Readonly<Record<string, string>> = { ":": ";", s: " ", r: "\r", n: "\n" }
const escapes: Readonly<Record<string, string>> = {
  ";": "\\:",
  " ": "\\s",
  "\\": "\\\\",
  "\r": "\\r",
  "\n": "\\n",
  "\0": ""
}

const unescaped = (value: string): string =>
  value.replace(/\\(.?)/g, (_, character: string) => meanings[character] ?? character)

const escaped = (value: string): string => value.replace(/[; \\\r\n\0]/g, (character) => escapes[character] ?? "")

/** Text without what would end a line. */
const inOneLine = (text: string): string => text.replace(/[\0\r\n]+/g, " ")

/** Text as a parameter that is not the last: it has no space, is not empty, and does not begin with a colon. */
const word = (text: string): string =>
  inOneLine(text)
    .replaceAll(" ", "_")
    .replace(/^(?=:|$)/, "*")

/** Commands whose last parameter is what somebody says. Some simple programs look for its colon. */
const isSpeech = (command: string): boolean => command === "PRIVMSG" || command === "NOTICE"

const last = (text: string, command: string): string => {
  const line = inOneLine(text)
  return isSpeech(command) || line === "" || line.startsWith(":") || line.includes(" ") ? `:${line}` : line
}

/** A message as a line with its CR LF. What is over 512 bytes is cut off. */
export const write = ({ command, params, source, tags = noTags }: Outgoing): string => {
  const words = params.map((param, at) => (at === params.length - 1 ? last(param, command) : word(param)))
  const body = [...(source === undefined ? [] : [`:${word(source)}`]), word(command), ...words].join(" ")
  return `${written(tags)}${utf8Start(body, mostBytes - 2)}\r\n`
}

const written = (tags: ReadonlyMap<string, string>): string =>
  tags.size === 0
    ? ""
    : `@${Array.from(tags, ([key, value]) => (value === "" ? word(key) : `${word(key)}=${escaped(value)}`)).join(";")} `

/** How many bytes of text fit into the last parameter of a message, if that is speech. */
export const bytesLeft = ({ command, params, source }: Outgoing): number =>
  mostBytes - utf8Length(write({ command, params: [...params, ""], ...(source === undefined ? {} : { source }) }))
