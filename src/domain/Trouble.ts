/** Why the system does not do with a file what it was asked for: one table of its codes, for everybody who uses files. */

export interface Trouble {
  /** What is wrong, as a clause: "the disk is full". */
  readonly detail: string
  /** What to do about it. Without one, another place is the remedy, and whoever uses the file says how to name one. */
  readonly remedy?: string
}

const room = "make room on it"

const troubles: Readonly<Record<string, Trouble>> = {
  ENOSPC: { detail: "the disk is full", remedy: room },
  EDQUOT: { detail: "this user has no more room on the disk", remedy: room },
  EMFILE: {
    detail: "this program has as many files and connections open as it may",
    remedy: "raise that limit with ulimit -n, or lower --limit-connections"
  },
  ENFILE: {
    detail: "this machine has as many files open as it can",
    remedy: "end other programs"
  },
  EFBIG: { detail: "the file is larger than it may be" },
  EACCES: { detail: "this user may not write there" },
  EPERM: { detail: "this user may not write there" },
  EROFS: { detail: "it can only be read" },
  EBUSY: { detail: "something else keeps it busy" },
  EIO: { detail: "the disk fails" },
  EBADF: { detail: "it is closed" },
  EEXIST: { detail: "it is no folder" },
  ENOTDIR: { detail: "it is no folder, or lies in something that is none" },
  ENOENT: { detail: "there is no such folder" },
  EISDIR: { detail: "there is a folder where a file should be" },
  ELOOP: { detail: "its links lead in a circle" },
  ENAMETOOLONG: { detail: "its name is too long" }
}

/** The system's code for what went wrong, as Node has it, or as Effect's platform passes it on. */
export const codeOf = (error: unknown): string => {
  const { cause, code } = error as { readonly code?: unknown; readonly cause?: unknown }
  if (typeof code === "string") return code
  return typeof cause === "object" && cause !== null ? codeOf(cause) : ""
}

/** What an error of the system means to a person. */
export const troubleOf = (error: unknown): Trouble =>
  troubles[codeOf(error)] ?? { detail: error instanceof Error ? error.message : String(error) }
