/** A file system as the file store uses it, one call at a time. What fails throws an error with the system's code. */

/** What a file is at a moment. It has changed if its mark is another one. */
export interface Mark {
  /** In bytes. */
  readonly size: number
  /** Which file it is, and when it was last changed. */
  readonly stamp: string
  /** It was changed so lately that another change might leave the stamp as it is. */
  readonly isFresh: boolean
}

/** What is at a path. */
export interface Found extends Mark {
  readonly kind: "file" | "folder" | "link" | "other"
  /** Whether this user owns it. */
  readonly isOwn: boolean
  /** How many names it has, if it is a file. */
  readonly names: number
}

export interface OpenFile {
  /** Fills the bytes with what stands from there on. Returns how many there were. */
  readonly read: (into: Uint8Array, at: number) => number
  /** Writes all of the bytes there. */
  readonly write: (bytes: Uint8Array, at: number) => void
  readonly truncate: (size: number) => void
  readonly mark: () => Mark
  /** Done, or resolves, when it is on disk. */
  readonly sync: () => void | Promise<void>
  readonly close: () => void
}

export interface Disk {
  /** What is at a path, which is not followed if it is a symbolic link; undefined if there is nothing. */
  readonly look: (path: string) => Found | undefined
  /** The path without symbolic links. Fails with ENOENT if nothing is there. */
  readonly real: (path: string) => string
  /** The names in a folder, in any order, and of which kind each is. */
  readonly list: (folder: string) => ReadonlyArray<readonly [name: string, kind: Found["kind"]]>
  /** Opens a file that is there. Fails if it is no plain file. No symbolic link is followed at the end of the path. */
  readonly open: (path: string, use: "read" | "change") => OpenFile
  /** Creates a file for reading and writing that is not executable. Fails with EEXIST if something is there. */
  readonly create: (path: string) => OpenFile
  /** Makes a folder. Fails with EEXIST if something is there. `isPrivate`: nobody else may look into it. */
  readonly makeFolder: (path: string, isPrivate: boolean) => void
  /** Makes a folder and those above it, as far as there are none. */
  readonly makeFolders: (path: string) => void
  /** Gives a file another name in place of its own. Fails with EEXIST if something has it: nothing is ever replaced. */
  readonly name: (from: string, to: string) => void
  /** The same for a private folder, which is private no more. */
  readonly nameFolder: (from: string, to: string) => void
  /** Removes a file; none is no error. */
  readonly remove: (path: string) => void
  /** Removes a folder and all that is in it; none is no error. */
  readonly removeFolder: (path: string) => void
  /** How many bytes there is room for; undefined if that is not known. */
  readonly room: (folder: string) => number | undefined
}
