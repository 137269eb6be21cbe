/** Why the system does not do with a file what it was asked for: one table of its codes, for everybody who uses files. */

export interface Trouble {
  /** What is wrong, as a clause: "the disk is full". */
  readonly detail: string
  /** What to do about it. Without one, another place is the remedy, and whoever uses the file says how to name one. */
  readonly remedy?: string
}

const room = "free some space"

const troubles: Readonly<Record<string, Trouble>> = {
  ENOSPC: { detail: "the disk is full", remedy: room },
  EDQUOT: { detail: "this user's disk quota is used up", remedy: room },
  EMFILE: {
    detail: "this program has too many files and connections open",
    remedy: "raise the limit with ulimit -n, or lower --limit-connections"
  },
  ENFILE: {
    detail: "this machine has too many files open",
    remedy: "stop other programs"
  },
  EFBIG: { detail: "the file is too large" },
  EACCES: { detail: "this user may not write there" },
  EPERM: { detail: "this user may not write there" },
  EROFS: { detail: "it is read-only" },
  EBUSY: { detail: "another program keeps it busy" },
  EIO: { detail: "the disk has an error" },
  EBADF: { detail: "it is closed" },
  EEXIST: { detail: "it is not a folder" },
  ENOTDIR: { detail: "part of the path is not a folder" },
  ENOENT: { detail: "there is no such folder" },
  EISDIR: { detail: "there is a folder where a file should be" },
  ELOOP: { detail: "its symbolic links form a loop" },
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
