/** The search in all that the node keeps. */
import { Component } from "preact"
import { escape } from "../../src/domain/Escape.ts"
import type { Event } from "../state/Event.ts"
import { placeOf, titleOf } from "../state/Place.ts"
import { dates } from "../state/Rows.ts"
import type { State } from "../state/State.ts"
import { nameOf, type Said } from "../state/Window.ts"
import { clock } from "../state/Words.ts"
import { Id } from "./Text.tsx"

interface Props {
  readonly search: State["search"]
  readonly self: string
  readonly isConnected: boolean
  readonly happened: (event: Event) => void
}

/** A pause in typing that means: look for this, in ms. */
const pause = 150

/** How much of a line is shown around what was found, in UTF-16 units. */
const before = 30
const behind = 120

const day = dates({ day: "numeric", month: "short" })

/** A line around the text that it contains. */
const Excerpt = ({ line, wanted }: { readonly line: string; readonly wanted: string }) => {
  const at = Math.max(0, line.toLowerCase().indexOf(wanted.toLowerCase()))
  const from = at > before ? at - before : 0
  const end = at + wanted.length
  return (
    <span class="excerpt" dir="auto">
      {from > 0 && "…"}
      {escape(line.slice(from, at))}
      <mark>{escape(line.slice(at, end))}</mark>
      {escape(line.slice(end, end + behind))}
      {line.length > end + behind && "…"}
    </span>
  )
}

export class Finding extends Component<Props> {
  #input: HTMLInputElement | null = null
  #waiting: ReturnType<typeof setTimeout> | undefined

  override componentDidMount() {
    const input = this.#input
    if (input === null) return
    // The field is the person's own: drawing it again must not take back what is being typed.
    input.value = this.props.search.text
    input.focus()
    input.select()
  }

  override componentWillUnmount() {
    clearTimeout(this.#waiting)
  }

  #look(text: string) {
    clearTimeout(this.#waiting)
    this.#waiting = setTimeout(() => this.props.happened({ _tag: "Search", text }), pause)
  }

  #saying({ lines, ref, text }: State["search"]): string {
    if (text.trim() === "") return ""
    if (!this.props.isConnected) return "The node is away."
    if (lines === undefined) return ref === undefined ? "" : "Searching…"
    return lines.length === 0 ? "Nothing was found." : ""
  }

  override render({ happened, search, self }: Props) {
    const wanted = search.text.trim()
    const result = (line: Said) => {
      const place = placeOf(line, self)
      return (
        <li key={nameOf(line)}>
          <button type="button" class="result" onClick={() => happened({ _tag: "GoToLine", place, line })}>
            <span class="where">
              <Id id={line.from} />
              <span>
                {titleOf(place)}, {day(line.at)}, {clock(line.at)}
              </span>
            </span>
            <Excerpt line={line.text} wanted={wanted} />
          </button>
        </li>
      )
    }
    return (
      <>
        <input
          type="search"
          aria-label="Search all messages"
          placeholder="Search all messages"
          autocomplete="off"
          spellcheck={false}
          ref={(element) => {
            this.#input = element
          }}
          onInput={(event) => this.#look(event.currentTarget.value)}
        />
        <p class="finding" role="status">
          {this.#saying(search)}
        </p>
        <div class="scrolls">
          <ul>{(search.lines ?? []).toReversed().map(result)}</ul>
          {search.more && (
            <button type="button" class="quiet" onClick={() => happened({ _tag: "SearchFurther" })}>
              Show earlier ones
            </button>
          )}
        </div>
      </>
    )
  }
}
