/** Times as people write them, in this machine's time zone. */
import * as Duration from "effect/Duration"

const two = (number: number): string => String(number).padStart(2, "0")

/** `2026-11-22 21:51:42`. */
export const dateAndTime = (millis: number): string => {
  const at = new Date(millis)
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-")
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`
}

const units = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"]
] as const

/** A length of time in its two largest units: `2 h 5 min`, `12 s`. */
export const inWords = (length: Duration.DurationInput): string => {
  let left = Math.floor(Duration.toSeconds(length))
  const parts: Array<string> = []
  for (const [seconds, unit] of units) {
    const count = Math.floor(left / seconds)
    left -= count * seconds
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
  }
  return parts.length === 0 ? "0 s" : parts.join(" ")
}
