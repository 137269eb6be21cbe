/** The page: its state, what happens to it, and what it does then. */
import { render } from "preact"
import type { Described, Kind } from "../src/domain/Described.ts"
import { connect } from "./connection.ts"
import { filesIn, filesOf } from "./dropped.ts"
import type { Effect, Event } from "./state/Event.ts"
import { decode, encode } from "./state/Kept.ts"
import { callsIn, initial, type Notifying, type State } from "./state/State.ts"
import { update, watching } from "./state/update.ts"
import { tabTitle } from "./state/Words.ts"
import { makeUploading } from "./uploading.ts"
import { App } from "./view/App.tsx"
import { isComposing } from "./view/Composer.tsx"

/** The commands of the node, which the build knows: each its name, and the kinds of its arguments. */
declare const COMMANDS: ReadonlyArray<readonly [name: string, ...kinds: ReadonlyArray<Kind | "">]>

const commands = COMMANDS.map(
  ([name, ...kinds]): Described => ({
    name,
    elsewhere: [],
    help: "",
    parameters: kinds.map((kind) => ({ name: "", optional: false, kind: kind || undefined }))
  })
)

const storageKey = "outlive"

const notifying = (): Notifying => {
  if (typeof Notification === "undefined") return "impossible"
  return Notification.permission === "default" ? "unasked" : Notification.permission
}

let state: State = initial(decode(sessionStorage.getItem(storageKey)), commands, {
  isVisible: !document.hidden,
  notifying: notifying()
})

const input = (): HTMLTextAreaElement | null => document.querySelector("#input")

/** Does what a browser may refuse: the page goes on without it. */
const trying = (act: () => void): void => {
  try {
    act()
  } catch (refused) {
    console.warn(refused)
  }
}

const perform = (effect: Effect): void => {
  switch (effect._tag) {
    case "Send":
      return connection.send(effect.command)
    case "Upload":
      return uploading.begin(effect.ref, effect.files)
    case "StopUpload":
      return uploading.stop(effect.ref)
    case "Redial":
      return connection.redial(effect.attempts)
    case "Keep": {
      const { drafts, open, outgoing } = state
      const unsent = outgoing
        .filter(({ name }) => name === undefined)
        .map(({ at, place, text }) => ({ at, place, text }))
      // Where there is no room, what is typed lasts only as long as the page.
      return trying(() => sessionStorage.setItem(storageKey, encode({ open, drafts, unsent })))
    }
    case "Notify":
      // Some browsers let only a service worker notify.
      return trying(() => {
        const shown = new Notification(effect.title, { body: effect.text, tag: effect.place })
        shown.onclick = () => {
          window.focus()
          happened({ _tag: "Go", place: effect.place })
          shown.close()
        }
      })
    case "PlaceCursor":
      input()?.focus()
      return input()?.setSelectionRange(effect.at, effect.at)
    case "FocusInput":
      // A keyboard that appears by itself is in the way.
      if (matchMedia("(pointer: fine)").matches) input()?.focus()
  }
}

const draw = (): void => {
  render(
    <App state={state} now={Date.now()} happened={happened} current={() => state} askToNotify={askToNotify} />,
    document.body
  )
  const title = tabTitle(callsIn(state), state.open)
  if (document.title !== title) document.title = title
}

const happened = (event: Event): void => {
  const before = state
  const [after, effects] = update(before, event, Date.now())
  state = after
  if (after !== before) draw()
  for (const effect of effects) perform(effect)
}

const askToNotify = async (): Promise<void> => {
  await Notification.requestPermission()
  happened({ _tag: "Notifying", notifying: notifying() })
}

const pressed = (event: KeyboardEvent): boolean => {
  const { altKey, ctrlKey, key, metaKey, shiftKey } = event
  if (isComposing(event)) return false
  if (altKey && (key === "ArrowUp" || key === "ArrowDown")) {
    happened({ _tag: "GoBy", step: key === "ArrowDown" ? 1 : -1, onlyUnread: shiftKey })
    return true
  }
  if ((ctrlKey || metaKey) && key === "k") {
    happened({ _tag: "Show", panel: "search" })
    document.querySelector<HTMLInputElement>(".panel input")?.focus()
    return true
  }
  if (key === "Escape" && !event.defaultPrevented && (state.panel !== undefined || state.isListOpen)) {
    happened(state.isListOpen ? { _tag: "ShowList", isOpen: false } : { _tag: "Show", panel: undefined })
    input()?.focus()
    return true
  }
  // Whoever types while the log has the focus, means to write.
  const isElsewhere = event.target === document.body || (event.target as Element).role === "log"
  if (key.length === 1 && key !== " " && !altKey && !ctrlKey && !metaKey && isElsewhere) input()?.focus()
  return false
}

const connection = connect(happened, watching)
const uploading = makeUploading(happened)

/** Files that are dropped are offered. The browser would open them in place of the page otherwise. */
const dragged = (event: DragEvent): void => {
  const { dataTransfer, relatedTarget, type } = event
  if (dataTransfer?.types.includes("Files") !== true) return
  event.preventDefault()
  if (type === "dragleave" && relatedTarget !== null) return
  happened({ _tag: "Dragging", isOver: type === "dragover" })
  if (type === "drop") void filesIn(dataTransfer).then((files) => happened({ _tag: "Attach", files }))
}

/** A file that is pasted is offered. Where there is text too, the text is meant. */
const pasted = (event: ClipboardEvent): void => {
  const { files, types } = event.clipboardData ?? {}
  if (files === undefined || files.length === 0 || types?.includes("text/plain") === true) return
  event.preventDefault()
  happened({ _tag: "Attach", files: filesOf(files) })
}

for (const type of ["dragover", "dragleave", "drop"] as const) document.addEventListener(type, dragged)
document.addEventListener("paste", pasted)
window.addEventListener("pagehide", uploading.stopAll)
document.addEventListener("keydown", (event) => {
  if (pressed(event)) event.preventDefault()
})
document.addEventListener("visibilitychange", () => {
  happened({ _tag: "Visible", isVisible: !document.hidden })
  if (!document.hidden) connection.lookUp()
})
window.addEventListener("online", connection.lookUp)
// A fresh link, opened in the same tab.
window.addEventListener("hashchange", connection.enter)
document.body.replaceChildren()
draw()
void connection.enter()
