/**
 * Prints the commands that can be typed, as the page knows them: what completion needs. Each is its name, and the kinds of
 * its arguments; an empty one is completed from nothing.
 */
import { commands } from "../src/programs/commands/all.ts"

console.log(JSON.stringify(commands.map(({ name, parameters }) => [name, ...parameters.map(({ kind = "" }) => kind)])))
