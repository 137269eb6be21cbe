/** The steps that typed lines ask for. */
import type { Typed } from "../../../services/Console.ts"
import type { Saying } from "../../domain/Delivery.ts"
import { parseSlash } from "../../domain/Described.ts"
import type { Room } from "../../domain/Post.ts"
import type { Request } from "../../domain/Request.ts"
import { quit } from "../commands/quit.ts"

/** The line that ends a program. */
export const exit = "Exit"

/** One step of lines that arrived together, in order: say lines in one go, or do something in this program alone. */
export type Step =
  /** `room`: where; undefined if nobody says. */
  | { readonly _tag: "Say"; readonly room: Room | undefined; readonly sayings: Array<Saying<Typed>> }
  | { readonly _tag: "Run"; readonly line: Typed; readonly name: string; readonly rest: string }
  | { readonly _tag: "Answer"; readonly request: Request }
  | { readonly _tag: "Pass"; readonly line: Typed }
  | { readonly _tag: "Ask"; readonly line: Typed }
  | { readonly _tag: "Complain"; readonly sentence: string; readonly failed: boolean }
  | { readonly _tag: "Exit"; readonly line: Typed; readonly after: ReadonlyArray<Typed> }

const slash = "/".charCodeAt(0)
const hash = "#".charCodeAt(0)

/** What people type when they mean `Exit`, and `Exit` itself. */
const soundsLikeLeaving = /^(exit|quit|:q)$/i
const mostOfLeaving = 4

const roomFirst = /^#([A-Za-z0-9_-]{1,32})\s+\S/

/** The room that a line begins with, as lines of other rooms do on a screen: `#ops hello`. Undefined if it does not. */
export const roomNamedIn = (text: string): Room | undefined =>
  text.charCodeAt(0) === hash ? (roomFirst.exec(text)?.[1] as Room | undefined) : undefined

/** Whether a person may have meant something else than to say this line. */
const isDoubtful = (text: string): boolean =>
  (text.length <= mostOfLeaving && soundsLikeLeaving.test(text)) || roomNamedIn(text) !== undefined

/** Whether a line that was typed is said as it is. Nearly all lines are. */
export const isSaid = (text: string): boolean => text !== "" && text.charCodeAt(0) !== slash && !isDoubtful(text)

/** Whether a line asks for the end: `Exit`, or `/quit`. */
export const isGoodbye = ({ text, verbatim = false }: Typed): boolean => {
  if (verbatim) return false
  if (text === exit) return true
  const slashed = text.charCodeAt(0) === slash ? parseSlash(text) : undefined
  return slashed?._tag === "Command" && slashed.name === quit.name && slashed.rest.trim() === ""
}

/**
 * The steps for these lines, up to the first line that asks for the end. Nearly all lines are plain, and become one
 * step.
 */
export const stepsOf = (lines: ReadonlyArray<Typed>): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  let sayings: Array<Saying<Typed>> | undefined
  let room: Room | undefined
  const say = (saying: Saying<Typed>) => {
    if (sayings === undefined || room !== saying.line.room) {
      room = saying.line.room
      sayings = []
      steps.push({ _tag: "Say", room, sayings })
    }
    sayings.push(saying)
  }
  for (const line of lines) {
    const { text } = line
    if (line.request !== undefined) {
      steps.push({ _tag: "Answer", request: line.request })
      sayings = undefined
      continue
    }
    if (line.trouble === undefined && isSaid(text)) {
      say({ line, text })
      continue
    }
    if (isGoodbye(line)) return [...steps, { _tag: "Exit", line, after: lines.slice(lines.indexOf(line) + 1) }]
    const slashed = text.charCodeAt(0) === slash && !line.verbatim ? parseSlash(text) : undefined
    if (slashed?._tag === "Command") {
      steps.push({ _tag: "Run", line, name: slashed.name, rest: slashed.rest })
      sayings = undefined
    } else if (line.trouble !== undefined) {
      steps.push({ _tag: "Complain", ...line.trouble })
      sayings = undefined
    } else if (isDoubtful(text) && !line.verbatim) {
      steps.push({ _tag: "Ask", line })
      sayings = undefined
    } else if (text === "") steps.push({ _tag: "Pass", line })
    else say({ line, text: slashed?.text ?? text })
  }
  return steps
}
