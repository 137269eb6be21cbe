/** All works, in order. */
import type { Work } from "../Work.ts"
import { F1 } from "./F1.ts"
import { F2 } from "./F2.ts"
import { F3 } from "./F3.ts"
import { F4 } from "./F4.ts"
import { F5 } from "./F5.ts"
import { F6 } from "./F6.ts"
import { F7 } from "./F7.ts"
import { F8 } from "./F8.ts"
import { F9 } from "./F9.ts"
import { F10 } from "./F10.ts"
import { F11 } from "./F11.ts"
import { F12 } from "./F12.ts"
import { F13 } from "./F13.ts"
import { F14 } from "./F14.ts"
import { F15 } from "./F15.ts"
import { F16 } from "./F16.ts"
import { files } from "./files.ts"
import { frozen } from "./frozen.ts"
import { irc } from "./irc.ts"
import { sites } from "./sites.ts"
import { warm } from "./warm.ts"

export const works: ReadonlyArray<Work> = [
  F1,
  F2,
  F3,
  F4,
  F5,
  F6,
  F7,
  F8,
  F9,
  F10,
  F11,
  F12,
  F13,
  F14,
  F15,
  F16,
  files,
  frozen,
  irc,
  sites,
  warm
]
