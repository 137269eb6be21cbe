/** What can be seen: a caption, and six screens. Plain data. */
import { everyone, type Name } from "./story.ts"

export interface Line {
  /** `shell`: the command; `typed`: on the keyboard; `chat`: stdout; `notice`: stderr; `end`: how the program ended. */
  readonly kind: "shell" | "typed" | "chat" | "notice" | "end"
  readonly text: string
}

export interface Stage {
  readonly caption: string
  readonly screens: ReadonlyMap<Name, ReadonlyArray<Line>>
}

export const empty: Stage = { caption: "", screens: new Map(everyone.map((name) => [name, []])) }

export const linesOn = (stage: Stage, screen: Name): ReadonlyArray<Line> => stage.screens.get(screen) ?? []

export const withLine =
  (screen: Name, line: Line) =>
  (stage: Stage): Stage => ({
    ...stage,
    screens: new Map(stage.screens).set(screen, [...linesOn(stage, screen), line])
  })

export const withCaption =
  (caption: string) =>
  (stage: Stage): Stage => ({ ...stage, caption })
