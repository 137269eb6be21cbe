/** Files that are kept open for a while, because the next piece is likely to be in one of them. */
import type { OpenFile } from "./Disk.ts"

/** So many stay open, for each offer. */
const most = 16

/** The files of an offer, by their index. The one that was used longest ago is closed when there are too many. */
export class OpenFiles {
  readonly #open: (file: number) => OpenFile
  readonly #files = new Map<number, OpenFile>()

  constructor(open: (file: number) => OpenFile) {
    this.#open = open
  }

  get(index: number): OpenFile {
    const file = this.#files.get(index) ?? this.#open(index)
    this.#files.delete(index)
    this.#files.set(index, file)
    if (this.#files.size > most) {
      const [oldest = index] = this.#files.keys()
      this.forget(oldest)
    }
    return file
  }

  forget(index: number): void {
    const file = this.#files.get(index)
    this.#files.delete(index)
    file?.close()
  }

  close(): void {
    for (const index of [...this.#files.keys()]) this.forget(index)
  }
}
