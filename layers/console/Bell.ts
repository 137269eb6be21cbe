/** The bell of a terminal, and what it shows outside of its window, when somebody calls the person at it. */
import { type Rung, ring } from "../../src/domain/Calling.ts"
import { type PeerId, title } from "../../src/domain/Peer.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"

export const bell = "\u0007"

/** Terminals that can tell of something outside of their window do so by one of two sequences. */
const knows777 = process.env["VTE_VERSION"] !== undefined || /^rxvt/.test(process.env["TERM"] ?? "")
const notification = (text: string): string =>
  knows777 ? `\u001b]777;notify;outlive;${text}\u0007` : `\u001b]9;${text}\u0007`

export interface Settings {
  /** Whether it rings at all. */
  readonly bell: boolean
  /** Words that call the person, besides the node's own id. */
  readonly words?: ReadonlyArray<string>
}

/** Mutable: one console owns it. */
export class Bell {
  readonly #settings: Settings
  #rung: Rung = new Map()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** What the terminal is to be sent for these lines; nothing if none of them calls. A person who looks at the window is not notified. */
  ringFor(lines: ReadonlyArray<ScreenLine>, self: PeerId | undefined, isLookedAt: boolean): string {
    const { bell: rings, words = [] } = this.#settings
    if (!rings) return ""
    const { caller, rung } = ring(this.#rung, lines, { self, words }, performance.now())
    this.#rung = rung
    if (caller === undefined) return ""
    return bell + (isLookedAt ? "" : notification(`${title(caller)} mentioned you`))
  }
}
