/** The folders of this machine, for people who type paths. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Listed } from "../src/domain/Path.ts"

/** Where people type no paths, there are no folders. */
export class Folders extends Context.Reference<Folders>()("outlive/Folders", {
  defaultValue: (): {
    /** The home folder of the user, if there is one. */
    readonly home: string | undefined
    /**
     * What is in a folder with a name that begins so, in upper or lower case. Of a large folder not all; nothing if it
     * can't be read, or not at once.
     */
    readonly list: (folder: string, beginning: string) => Effect.Effect<ReadonlyArray<Listed>>
  } => ({ home: undefined, list: () => Effect.succeed([]) })
}) {}
