/** Prints the commands that can be typed, as the page knows them: what completion needs. */
import type { Described } from "../src/domain/Described.ts"
import { commands } from "../src/programs/commands/all.ts"

const described: ReadonlyArray<Described> = commands.map(({ name, parameters }) => ({
  name,
  parameters,
  elsewhere: [],
  help: ""
}))
console.log(JSON.stringify(described))
