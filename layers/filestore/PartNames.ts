/** How the files are called that an offer is put together in. */
import { fitName } from "../../src/domain/FileNames.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import { sha256 } from "./Sha256.ts"

export interface PartNames {
  /** The file, or the folder of the files, until all is there. */
  readonly part: string
  /** What is known of it. */
  readonly state: string
}

/** Names that are the same each time for the same offer. `n`: another pair of names if the first ones are in use. */
export const partNames = ({ digest, name }: Offer, n: number): PartNames => {
  const mark = sha256(Buffer.from(`outlive part ${digest} ${n}`)).toString("hex", 0, 4)
  return { part: fitName(name, `.${mark}.part`), state: fitName(name, `.${mark}.state`) }
}
