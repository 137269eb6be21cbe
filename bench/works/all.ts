/** All works, in order. */
import type { Work } from "../Work.ts"
import { F1 } from "./F1.ts"
import { F2 } from "./F2.ts"
import { F4 } from "./F4.ts"
import { F6 } from "./F6.ts"
import { F7 } from "./F7.ts"
import { F10 } from "./F10.ts"
import { F11 } from "./F11.ts"

export const works: ReadonlyArray<Work> = [F1, F2, F4, F6, F7, F10, F11]
