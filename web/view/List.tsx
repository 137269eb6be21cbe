/** The list at the side: rooms, conversations, rooms that one could join. */
import type { Event } from "../state/Event.ts"
import { othersIn } from "../state/Place.ts"
import { type Entry, entriesOf, type State } from "../state/State.ts"
import { Icon } from "./Icon.tsx"
import { Pure } from "./Pure.ts"
import { Id } from "./Text.tsx"

interface Props {
  readonly state: State
  readonly happened: (event: Event) => void
  readonly askToNotify: () => void
}

interface EntryProps extends Entry {
  readonly isOpen: boolean
  readonly hasDraft: boolean
  readonly go: () => void
}

const unreadInWords = (unread: number, mentions: number): string =>
  `${unread} unread${mentions === 0 ? "" : `, ${mentions} for you`}`

const Item = ({ go, hasDraft, isOpen, mentions, place, unread }: EntryProps) => {
  const others = othersIn(place)
  return (
    <li>
      <button
        type="button"
        class={unread > 0 ? "entry unread" : "entry"}
        aria-current={isOpen ? "page" : undefined}
        onClick={go}
      >
        <span class="name">
          {others === undefined ? (
            <>
              <span class="hash">#</span>
              {place}
            </>
          ) : (
            others.map((id, index) => (
              <span key={id}>
                {index > 0 && ", "}
                <Id id={id} />
              </span>
            ))
          )}
        </span>
        {hasDraft && !isOpen && (
          <span class="draft" title="You have begun a message here">
            ✎<span class="heard"> draft</span>
          </span>
        )}
        {unread > 0 && (
          <span class={mentions > 0 ? "badge calls" : "badge"}>
            <span aria-hidden="true">{unread > 999 ? "999+" : unread}</span>
            <span class="heard">{unreadInWords(unread, mentions)}</span>
          </span>
        )}
      </button>
    </li>
  )
}

const roomName = "[A-Za-z0-9_\\-]{1,32}"

export class List extends Pure<Props> {
  override shouldComponentUpdate({ state }: Props) {
    const before = this.props.state
    return (
      state.rooms !== before.rooms ||
      state.conversations !== before.conversations ||
      state.opened !== before.opened ||
      state.open !== before.open ||
      state.isFollowing !== before.isFollowing ||
      state.isVisible !== before.isVisible ||
      state.drafts !== before.drafts ||
      state.connection !== before.connection ||
      state.chat?.self.id !== before.chat?.self.id ||
      state.notifying !== before.notifying ||
      state.windows.has(state.open) !== before.windows.has(before.open)
    )
  }

  override render({ askToNotify, happened, state }: Props) {
    const { conversations, others, rooms } = entriesOf(state)
    const item = (entry: Entry) => (
      <Item
        key={entry.place}
        {...entry}
        isOpen={entry.place === state.open}
        hasDraft={(state.drafts.get(entry.place) ?? "") !== ""}
        go={() => happened({ _tag: "Go", place: entry.place })}
      />
    )
    const join = (event: SubmitEvent) => {
      event.preventDefault()
      const form = event.currentTarget as HTMLFormElement
      const room = String(new FormData(form).get("room")).trim().replace(/^#/, "")
      if (room === "") return
      form.reset()
      happened({ _tag: "Join", room })
    }
    return (
      <nav class="list" id="list" aria-label="Rooms and conversations">
        <header>
          <span class="self">
            {state.chat === undefined ? "outlive" : <Id id={state.chat.self.id} />}
            <span class="heard"> is you</span>
          </span>
          <button type="button" class="plain only-narrow" onClick={() => happened({ _tag: "ShowList", isOpen: false })}>
            <Icon name="close" />
            <span class="heard">Close the list</span>
          </button>
        </header>
        <div class="entries">
          <h2>Rooms</h2>
          <ul>{rooms.map(item)}</ul>
          {conversations.length > 0 && (
            <>
              <h2>Private</h2>
              <ul>{conversations.map(item)}</ul>
            </>
          )}
          {others.length > 0 && (
            <>
              <h2>Other rooms</h2>
              <ul>
                {others.map(({ place }) => (
                  <li key={place}>
                    <button type="button" class="entry other" onClick={() => happened({ _tag: "Join", room: place })}>
                      <span class="name">
                        <span class="hash">#</span>
                        {place}
                      </span>
                      <span class="verb">join</span>
                    </button>
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
        <form class="join" onSubmit={join}>
          <input
            name="room"
            aria-label="Join or begin a room"
            placeholder="Join or begin a room"
            pattern={`\\s*#?${roomName}\\s*`}
            title="1 to 32 letters, digits, - and _"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
          />
        </form>
        {state.notifying === "unasked" && (
          <button type="button" class="quiet notify" onClick={askToNotify}>
            <Icon name="bell" />
            Notify me when I am called
          </button>
        )}
      </nav>
    )
  }
}
