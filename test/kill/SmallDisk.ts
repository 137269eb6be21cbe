/** A small disk that can be full: a tmpfs, which takes root to mount. */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"

/** Bytes that are written at once to fill a disk: a page of a tmpfs. */
const page = Buffer.alloc(4_096)

const mounted = new Set<string>()

process.on("exit", () => mounted.forEach(unmount))

/** Why this user can have no small disk here; undefined if it can. */
export const obstacle = (): string | undefined => {
  if (process.platform !== "linux") return "it needs Linux, for its tmpfs"
  return process.getuid?.() === 0 ? undefined : "it takes root to mount a small disk"
}

/** Mounts a disk of that size there, until this process ends at the latest; false if this system lets nobody. */
export const mount = (folder: string, kibibytes: number): boolean => {
  Fs.mkdirSync(folder, { recursive: true })
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kibibytes}k`, "tmpfs", folder], {
    stdio: "ignore"
  })
  if (status === 0) mounted.add(folder)
  return status === 0
}

export const unmount = (folder: string): void => {
  if (mounted.delete(folder)) spawnSync("umount", ["-l", folder], { stdio: "ignore" })
}

const ballast = (folder: string): string => Path.join(folder, "ballast")

/** Leaves no room on that disk but what the last pages of its files have. */
export const fill = (folder: string): void => {
  const file = Fs.openSync(ballast(folder), "a")
  try {
    for (;;) Fs.writeSync(file, page)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error
  } finally {
    Fs.closeSync(file)
  }
}

/** Makes room on that disk again. */
export const clear = (folder: string): void => Fs.rmSync(ballast(folder), { force: true })
