/** The disk of this machine. Every call waits for the system: it is made in a thread that has nothing else to do. */
import * as Fs from "node:fs"
import { codeOf } from "../../src/domain/Trouble.ts"
import type { Disk, Found, Mark, OpenFile } from "./Disk.ts"

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_RDWR } = Fs.constants

/** Some file systems count time in steps of this, in milliseconds. */
const tick = 2_000

const failed = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })

const markOf = ({ ctimeMs, dev, ino, mtimeMs, size }: Fs.Stats): Mark => ({
  size,
  // Joined, it is one string; put together by a template, it would be a tree of strings, five times as large.
  stamp: [dev, ino, size, mtimeMs, ctimeMs].join(" "),
  isFresh: Date.now() - Math.max(mtimeMs, ctimeMs) < tick
})

const kindOf = (entry: Fs.Stats | Fs.Dirent): Found["kind"] => {
  if (entry.isFile()) return "file"
  if (entry.isDirectory()) return "folder"
  return entry.isSymbolicLink() ? "link" : "other"
}

const isOwn = ({ uid }: Fs.Stats): boolean => process.geteuid === undefined || uid === process.geteuid()

const look = (path: string): Found | undefined => {
  const found = Fs.lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  return { ...markOf(found), kind: kindOf(found), isOwn: isOwn(found), names: found.nlink }
}

const opened = (path: string, fd: number): OpenFile => {
  let isOpen = true
  let syncs = 0
  // The number may be another file's by now.
  const own = (): number => {
    if (!isOpen) throw failed("EBADF", path)
    return fd
  }
  return {
    read: (into, at) => Fs.readSync(own(), into, 0, into.length, at),
    write: (bytes, at) => {
      for (let done = 0; done < bytes.length; ) {
        done += Fs.writeSync(own(), bytes, done, bytes.length - done, at + done)
      }
    },
    truncate: (size) => Fs.ftruncateSync(own(), size),
    mark: () => markOf(Fs.fstatSync(own())),
    sync: () =>
      new Promise((resolve, reject) => {
        Fs.fsync(own(), (error) => {
          syncs -= 1
          if (!isOpen && syncs === 0) Fs.close(fd)
          if (error === null) resolve()
          else reject(error)
        })
        syncs += 1
      }),
    // While it is put on disk, its number must not become another file's.
    close: () => {
      if (isOpen && syncs === 0) Fs.closeSync(fd)
      isOpen = false
    }
  }
}

/**
 * Opens a file that is there. One that is to be changed must be this user's alone, under one name: nobody else can have
 * put another file's name there.
 */
const open = (path: string, use: "read" | "change"): OpenFile => {
  // A pipe would wait for somebody at its other end.
  const fd = Fs.openSync(path, (use === "read" ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK)
  const found = Fs.fstatSync(fd)
  if (found.isFile() && (use === "read" || (isOwn(found) && found.nlink === 1))) return opened(path, fd)
  Fs.closeSync(fd)
  throw failed(found.isFile() ? "EACCES" : "ENXIO", path)
}

const create = (path: string): OpenFile =>
  opened(path, Fs.openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666))

/** Where a file can't have two names, a new empty file takes the name first. */
const isWithoutLinks = (error: unknown): boolean =>
  ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"].includes(codeOf(error))

const name = (from: string, to: string): void => {
  try {
    Fs.linkSync(from, to)
    Fs.unlinkSync(from)
  } catch (error) {
    if (!isWithoutLinks(error)) throw error
    create(to).close()
    Fs.renameSync(from, to)
  }
}

const isOccupied = (error: unknown): boolean => ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(codeOf(error))

/** A new empty folder takes the name first: only such a one is replaced when a folder gets another name. */
const nameFolder = (from: string, to: string): void => {
  Fs.mkdirSync(to)
  try {
    Fs.chmodSync(from, Fs.lstatSync(to).mode & 0o777)
    Fs.renameSync(from, to)
  } catch (error) {
    if (isOccupied(error)) throw failed("EEXIST", to)
    Fs.rmdirSync(to)
    // Windows replaces no folder.
    if (codeOf(error) !== "EPERM") throw error
    Fs.renameSync(from, to)
  }
}

const room = (folder: string): number | undefined => {
  try {
    const { bavail, blocks, bsize } = Fs.statfsSync(folder)
    return blocks === 0 ? undefined : bavail * bsize
  } catch {
    return undefined
  }
}

export const nodeDisk: Disk = {
  look,
  real: (path) => Fs.realpathSync(path),
  list: (folder) =>
    Fs.readdirSync(folder, { withFileTypes: true }).map((entry) => [entry.name, kindOf(entry)] as const),
  open,
  create,
  makeFolder: (path, isPrivate) => Fs.mkdirSync(path, isPrivate ? 0o700 : 0o777),
  makeFolders: (path) => {
    Fs.mkdirSync(path, { recursive: true })
  },
  name,
  nameFolder,
  remove: (path) => Fs.rmSync(path, { force: true }),
  removeFolder: (path) => Fs.rmSync(path, { force: true, recursive: true }),
  room
}
