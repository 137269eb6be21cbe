/**
 * The log of the place that is open. It keeps its place: at the end as long as the end is looked at, otherwise at the
 * row that is on top, whatever comes above or below it.
 */
import { Component } from "preact"
import type { Event } from "../state/Event.ts"
import { titleOf } from "../state/Place.ts"
import { type Row as Data, rowsOf } from "../state/Rows.ts"
import type { State } from "../state/State.ts"
import { empty, nameOf, type Said, type Window } from "../state/Window.ts"
import { deliveryOf } from "../state/Words.ts"
import { Icon } from "./Icon.tsx"
import { OnItsWay, Row } from "./Row.tsx"

interface Props {
  readonly state: State
  /** The time of day, in ms since 1970. */
  readonly now: number
  readonly happened: (event: Event) => void
}

interface Anchor {
  readonly key: string
  readonly bottom: number
}

/** Lines are drawn before they are announced: what was there before is no news. In ms. */
const settling = 150

/** This close to the end counts as the end, in pixels. */
const closeToEnd = 8

let drawn: { readonly window: Window; readonly rows: ReadonlyArray<Data> } | undefined

/** The rows of a window, made once a change. */
const rowsIn = (window: Window): ReadonlyArray<Data> => {
  if (drawn?.window !== window) drawn = { window, rows: rowsOf(window) }
  return drawn.rows
}

export class Log extends Component<Props> {
  #element: HTMLElement | null = null
  #settling: ReturnType<typeof setTimeout> | undefined
  #resized: ResizeObserver | undefined
  /** The height of the rows when the end was shown last. */
  #heightAtEnd = 0

  override componentDidMount() {
    this.#resized = new ResizeObserver(() => {
      if (this.props.state.isFollowing) this.#toEnd()
      this.#look()
    })
    if (this.#element !== null) this.#resized.observe(this.#element)
    this.#toEnd()
  }

  override componentWillUnmount() {
    this.#resized?.disconnect()
    clearTimeout(this.#settling)
  }

  override shouldComponentUpdate({ state }: Props) {
    const before = this.props.state
    return (
      state.windows.get(state.open) !== before.windows.get(before.open) ||
      state.open !== before.open ||
      state.outgoing !== before.outgoing ||
      state.streams !== before.streams ||
      state.files !== before.files ||
      state.connection !== before.connection ||
      state.sought !== before.sought ||
      state.isFollowing !== before.isFollowing ||
      state.chat !== before.chat
    )
  }

  override getSnapshotBeforeUpdate(): Anchor | undefined {
    if (this.#element === null || this.props.state.isFollowing) return undefined
    const top = this.#element.getBoundingClientRect().top
    // A day moves up when earlier lines of it come: only lines stay.
    for (const row of this.#element.querySelectorAll<HTMLElement>(".line[data-key], .notice[data-key]")) {
      const box = row.getBoundingClientRect()
      // Its lower edge: the author above it goes if a line of the same author comes before it.
      if (box.bottom > top) return { key: row.dataset["key"] ?? "", bottom: box.bottom }
    }
    return undefined
  }

  override componentDidUpdate({ state: before }: Props, _: unknown, anchor: Anchor | undefined) {
    const { state } = this.props
    this.#announce(state.open !== before.open)
    if (state.sought !== undefined && this.#reveal(nameOf(state.sought))) return
    if (state.isFollowing) this.#toEnd()
    else if (anchor !== undefined && state.open === before.open) this.#keep(anchor)
    queueMicrotask(() => this.#look())
  }

  #row(key: string): HTMLElement | null {
    return this.#element?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null
  }

  #toEnd() {
    if (this.#element === null) return
    this.#heightAtEnd = this.#element.scrollHeight
    this.#element.scrollTop = this.#heightAtEnd
  }

  #keep({ bottom, key }: Anchor) {
    const row = this.#row(key)
    if (row === null || this.#element === null) return
    const moved = row.getBoundingClientRect().bottom - bottom
    if (moved !== 0) this.#element.scrollTop += moved
  }

  #reveal(key: string): boolean {
    const { state } = this.props
    const row = this.#row(key)
    if (row === null || state.windows.get(state.open)?.asked?.why === "around") return false
    row.scrollIntoView({ block: "center" })
    row.classList.remove("shown")
    requestAnimationFrame(() => row.classList.add("shown"))
    queueMicrotask(() => this.props.happened({ _tag: "Revealed" }))
    return true
  }

  /** What a place had when it was opened, and what is loaded of its history, is not announced. */
  #announce(isAnother: boolean) {
    const { state } = this.props
    const window = state.windows.get(state.open)
    if (isAnother || window === undefined || window.asked !== undefined) {
      clearTimeout(this.#settling)
      this.#settling = undefined
      this.#element?.setAttribute("aria-live", "off")
    }
    if (window !== undefined && window.asked === undefined && this.#element?.ariaLive === "off") {
      this.#settling ??= setTimeout(() => this.#element?.setAttribute("aria-live", "polite"), settling)
    }
  }

  /** Says where the person is, and asks for more a screen before it is needed. */
  #look() {
    const element = this.#element
    if (element === null) return
    // Rows that were wrapped anew have moved the end: the person has not.
    if (this.props.state.isFollowing && element.scrollHeight !== this.#heightAtEnd) this.#toEnd()
    const { clientHeight, scrollHeight, scrollTop } = element
    const below = scrollHeight - scrollTop - clientHeight
    const { state } = this.props
    const window = state.windows.get(state.open)
    const isAtEnd = below < closeToEnd
    const wants =
      window?.older === true && scrollTop < clientHeight
        ? "older"
        : window?.newer === true && below < clientHeight
          ? "newer"
          : undefined
    if (
      (isAtEnd && window?.newer !== true) !== state.isFollowing ||
      (wants !== undefined && window?.asked === undefined)
    ) {
      this.props.happened({ _tag: "Scrolled", isAtEnd, wants })
    }
  }

  override render({ happened, now, state }: Props) {
    const window = state.windows.get(state.open) ?? empty
    const { sought } = state
    const soughtName = sought === undefined ? undefined : nameOf(sought)
    const outgoing = window.newer ? [] : state.outgoing.filter(({ place }) => place === state.open)
    const lastOwn = window.lines.findLast((line): line is Said => line._tag === "Said" && line.own === true)
    const isLoading = window.asked !== undefined && window.asked.why !== "newer"
    const isConnected = state.connection._tag === "Open"
    return (
      <div class="room">
        <div
          class="log"
          role="log"
          aria-label={`Messages in ${titleOf(state.open)}`}
          aria-live="off"
          aria-relevant="additions"
          aria-busy={isLoading}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must come to it
          tabIndex={0}
          ref={(element) => {
            this.#element = element
          }}
          onScroll={() => this.#look()}
        >
          {state.windows.has(state.open) && !window.older && window.asked === undefined && (
            <p class="begin">
              {window.lines.length === 0
                ? "Nothing has been said here yet."
                : `This is all that the node keeps of ${titleOf(state.open)}.`}
            </p>
          )}
          {rowsIn(window).map((row) => {
            const line = row._tag === "Line" && row.line.own === true ? row.line : undefined
            const delivery = line === undefined ? undefined : deliveryOf(line, state.streams)
            const offer = row._tag === "Line" ? row.line.offer : undefined
            const isTold = delivery !== undefined && (delivery.state !== "all" || line === lastOwn)
            return (
              <Row
                key={row.key}
                row={row}
                now={now}
                isSought={row.key === soughtName}
                news={offer && state.files.get(offer.digest)}
                happened={offer && isConnected ? happened : undefined}
                delivery={isTold ? delivery.state : undefined}
                short={isTold ? delivery.short : ""}
                long={isTold ? delivery.long : ""}
              />
            )
          })}
          {outgoing.map((line) => (
            <OnItsWay
              key={line.ref}
              line={line}
              self={state.chat?.self.id ?? "You"}
              again={isConnected ? () => happened({ _tag: "SendAgain", ref: line.ref }) : undefined}
              discard={() => happened({ _tag: "Discard", ref: line.ref })}
            />
          ))}
        </div>
        {!state.isFollowing && (
          <button type="button" class="to-end" onClick={() => happened({ _tag: "GoToEnd" })}>
            <Icon name="down" />
            {window.below > 0 ? `${window.below} new` : "To the end"}
          </button>
        )}
      </div>
    )
  }
}
