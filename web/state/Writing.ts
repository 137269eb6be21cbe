/** Writing: drafts, completion, own lines on their way, commands. */
import { parseSlash } from "../../src/domain/Described.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { Room } from "../../src/domain/Post.ts"
import { type Completions, completionFrom } from "../../src/terminal/Completion.ts"
import { main, othersIn, type Place, privatelyWith } from "./Place.ts"
import { go, goBy, takeIn } from "./Reading.ts"
import { addressOf, draftOf, type Outgoing, type State } from "./State.ts"
import { andThen, doing, type Step, sending, still } from "./Step.ts"
import { nameOf, type Said } from "./Window.ts"

const withDraft = (state: State, place: Place, text: string): State => ({
  ...state,
  drafts: new Map(state.drafts).set(place, text)
})

/** The most completions that are offered. */
const mostOffered = 50

const completionsAt = (state: State, text: string, cursor: number): Completions => {
  const self = state.chat?.self.id
  const ids = state.peers.map(({ id }) => id).filter((id) => id !== self) as ReadonlyArray<string>
  return completionFrom({
    commands: state.commands,
    ids: () => ids as ReadonlyArray<PeerId>,
    rooms: () => state.rooms.map(({ room }) => room as Room),
    conversations: () => state.conversations.map(({ with: others }) => privatelyWith(others) as Room)
  })(text, cursor)
}

const menuAt = (state: State, text: string, cursor: number, chosen: number): State["menu"] => {
  const { candidates, from } = completionsAt(state, text, cursor)
  return candidates.length === 0 ? undefined : { from, cursor, candidates: candidates.slice(0, mostOffered), chosen }
}

/** What is offered without being asked for: a command, an id, a room or an emoji that was begun as such. */
const isBegun = (before: string): boolean =>
  /^\/[^/\s]*$|(?:^|\s)[@#][A-Za-z0-9_-]*$|(?:^|[^A-Za-z0-9]):[a-z0-9_+-]{2,32}$/i.test(before) ||
  /^\/(?:join|go|leave|topic|msg|query|mute|unmute|help|say)\s+\S+$/.test(before)

export const typed = (state: State, text: string, cursor: number): Step => {
  const menu = isBegun(text.slice(0, cursor)) ? menuAt(state, text, cursor, -1) : undefined
  return doing({ ...withDraft(state, state.open, text), menu }, { _tag: "Keep" })
}

/** Takes the only completion, or shows what there is. */
export const complete = (state: State, cursor: number): Step => {
  const menu = menuAt(state, draftOf(state), cursor, 0)
  if (menu === undefined) return still(state)
  const offered = { ...state, menu }
  return menu.candidates.length === 1 ? take(offered, 0) : still(offered)
}

export const choose = (state: State, step: 1 | -1): Step => {
  const { menu } = state
  if (menu === undefined) return still(state)
  const count = menu.candidates.length
  const chosen = menu.chosen === -1 ? (step === 1 ? 0 : count - 1) : (menu.chosen + step + count) % count
  return still({ ...state, menu: { ...menu, chosen } })
}

export const take = (state: State, index: number): Step => {
  const { menu } = state
  const candidate = menu?.candidates[index]
  if (menu === undefined || candidate === undefined) return still(state)
  const text = draftOf(state)
  const before = text.slice(0, menu.from) + candidate.text
  const behind = text.slice(menu.cursor)
  const after = before + (before.endsWith(" ") && behind.startsWith(" ") ? behind.slice(1) : behind)
  return doing(
    { ...withDraft(state, state.open, after), menu: undefined },
    { _tag: "Keep" },
    { _tag: "PlaceCursor", at: before.length }
  )
}

const bytes = new TextEncoder()

/** By how many bytes a text is too long for one line of this chat. */
export const excessOf = (state: Pick<State, "chat">, text: string): number =>
  Math.max(0, bytes.encode(text).length - (state.chat?.limits.text ?? Number.POSITIVE_INFINITY))

/** Says a text in a place. Without a connection it is kept as not sent. */
const say = (state: State, place: Place, text: string, at: number): Step => {
  const ref = `say-${state.names}`
  const outgoing: Outgoing = { ref, place, text, at, name: undefined, unsent: state.connection._tag !== "Open" }
  return andThen(
    sending(
      { ...state, outgoing: [...state.outgoing, outgoing], names: state.names + 1 },
      { type: "say", text, ...addressOf(place), ref }
    ),
    (said) => doing(said, { _tag: "Keep" })
  )
}

const run = (state: State, command: string, rest: string): Step =>
  sending(
    { ...state, names: state.names + 1 },
    { type: "run", command, arguments: rest, ...addressOf(state.open), ref: `run-${state.names}` }
  )

/** Commands that concern the page alone. */
type Here = (state: State, rest: string, now: number) => Step | undefined

/** The most readers of a private line, and what an id is: docs/PROTOCOL.md. */
const mostReaders = 15
const isId = (id: string): boolean => /^[A-Za-z0-9_-]{1,32}$/.test(id)

/** Opens the conversation with these. What is no list of others is left to the node, which says why. */
const talkWith: Here = (state, rest, now) => {
  const ids = [...new Set(rest.replace(/^@/, "").split(","))]
  const areOthers = ids.length <= mostReaders && ids.every((id) => isId(id) && id !== state.chat?.self.id)
  if (!areOthers) return undefined
  if (ids.length === 1 || state.chat?.secure === true) return go(state, privatelyWith(ids))
  const text = `In a chat without encryption each of them gets a line of its own: type /msg ${ids.join(",")} TEXT.`
  return still(
    takeIn({ ...state, names: state.names + 1 }, state.open, [
      { _tag: "Notice", key: `notice-${state.names}`, at: now, text }
    ])
  )
}

const here: ReadonlyMap<string, Here> = new Map(
  Object.entries<Here>({
    query: talkWith,
    rooms: (state) => still({ ...state, isListOpen: true }),
    who: (state, rest) => (rest === "" ? still({ ...state, panel: "people" }) : undefined),
    go: (state, rest, now) => {
      if (rest.startsWith("@")) return talkWith(state, rest, now)
      const room = rest.replace(/^#/, "")
      if (room === "") return goBy(state, 1, true)
      return state.rooms.some((each) => each.joined && each.room === room) ? go(state, room) : undefined
    },
    leave: (state, rest) =>
      othersIn(state.open) === undefined || rest !== ""
        ? undefined
        : andThen(go(state, main), (left) =>
            still({ ...left, opened: left.opened.filter((each) => each !== state.open) })
          )
  })
)

/** Says or does what was typed. */
export const submit = (state: State, now: number): Step => {
  const text = draftOf(state)
  if (text.trim() === "" || excessOf(state, text) > 0) return still(state)
  const isCommand = text.startsWith("/")
  const slashed = isCommand ? parseSlash(text) : ({ _tag: "Say", text } as const)
  // A command can't wait: it is kept as typed until the node is back.
  if (slashed._tag === "Command" && state.connection._tag !== "Open") return still(state)
  const sent: State = { ...withDraft(state, state.open, ""), menu: undefined, isFollowing: true }
  const step =
    slashed._tag === "Say"
      ? say(sent, state.open, slashed.text, now)
      : (here.get(slashed.name)?.(sent, slashed.rest, now) ?? run(sent, slashed.name, slashed.rest))
  return andThen(step, (done) => doing(done, { _tag: "Keep" }))
}

export const discard = (state: State, ref: string): Step =>
  doing({ ...state, outgoing: state.outgoing.filter((each) => each.ref !== ref) }, { _tag: "Keep" })

export const sendAgain = (state: State, ref: string, now: number): Step => {
  const line = state.outgoing.find((each) => each.ref === ref)
  if (line === undefined || state.connection._tag !== "Open") return still(state)
  return andThen(discard(state, ref), (without) => say(without, line.place, line.text, now))
}

/** An own line has its name. It is on its way until the node shows it, unless its end of the log is not looked at. */
export const accepted = (state: State, ref: string, name: string): State => ({
  ...state,
  outgoing: state.outgoing.flatMap((each) => {
    if (each.ref !== ref) return [each]
    return state.windows.get(each.place)?.newer === false ? [{ ...each, name, unsent: false }] : []
  })
})

/** A line that was settled without a name could not be said. */
export const settled = (state: State, ref: string): State =>
  state.outgoing.some((each) => each.ref === ref && each.name === undefined)
    ? {
        ...state,
        outgoing: state.outgoing.map((each) => (each.ref === ref ? { ...each, unsent: true } : each))
      }
    : state

/** Lines that the node has shown are on their way no more. */
export const arrived = (state: State, lines: ReadonlyArray<Said>): State => {
  if (state.outgoing.length === 0) return state
  const names = new Set(lines.filter(({ own }) => own === true).map(nameOf))
  const left = state.outgoing.filter(({ name }) => name === undefined || !names.has(name))
  return left.length === state.outgoing.length ? state : { ...state, outgoing: left }
}

/** By how much the clocks of the browser and of the node may differ, in ms. They are usually the same. */
const clocksDiffer = 1_000

/**
 * Lines that were missed in a place. A line that is said to be not sent may be one of them: the node had it, and the
 * connection broke before it could say so.
 */
export const sentAfterAll = (state: State, place: Place, missed: ReadonlyArray<Said>): State => {
  const own = missed.filter((line) => line.own === true)
  const left = state.outgoing.filter((each) => {
    const isIt = (line: Said) => line.text === each.text && line.at >= each.at - clocksDiffer
    const at = each.unsent && each.place === place ? own.findIndex(isIt) : -1
    if (at !== -1) own.splice(at, 1)
    return at === -1
  })
  return left.length === state.outgoing.length ? state : { ...state, outgoing: left }
}

/** The connection is lost: what has no name may not have come to the node. */
export const interrupted = (state: State): State =>
  state.outgoing.length === 0
    ? state
    : {
        ...state,
        outgoing: state.outgoing.flatMap((each) => (each.name === undefined ? [{ ...each, unsent: true }] : []))
      }
