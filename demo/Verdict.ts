/** Whether what came on the screens is what the story says. */
import * as Arr from "effect/Array"
import { type Line, linesOn, type Stage } from "./Stage.ts"
import { type Expected, everyone } from "./story.ts"

export interface Verdict {
  /** What has not come. */
  readonly missing: ReadonlyArray<Expected>
  /** What has come and should not have, or not twice. */
  readonly surplus: ReadonlyArray<Expected>
}

/** Compares what came between two moments with what should have come. Notices that nobody expects are no matter. */
export const judge = (expected: ReadonlyArray<Expected>, before: Stage, now: Stage): Verdict => {
  const verdicts = everyone.map((screen): Verdict => {
    const due = expected.filter((each) => each.screen === screen).map(({ text }) => text)
    const came = linesOn(now, screen)
      .slice(linesOn(before, screen).length)
      .filter((line) => isJudged(line) || due.some((text) => matches(line, text)))
    const missing = [...due]
    const surplus: Array<string> = []
    for (const line of came) {
      const at = missing.findIndex((text) => matches(line, text))
      if (at >= 0) missing.splice(at, 1)
      else surplus.push(line.text)
    }
    const named = Arr.map((text: string): Expected => ({ screen, text }))
    return { missing: named(missing), surplus: named(surplus) }
  })
  return {
    missing: verdicts.flatMap(({ missing }) => missing),
    surplus: verdicts.flatMap(({ surplus }) => surplus)
  }
}

const isJudged = ({ kind }: Line): boolean => kind === "chat" || kind === "end"

const matches = (line: Line, text: string): boolean =>
  line.kind === "notice" ? line.text.startsWith(text) : isJudged(line) && line.text === text

/** What is wrong, a line for each screen's line. */
export const describe = ({ missing, surplus }: Verdict): string =>
  [
    ...missing.map(({ screen, text }) => `  missing on the screen of ${screen}: ${text}`),
    ...surplus.map(({ screen, text }) => `  not expected on the screen of ${screen}: ${text}`)
  ].join("\n")
