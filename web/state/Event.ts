/** What happens to the page, and what it does then. */
import type { Place } from "./Place.ts"
import type { Notifying, Panel } from "./State.ts"
import type { Attached, FileDeed } from "./Transfer.ts"
import type { Command, LineName, Report } from "./Wire.ts"

export type Event =
  /** The connection to the node is up; lost, or not made; the node does not know this browser; the person has left. */
  | { readonly _tag: "Connected" }
  | { readonly _tag: "Disconnected" }
  | { readonly _tag: "Refused" }
  | { readonly _tag: "Left" }
  /** The node has reported this. */
  | { readonly _tag: "Heard"; readonly reports: ReadonlyArray<Report> }
  /** The person goes somewhere: to a place, to a line, up or down the list, to the end of the log. */
  | { readonly _tag: "Go"; readonly place: Place }
  | { readonly _tag: "GoToLine"; readonly place: Place; readonly line: LineName }
  | { readonly _tag: "GoBy"; readonly step: 1 | -1; readonly onlyUnread: boolean }
  | { readonly _tag: "GoToEnd" }
  | { readonly _tag: "Join"; readonly room: string }
  /** The person has scrolled: whether the end is in view, and whether more lines are wanted. */
  | { readonly _tag: "Scrolled"; readonly isAtEnd: boolean; readonly wants: "older" | "newer" | undefined }
  | { readonly _tag: "Revealed" }
  | { readonly _tag: "Typed"; readonly text: string; readonly cursor: number }
  /** The person wants completions, moves among them, takes one, wants none. */
  | { readonly _tag: "Complete"; readonly cursor: number }
  | { readonly _tag: "Choose"; readonly step: 1 | -1 }
  | { readonly _tag: "Take"; readonly index: number }
  | { readonly _tag: "CloseMenu" }
  | { readonly _tag: "Submit" }
  | { readonly _tag: "SendAgain"; readonly ref: string }
  | { readonly _tag: "Discard"; readonly ref: string }
  /** The person wants a file that is offered, or does not want it any more. */
  | { readonly _tag: "OnFile"; readonly deed: FileDeed; readonly digest: string }
  /** The person drags something over the page that could be offered; hands files over; wants an upload no more. */
  | { readonly _tag: "Dragging"; readonly isOver: boolean }
  | { readonly _tag: "Attach"; readonly files: ReadonlyArray<Attached> }
  | { readonly _tag: "StopUpload"; readonly ref: string }
  /** An upload is so far; is at that path of the node; has failed. */
  | { readonly _tag: "UploadSent"; readonly ref: string; readonly sent: number }
  | { readonly _tag: "Uploaded"; readonly ref: string; readonly path: string }
  | { readonly _tag: "UploadFailed"; readonly ref: string; readonly why: string }
  | { readonly _tag: "Show"; readonly panel: Panel | undefined }
  | { readonly _tag: "ShowList"; readonly isOpen: boolean }
  | { readonly _tag: "Search"; readonly text: string }
  | { readonly _tag: "SearchFurther" }
  | { readonly _tag: "Visible"; readonly isVisible: boolean }
  | { readonly _tag: "Notifying"; readonly notifying: Notifying }

export type Effect =
  | { readonly _tag: "Send"; readonly command: Command }
  | { readonly _tag: "Upload"; readonly ref: string; readonly files: ReadonlyArray<Attached> }
  | { readonly _tag: "StopUpload"; readonly ref: string }
  /** Dial the node again, after this many attempts that failed. */
  | { readonly _tag: "Redial"; readonly attempts: number }
  /** Keep what outlives a reload. */
  | { readonly _tag: "Keep" }
  | { readonly _tag: "Notify"; readonly title: string; readonly text: string; readonly place: Place }
  /** Place the cursor in the text being typed, once it is drawn. */
  | { readonly _tag: "PlaceCursor"; readonly at: number }
  | { readonly _tag: "FocusInput" }
