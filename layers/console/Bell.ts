/** Rings the bell of a terminal, and shows a desktop notification, when somebody mentions the person at it. */
import { type Rung, ring } from "../../src/domain/Calling.ts"
import { isPrivateStream } from "../../src/domain/Conversation.ts"
import { type PeerId, title } from "../../src/domain/Peer.ts"
import { authorOf, mainRoom, roomIn, roomTitle, type StreamId } from "../../src/domain/Post.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"

export const bell = "\u0007"

/** Terminals show a desktop notification for one of two sequences: OSC 777 (VTE, rxvt) or OSC 9 (others). */
const knows777 = process.env["VTE_VERSION"] !== undefined || /^rxvt/.test(process.env["TERM"] ?? "")
const notification = (text: string): string =>
  knows777 ? `\u001b]777;notify;outlive;${text}\u0007` : `\u001b]9;${text}\u0007`

/** What the author of a line has done, in a few words. */
const deedIn = (stream: StreamId): string => {
  const room = roomIn(stream)
  if (isPrivateStream(stream)) return "wrote to you alone"
  return room === mainRoom ? "mentioned you" : `mentioned you in ${roomTitle(room)}`
}

export interface Settings {
  /** Whether the bell rings and notifications are sent. */
  readonly bell: boolean
  /** Words that count as a mention of the person, besides the node's own id. */
  readonly words?: ReadonlyArray<string>
}

/** Mutable: one console owns it. */
export class Bell {
  readonly #settings: Settings
  #rung: Rung = new Map()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /**
   * What to send to the terminal for these lines: empty if none of them mentions the person. A person who looks at the
   * window gets the bell without a notification.
   */
  ringFor(lines: ReadonlyArray<ScreenLine>, self: PeerId | undefined, isLookedAt: boolean): string {
    const { bell: rings, words = [] } = this.#settings
    if (!rings) return ""
    const { by, rung } = ring(this.#rung, lines, { self, words }, performance.now())
    this.#rung = rung
    if (by === undefined) return ""
    return bell + (isLookedAt ? "" : notification(`${title(authorOf(by))} ${deedIn(by)}`))
  }
}
