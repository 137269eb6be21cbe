/** What was dropped on the page: files, and those in folders, with their paths. */
import type { Attached } from "./state/Transfer.ts"

/** Enough for the node to say that these are too many. */
const mostFiles = 5_001

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject))

/** A browser gives the entries of a folder a hundred at a time, and none at its end. */
const entriesIn = (reader: FileSystemDirectoryReader): Promise<ReadonlyArray<FileSystemEntry>> =>
  new Promise((resolve, reject) => reader.readEntries(resolve, reject))

const through = async (entry: FileSystemEntry, all: Array<Attached>): Promise<void> => {
  if (all.length >= mostFiles) return
  if (entry.isFile) {
    all.push({ path: entry.fullPath.slice(1), blob: await fileOf(entry as FileSystemFileEntry) })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (let entries = await entriesIn(reader); entries.length > 0; entries = await entriesIn(reader)) {
    for (const each of entries) await through(each, all)
  }
}

export const filesOf = (list: Iterable<File>): ReadonlyArray<Attached> =>
  Array.from(list, (blob) => ({ path: blob.name, blob }))

/** What a drop holds. It is asked at once: later the browser has forgotten it. */
export const filesIn = async ({ files, items }: DataTransfer): Promise<ReadonlyArray<Attached>> => {
  const entries = Array.from(items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  const plain = filesOf(files)
  if (!entries.some(({ isDirectory }) => isDirectory)) return plain
  const all: Array<Attached> = []
  for (const entry of entries) await through(entry, all)
  return all
}
