/** Opens a link in the browser of whoever runs this program. */
import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"

/** A program that is still running after this time has opened the link, or will. */
const patience = "3 seconds"

export type Words = readonly [program: string, ...words: Array<string>]

/**
 * The programs to try, in this order, with their words: those of the variable BROWSER, with colons between them and `%s`
 * for the link, or else what the system has. No shell reads them.
 */
export const programsFor = (
  link: string,
  { BROWSER = "" }: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform
): ReadonlyArray<Words> => {
  const chosen = BROWSER.split(":").flatMap((entry): ReadonlyArray<Words> => {
    const [program, ...words] = entry.split(/\s+/).filter((word) => word !== "")
    if (program === undefined) return []
    return [[program, ...(entry.includes("%s") ? words.map((word) => word.replaceAll("%s", link)) : [...words, link])]]
  })
  if (chosen.length > 0) return chosen
  return [[platform === "darwin" ? "open" : "xdg-open", link]]
}

/** Runs a program that goes on without this one. False if it can't be run, or fails soon. */
const isRun = ([program, ...words]: Words): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const child = spawn(program, words, { stdio: "ignore", detached: true })
    child.once("error", () => resume(Effect.succeed(false)))
    child.once("exit", (status) => resume(Effect.succeed(status === 0)))
    child.unref()
  }).pipe(Effect.timeoutTo({ duration: patience, onSuccess: (isDone) => isDone, onTimeout: () => true }))

/** Opens a link. False if no program could. */
export const open = (link: string): Effect.Effect<boolean> =>
  Effect.reduce(programsFor(link, process.env, process.platform), false, (isOpen, words) =>
    isOpen ? Effect.succeed(true) : isRun(words)
  )
