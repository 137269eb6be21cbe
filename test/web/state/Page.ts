/** A page without a browser: what happens to it, its state, and what it says to a node that the test plays. */
import type { Described } from "../../../src/domain/Described.ts"
import type { Effect, Event } from "../../../web/state/Event.ts"
import { type Kept, nothingKept } from "../../../web/state/Kept.ts"
import { initial, type State } from "../../../web/state/State.ts"
import { update } from "../../../web/state/update.ts"
import { keyOf } from "../../../web/state/Window.ts"
import type { Command, KeptLine, Report } from "../../../web/state/Wire.ts"

const commands: ReadonlyArray<Described> = [
  { name: "join", elsewhere: [], help: "", parameters: [{ name: "ROOM", optional: false, kind: "room" }] },
  { name: "mute", elsewhere: [], help: "", parameters: [{ name: "ID", optional: true, kind: "id" }] }
]

/** Line `n` of an author, in `main` if nothing else is said. */
export const line = (from: string, n: number, more: Partial<KeptLine> = {}): KeptLine => {
  const room = more.to === undefined ? { room: more.room ?? "main" } : {}
  const stream = `${from}/${more.room ?? (more.to === undefined ? "main" : "private")}/1795385653006-069ae899`
  return {
    from,
    own: false,
    text: `${from} ${n}`,
    action: false,
    at: 1_795_385_653_000 + n * 1_000,
    stream,
    n,
    ...room,
    ...more
  }
}

/** Lines `from` to `to` of an author. */
export const lines = (author: string, from: number, to: number, more: Partial<KeptLine> = {}): Array<KeptLine> =>
  Array.from({ length: to - from + 1 }, (_, index) => line(author, from + index, more))

export const saying = (...said: ReadonlyArray<KeptLine>): ReadonlyArray<Report> =>
  said.map(({ topic: _, ...each }) => ({ type: "said", ...each }))

export class Page {
  state: State
  #effects: Array<Effect> = []
  #now = 1_795_385_700_000

  constructor(kept: Kept = nothingKept, isVisible = true) {
    this.state = initial(kept, commands, { isVisible, notifying: "granted" })
  }

  /** From now on it is this time, in ms since 1970. */
  at(now: number): this {
    this.#now = now
    return this
  }

  does(event: Event): this {
    const [state, effects] = update(this.state, event, this.#now)
    this.state = state
    this.#effects.push(...effects)
    return this
  }

  hears(...reports: ReadonlyArray<Report>): this {
    this.#now += 1_000
    return this.does({ _tag: "Heard", reports })
  }

  /** Types a text and sends it. */
  says(text: string): this {
    this.does({ _tag: "Typed", text, cursor: text.length })
    return this.does({ _tag: "Submit" })
  }

  /** What the page did since this was asked last. */
  get done(): ReadonlyArray<Effect> {
    const done = this.#effects
    this.#effects = []
    return done
  }

  /** What the page said to the node since then. */
  get sent(): ReadonlyArray<Command> {
    return this.done.flatMap((each) => (each._tag === "Send" ? [each.command] : []))
  }

  /** The request for lines that was sent since then. */
  get asked(): Extract<Command, { type: "history" }> {
    const asked = this.sent.findLast((each) => each.type === "history")
    if (asked === undefined) throw new Error("The page asked for no lines")
    return asked
  }

  /** Answers the last request for lines. */
  answered(kept: ReadonlyArray<KeptLine>, { found = true, newer = false, older = false } = {}): this {
    return this.hears({ type: "history", ref: this.asked.ref, lines: kept, older, newer, found })
  }

  /** The texts of the place that is open, from top to bottom. */
  get shown(): ReadonlyArray<string> {
    return (this.state.windows.get(this.state.open)?.lines ?? []).map(({ text }) => text)
  }

  /** How often each line stands there. */
  get doubles(): ReadonlyArray<string> {
    const keys = (this.state.windows.get(this.state.open)?.lines ?? []).map(keyOf)
    return keys.filter((key, index) => keys.indexOf(key) !== index)
  }

  /** A page that has connected, as node `anna`, with the rooms `main` and `ops`, and shows these lines. */
  static connected(kept: ReadonlyArray<KeptLine> = [], older = false): Page {
    const page = new Page().does({ _tag: "Connected" })
    page.hears(chat(), rooms())
    return page.answered(kept, { older })
  }
}

export const chat = (state: "up" | "down" = "up", since?: number, secure = false): Report => ({
  type: "chat",
  self: { id: "anna", role: "client" },
  server: since === undefined ? { state } : { state, since },
  connected: 2,
  known: 2,
  secure,
  limits: { text: 64 }
})

const room = (name: string, unread: number, mentions = 0, joined = true) => ({
  room: name,
  joined,
  peers: ["bo"],
  topic: null,
  unread,
  mentions
})

export const rooms = (unread: { main?: number; ops?: number; bo?: number } = {}): Report => ({
  type: "rooms",
  rooms: [room("main", unread.main ?? 0), room("ops", unread.ops ?? 0), room("lunch", 0, 0, false)],
  conversations: unread.bo === undefined ? [] : [{ with: ["bo"], unread: unread.bo }]
})
