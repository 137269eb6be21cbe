/** Paths of files as people type them. */

/** A path in which `~` is the home folder. `~bo` is not known: it is a name like any other. */
export const withHome = (path: string, home: string | undefined): string =>
  home !== undefined && (path === "~" || path.startsWith("~/")) ? home + path.slice(1) : path

/** The last name in a path. */
export const nameIn = (path: string): string => path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/su, "") || path

/** The last names in paths, as one name. */
export const namesIn = (paths: ReadonlyArray<string>): string => paths.map(nameIn).join(", ")

/** The folder of a path, with the slash behind it. Empty if there is none. */
export const folderIn = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1)

/** What is in a folder. */
export interface Listed {
  readonly name: string
  readonly isFolder: boolean
}
