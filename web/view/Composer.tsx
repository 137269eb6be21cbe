/** Where one writes: a text of one line or several, and what may complete it. */
import { Component } from "preact"
import { filesOf } from "../dropped.ts"
import type { Event } from "../state/Event.ts"
import { titleOf } from "../state/Place.ts"
import { draftOf, type State } from "../state/State.ts"
import { excessOf } from "../state/Writing.ts"
import { Icon } from "./Icon.tsx"

interface Props {
  readonly state: State
  readonly happened: (event: Event) => void
  readonly current: () => State
  readonly scrollLog: (pages: number) => void
}

/** Whether a key belongs to an input method. Safari ends a composition with an Enter that has only the code 229. */
export const isComposing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229

export class Composer extends Component<Props> {
  #input: HTMLTextAreaElement | null = null
  #files: HTMLInputElement | null = null

  override componentDidMount() {
    this.#fit()
    if (matchMedia("(pointer: fine)").matches) this.#input?.focus()
  }

  override shouldComponentUpdate({ state }: Props) {
    const before = this.props.state
    return (
      draftOf(state) !== draftOf(before) ||
      state.open !== before.open ||
      state.menu !== before.menu ||
      state.connection !== before.connection ||
      state.chat !== before.chat
    )
  }

  override componentDidUpdate() {
    this.#fit()
  }

  /** As high as its text, up to what the style allows. */
  #fit() {
    const input = this.#input
    if (input === null) return
    input.style.height = "auto"
    input.style.height = `${input.scrollHeight}px`
  }

  #typed(event: InputEvent) {
    const { selectionStart, value } = event.currentTarget as HTMLTextAreaElement
    this.props.happened({ _tag: "Typed", text: value, cursor: selectionStart })
  }

  /** Whether the key has done something. */
  #pressed(event: KeyboardEvent): boolean {
    const { current, happened, scrollLog, state } = this.props
    const { menu } = state
    if (isComposing(event) || event.altKey || event.ctrlKey || event.metaKey) return false
    switch (event.key) {
      case "Enter":
        if (event.shiftKey) return false
        happened(menu !== undefined && menu.chosen >= 0 ? { _tag: "Take", index: menu.chosen } : { _tag: "Submit" })
        return true
      case "Tab": {
        if (event.shiftKey) return false
        if (menu !== undefined) {
          happened({ _tag: "Take", index: Math.max(0, menu.chosen) })
          return true
        }
        happened({ _tag: "Complete", cursor: (event.currentTarget as HTMLTextAreaElement).selectionStart })
        // Without completions the key goes on to the next control.
        return current() !== state
      }
      case "ArrowUp":
      case "ArrowDown":
        if (menu === undefined) return false
        happened({ _tag: "Choose", step: event.key === "ArrowDown" ? 1 : -1 })
        return true
      case "Escape":
        if (menu === undefined) return false
        happened({ _tag: "CloseMenu" })
        return true
      case "PageUp":
      case "PageDown":
        scrollLog(event.key === "PageDown" ? 1 : -1)
        return true
      default:
        return false
    }
  }

  override render({ happened, state }: Props) {
    const { menu, open } = state
    const text = draftOf(state)
    const excess = excessOf(state, text)
    const where = `Message ${titleOf(open)}`
    return (
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault()
          happened({ _tag: "Submit" })
          this.#input?.focus()
        }}
      >
        {menu !== undefined && (
          <div class="menu" id="menu" role="listbox" aria-label="Completions">
            {menu.candidates.map(({ label, text: candidate }, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard chooses from the text field
              // biome-ignore lint/a11y/useFocusableInteractive: the text field keeps the focus
              <div
                key={candidate}
                id={`menu-${index}`}
                role="option"
                aria-selected={index === menu.chosen}
                ref={(element) => {
                  if (index === menu.chosen) element?.scrollIntoView({ block: "nearest" })
                }}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => happened({ _tag: "Take", index })}
              >
                {label ?? candidate}
              </div>
            ))}
          </div>
        )}
        <textarea
          id="input"
          rows={1}
          aria-label={where}
          aria-autocomplete="list"
          aria-controls={menu === undefined ? undefined : "menu"}
          aria-activedescendant={menu === undefined || menu.chosen < 0 ? undefined : `menu-${menu.chosen}`}
          aria-invalid={excess > 0}
          placeholder={where}
          value={text}
          dir="auto"
          enterkeyhint="send"
          ref={(element) => {
            this.#input = element
          }}
          onInput={(event) => this.#typed(event as InputEvent)}
          onKeyDown={(event) => {
            if (this.#pressed(event)) event.preventDefault()
          }}
          onBlur={() => happened({ _tag: "CloseMenu" })}
        />
        <button type="button" class="plain" onClick={() => this.#files?.click()}>
          <Icon name="attach" />
          <span class="heard">Attach files</span>
        </button>
        <input
          type="file"
          multiple
          hidden
          ref={(element) => {
            this.#files = element
          }}
          onChange={({ currentTarget }) => {
            happened({ _tag: "Attach", files: filesOf(currentTarget.files ?? []) })
            currentTarget.value = ""
          }}
        />
        <button type="submit" class="send" disabled={text.trim() === "" || excess > 0}>
          <Icon name="send" />
          <span class="heard">Send</span>
        </button>
        <p class="excess" role="status">
          {excess > 0 && `This message is too long by ${excess === 1 ? "1 byte" : `${excess} bytes`}.`}
        </p>
      </form>
    )
  }
}
