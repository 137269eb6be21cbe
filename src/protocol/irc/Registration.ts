/**
 * How a client introduces itself: CAP, PASS, NICK, USER, AUTHENTICATE (RFC 2812, section 3.1; IRCv3, capability
 * negotiation and SASL 3.1). Pure: a message and a state give answers and the next state.
 */
import { type Capability, capabilities, capabilitiesOfGuests, capabilitiesOfNodes } from "./Capabilities.ts"
import { bytesLeft, type Message, type Outgoing } from "./Message.ts"
import * as Multiline from "./Multiline.ts"
import { type Numeric, numeric } from "./Numeric.ts"
import { piecesOf } from "./Pieces.ts"

/** What decides who may come in, and what is offered. */
export interface Policy {
  readonly server: string
  /** The id of the node: the account of everybody who has its password. */
  readonly account: string
  /** Whether that is the password. None if no password is needed. */
  readonly isPassword?: ((text: string) => boolean) | undefined
  /**
   * Where each client is a person of its own: why it can't be called that. Undefined where all are called by the id of
   * the node.
   */
  readonly objectionTo?: ((nick: string) => Objection | undefined) | undefined
}

/** Why nobody can be called that: it is no id, or somebody has it. */
export interface Objection {
  readonly is: "ERR_ERRONEUSNICKNAME" | "ERR_NICKNAMEINUSE"
  readonly words: string
}

export interface State {
  /** What the client has asked to be called; undefined before that. */
  readonly nick?: string
  readonly user?: string
  /** What it has called itself: the last parameter of USER. */
  readonly name?: string
  readonly capabilities: ReadonlySet<Capability>
  /** The version that `CAP LS` has named; 301 by default. */
  readonly version: number
  /** Between the first `CAP` and `CAP END`. */
  readonly isNegotiating: boolean
  /** Whether it has given the password. */
  readonly isTrusted: boolean
  readonly failures: number
  /** What has come of an exchange of SASL; undefined outside of one. */
  readonly exchange?: string | undefined
  readonly isRegistered: boolean
}

export interface Step {
  readonly state: State
  readonly answers: ReadonlyArray<Outgoing>
  /** Why the connection ends now. */
  readonly end?: string
}

export const initial: State = {
  capabilities: new Set(),
  version: 301,
  isNegotiating: false,
  isTrusted: false,
  failures: 0,
  isRegistered: false
}

/** A client may be wrong about the password so often. */
const mostFailures = 3

/** SASL sends base64 in pieces of this length; a shorter one is the last. */
const pieceOfSasl = 400

/** The longest answer to SASL, in characters of base64. */
const mostOfSasl = 1_200

const mostOfNick = 64

/** Whether a client may ask to be called that. It is called by the id of the node anyway. */
const isNick = (text: string): boolean => text.length <= mostOfNick && /^[^\s!@#&:,*?][^\s!@,*?]*$/.test(text)

/** What a client is called in numerics before it has a name. */
const nobody = "*"

/** The commands that this takes. */
export const registers = (command: string): boolean => /^(CAP|AUTHENTICATE|PASS|NICK|USER)$/.test(command)

/** Takes one of those commands. */
export const step = (policy: Policy, state: State, message: Message): Step => {
  const taken = take(policy, state, message)
  const { answers, end, state: next } = taken
  if (end !== undefined || next.isRegistered || next.nick === undefined || next.user === undefined) return taken
  if (next.isNegotiating) return taken
  // Somebody may have taken it meanwhile.
  const objection = policy.objectionTo?.(next.nick)
  if (objection !== undefined) {
    const { nick, ...nameless } = next
    return { state: nameless, answers: [...answers, reply(policy, nameless, objection.is, nick, objection.words)] }
  }
  if (policy.isPassword === undefined || next.isTrusted) return { answers, state: { ...next, isRegistered: true } }
  const refusal = reply(policy, next, "ERR_PASSWDMISMATCH", "This node wants a password (PASS, or SASL PLAIN)")
  return { state: next, answers: [...answers, refusal], end: "Password wrong or missing" }
}

const take = (policy: Policy, state: State, message: Message): Step => {
  const { command, params } = message
  const answer = (name: Numeric, ...rest: ReadonlyArray<string>): Step => ({
    state,
    answers: [reply(policy, state, name, ...rest)]
  })
  if (command === "CAP") return cap(policy, state, params)
  if (command === "AUTHENTICATE") return authenticate(policy, state, params[0])
  if (state.isRegistered && command !== "NICK") return answer("ERR_ALREADYREGISTERED", "You are registered already")
  if (command === "PASS") {
    const [password] = params
    if (password === undefined) return answer("ERR_NEEDMOREPARAMS", command, "Not enough parameters")
    return { state: { ...state, isTrusted: policy.isPassword?.(password) === true }, answers: [] }
  }
  if (command === "NICK") {
    const [nick = ""] = params
    if (nick === "") return answer("ERR_NONICKNAMEGIVEN", "No nickname given")
    if (state.isRegistered && policy.objectionTo === undefined)
      return answer("ERR_NONICKCHANGE", `You are called ${policy.account}: the node has that name as long as it runs`)
    if (!isNick(nick)) return answer("ERR_ERRONEUSNICKNAME", nick, "No nickname")
    const objection = policy.objectionTo?.(nick)
    if (objection !== undefined) return answer(objection.is, nick, objection.words)
    return { state: { ...state, nick }, answers: [] }
  }
  const [user = "", , , name] = params
  if (name === undefined || name === "" || user === "")
    return answer("ERR_NEEDMOREPARAMS", command, "Not enough parameters")
  return { state: { ...state, user, name }, answers: [] }
}

/** A numeric to a client. */
export const reply = (
  { server }: Pick<Policy, "server">,
  { nick = nobody }: Partial<Pick<State, "nick" | "isRegistered">>,
  name: Numeric,
  ...rest: ReadonlyArray<string>
): Outgoing => ({ source: server, command: numeric[name], params: [nick, ...rest] })

// ---- Capabilities

const offered = ({ isPassword, objectionTo }: Policy): ReadonlyArray<Capability> => [
  ...capabilities,
  ...(objectionTo === undefined ? capabilitiesOfNodes : capabilitiesOfGuests),
  ...(isPassword === undefined ? [] : ["sasl" as const])
]

/** A capability with its value, for who has asked with version 302. */
const withValue = (capability: Capability, version: number): string =>
  version < 302 || !valued.has(capability) ? capability : `${capability}=${valued.get(capability)}`

const valued: ReadonlyMap<Capability, string> = new Map([
  ["sasl", "PLAIN"],
  ["draft/multiline", Multiline.limits]
])

const cap = (policy: Policy, state: State, params: ReadonlyArray<string>): Step => {
  const { nick = nobody, version } = state
  const [subcommand = "", argument = ""] = params
  const about = (...rest: ReadonlyArray<string>): Outgoing => ({
    source: policy.server,
    command: "CAP",
    params: [nick, ...rest]
  })
  /** The words on as many lines as they take, each but the last marked, for who knows such marks. */
  const list = (name: "LS" | "LIST", words: ReadonlyArray<string>, version: number): ReadonlyArray<Outgoing> => {
    const pieces = piecesOf(words.join(" "), bytesLeft(about(name, "*")))
    return pieces.map((piece, at) =>
      version >= 302 && at < pieces.length - 1 ? about(name, "*", piece) : about(name, piece)
    )
  }
  const begun = { ...state, isNegotiating: !state.isRegistered }
  const name = subcommand.toUpperCase()
  if (name === "LS") {
    const asked = Math.max(version, /^\d{3}$/.test(argument) ? Number(argument) : 0)
    const words = offered(policy).map((capability) => withValue(capability, asked))
    const knows = new Set(state.capabilities)
    if (asked >= 302) knows.add("cap-notify")
    return { state: { ...begun, version: asked, capabilities: knows }, answers: list("LS", words, asked) }
  }
  if (name === "LIST") return { state, answers: list("LIST", [...state.capabilities], version) }
  if (name === "REQ") return request(policy, begun, argument.trim(), about)
  if (name === "END") return { state: { ...state, isNegotiating: false }, answers: [] }
  return { state, answers: [reply(policy, state, "ERR_INVALIDCAPCMD", subcommand || nobody, "Invalid CAP command")] }
}

/** Grants all capabilities of a request, or none. */
const request = (
  policy: Policy,
  state: State,
  argument: string,
  about: (...rest: ReadonlyArray<string>) => Outgoing
): Step => {
  const known: ReadonlyArray<string> = offered(policy)
  const wanted = argument.split(" ").filter((word) => word !== "")
  if (!wanted.every((word) => known.includes(word.replace(/^-/, "")))) {
    return { state, answers: [about("NAK", argument)] }
  }
  const after = new Set<string>(state.capabilities)
  for (const word of wanted) {
    if (word.startsWith("-")) after.delete(word.slice(1))
    else after.add(word)
  }
  return { state: { ...state, capabilities: after as Set<Capability> }, answers: [about("ACK", argument)] }
}

// ---- SASL

const authenticate = (policy: Policy, state: State, argument = ""): Step => {
  const outside = { ...state, exchange: undefined }
  const fail = (name: Numeric, words: string): Step => ({
    state: outside,
    answers: [reply(policy, state, name, words)]
  })
  if (state.isTrusted) return fail("ERR_SASLALREADY", "You have authenticated already")
  if (policy.isPassword === undefined || !state.capabilities.has("sasl"))
    return fail("ERR_SASLFAIL", "SASL is not in use here")
  if (argument === "*") return fail("ERR_SASLABORTED", "SASL authentication aborted")
  if (state.exchange === undefined) {
    if (argument.toUpperCase() === "PLAIN")
      return { state: { ...state, exchange: "" }, answers: [{ command: "AUTHENTICATE", params: ["+"] }] }
    const mechanisms = reply(policy, state, "RPL_SASLMECHS", "PLAIN", "are the available SASL mechanisms")
    return { state, answers: [mechanisms, reply(policy, state, "ERR_SASLFAIL", "SASL authentication failed")] }
  }
  const whole = state.exchange + (argument === "+" ? "" : argument)
  if (argument.length > pieceOfSasl || whole.length > mostOfSasl)
    return fail("ERR_SASLTOOLONG", "SASL message too long")
  if (argument.length === pieceOfSasl) return { state: { ...state, exchange: whole }, answers: [] }
  if (policy.isPassword(passwordIn(whole) ?? "")) return trusted(policy, outside)
  const failures = state.failures + 1
  const failed = fail("ERR_SASLFAIL", "SASL authentication failed")
  return {
    ...failed,
    state: { ...outside, failures },
    ...(failures < mostFailures ? {} : { end: "Too many wrong passwords" })
  }
}

const trusted = (policy: Policy, state: State): Step => {
  const { nick = nobody, user = nobody } = state
  const who = `${nick}!${user}@${policy.server}`
  return {
    state: { ...state, isTrusted: true },
    answers: [
      reply(policy, state, "RPL_LOGGEDIN", who, policy.account, `You are now logged in as ${policy.account}`),
      reply(policy, state, "RPL_SASLSUCCESS", "SASL authentication successful")
    ]
  }
}

/** The password in an answer of PLAIN (RFC 4616): `authzid NUL authcid NUL password`; undefined if it is none. */
const passwordIn = (base64: string): string | undefined => {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const parts = new TextDecoder("utf-8", { fatal: true }).decode(bytes).split("\0")
    return parts.length === 3 ? parts[2] : undefined
  } catch {
    return undefined
  }
}
