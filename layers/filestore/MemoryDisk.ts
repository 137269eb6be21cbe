/** A disk in memory, for tests: it can be filled up, changed behind the store's back, and outlives the store. */
import * as Path from "node:path"
import type { Disk, Found, Mark, OpenFile } from "./Disk.ts"

interface FileNode {
  readonly kind: "file"
  readonly serial: number
  bytes: Uint8Array
  size: number
  version: number
  names: number
}

type Node =
  | FileNode
  | { readonly kind: "folder"; readonly entries: Map<string, Node> }
  | { readonly kind: "link"; readonly to: string }

const failed = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })

/** `capacity`: so many bytes of files have room, in all. */
export class MemoryDisk implements Disk {
  readonly #root: Node
  #serial = 0
  /** So many bytes of files have room, in all. */
  capacity = Number.POSITIVE_INFINITY
  #used = 0
  /** Files and folders that nobody may open. */
  readonly denied = new Set<string>()
  /** Is told of each step that changes the disk, before it is done: may throw in its place. */
  onChange: (step: string, path: string) => void = () => {}

  constructor(root: Node = { kind: "folder", entries: new Map() }) {
    this.#root = root
  }

  /** Puts a file there, and the folders that it is in. */
  put(path: string, bytes: Uint8Array | string): void {
    this.makeFolders(Path.dirname(path))
    const file = this.look(path) === undefined ? this.create(path) : this.open(path, "change")
    const content = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes
    file.write(content, 0)
    file.truncate(content.length)
  }

  /** Puts a symbolic link there. */
  link(path: string, to: string): void {
    this.makeFolders(Path.dirname(path))
    this.#folder(Path.dirname(path)).set(Path.basename(path), { kind: "link", to })
  }

  /** Another disk with the same on it, as a process finds it whose predecessor has died: that one changes this one alone. */
  copy(): MemoryDisk {
    const copies = new Map<Node, Node>()
    const copyOf = (node: Node): Node => {
      const known = copies.get(node)
      if (known !== undefined) return known
      const copied: Node =
        node.kind === "folder"
          ? { kind: "folder", entries: new Map(Array.from(node.entries, ([name, each]) => [name, copyOf(each)])) }
          : node.kind === "file"
            ? { ...node, bytes: node.bytes.slice() }
            : node
      copies.set(node, copied)
      return copied
    }
    const disk = new MemoryDisk(copyOf(this.#root))
    disk.#serial = this.#serial
    disk.#used = this.#used
    disk.capacity = this.capacity
    for (const path of this.denied) disk.denied.add(path)
    return disk
  }

  /** Gives a file a second name. */
  hardLink(from: string, to: string): void {
    const node = this.#file(from)
    node.names += 1
    this.#folder(Path.dirname(to)).set(Path.basename(to), node)
  }

  /** The bytes of a file; undefined if there is none. */
  bytes(path: string): Uint8Array | undefined {
    const node = this.#at(path)
    return node?.kind === "file" ? node.bytes.slice(0, node.size) : undefined
  }

  /** The paths of all files and links, sorted. */
  all(): ReadonlyArray<string> {
    const found: Array<string> = []
    const walk = (node: Node, path: string): void => {
      if (node.kind !== "folder") found.push(path)
      else for (const [name, each] of node.entries) walk(each, `${path}/${name}`)
    }
    walk(this.#root, "")
    return found.sort()
  }

  look(path: string): Found | undefined {
    const node = this.#at(path)
    if (node === undefined) return undefined
    const mark = node.kind === "file" ? this.#mark(node) : { size: 0, stamp: "", isFresh: false }
    return { ...mark, kind: node.kind, isOwn: true, names: node.kind === "file" ? node.names : 1 }
  }

  real(path: string): string {
    const parts = path.split("/").filter((part) => part !== "")
    let at = ""
    for (const [index, part] of parts.entries()) {
      const node = this.#at(`${at}/${part}`)
      if (node === undefined) throw failed("ENOENT", path)
      if (node.kind === "link") {
        return this.real(Path.join(Path.resolve(at === "" ? "/" : at, node.to), ...parts.slice(index + 1)))
      }
      at = `${at}/${part}`
    }
    return at === "" ? "/" : at
  }

  list(folder: string): ReadonlyArray<readonly [string, Found["kind"]]> {
    this.#mayOpen(folder)
    return Array.from(this.#folder(folder), ([name, node]) => [name, node.kind] as const)
  }

  open(path: string, use: "read" | "change"): OpenFile {
    this.#mayOpen(path)
    return this.#opened(path, this.#file(path), use)
  }

  create(path: string): OpenFile {
    this.#change("create", path)
    this.#mayOpen(Path.dirname(path))
    const folder = this.#folder(Path.dirname(path))
    if (folder.has(Path.basename(path))) throw failed("EEXIST", path)
    this.#serial += 1
    const node: FileNode = {
      kind: "file",
      serial: this.#serial,
      bytes: new Uint8Array(),
      size: 0,
      version: 0,
      names: 1
    }
    folder.set(Path.basename(path), node)
    return this.#opened(path, node, "change")
  }

  makeFolder(path: string): void {
    this.#change("makeFolder", path)
    this.#mayOpen(Path.dirname(path))
    const folder = this.#folder(Path.dirname(path))
    if (folder.has(Path.basename(path))) throw failed("EEXIST", path)
    folder.set(Path.basename(path), { kind: "folder", entries: new Map() })
  }

  makeFolders(path: string): void {
    if (path === "/" || this.#at(path)?.kind === "folder") return
    this.makeFolders(Path.dirname(path))
    if (this.#at(path)?.kind !== "link") this.makeFolder(path)
  }

  name(from: string, to: string): void {
    this.#change("name", to)
    this.#moveTo(from, to, this.#file(from))
  }

  nameFolder(from: string, to: string): void {
    this.#change("nameFolder", to)
    const node = this.#at(from)
    if (node?.kind !== "folder") throw failed("ENOTDIR", from)
    this.#moveTo(from, to, node)
  }

  remove(path: string): void {
    this.#change("remove", path)
    const node = this.#at(path)
    if (node?.kind === "folder") throw failed("EISDIR", path)
    if (node?.kind === "file") {
      node.names -= 1
      if (node.names === 0) this.#used -= node.size
    }
    this.#folder(Path.dirname(path)).delete(Path.basename(path))
  }

  removeFolder(path: string): void {
    this.#change("removeFolder", path)
    const node = this.#at(path)
    if (node?.kind !== "folder") return
    for (const [name, each] of node.entries) {
      if (each.kind === "folder") this.removeFolder(`${path}/${name}`)
      else this.remove(`${path}/${name}`)
    }
    this.#folder(Path.dirname(path)).delete(Path.basename(path))
  }

  room(): number | undefined {
    return this.capacity === Number.POSITIVE_INFINITY ? undefined : this.capacity - this.#used
  }

  #moveTo(from: string, to: string, node: Node): void {
    const folder = this.#folder(Path.dirname(to))
    if (folder.has(Path.basename(to))) throw failed("EEXIST", to)
    folder.set(Path.basename(to), node)
    this.#folder(Path.dirname(from)).delete(Path.basename(from))
  }

  #change(step: string, path: string): void {
    this.onChange(step, path)
  }

  #mayOpen(path: string): void {
    if (this.denied.has(path)) throw failed("EACCES", path)
  }

  #at(path: string): Node | undefined {
    let node: Node | undefined = this.#root
    for (const part of path.split("/")) {
      if (part === "") continue
      if (node?.kind === "link") node = this.#at(this.real(Path.resolve(node.to)))
      node = node?.kind === "folder" ? node.entries.get(part) : undefined
    }
    return node
  }

  #folder(path: string): Map<string, Node> {
    const node = this.#at(path)
    if (node === undefined) throw failed("ENOENT", path)
    if (node.kind !== "folder") throw failed("ENOTDIR", path)
    return node.entries
  }

  #file(path: string): FileNode {
    const node = this.#at(path)
    if (node === undefined) throw failed("ENOENT", path)
    if (node.kind === "link") throw failed("ELOOP", path)
    if (node.kind === "folder") throw failed("EISDIR", path)
    return node
  }

  #mark({ serial, size, version }: FileNode): Mark {
    return { size, stamp: `${serial} ${version}`, isFresh: false }
  }

  #opened(path: string, node: FileNode, use: "read" | "change"): OpenFile {
    let isOpen = true
    const mustBeOpen = (): void => {
      if (!isOpen) throw failed("EBADF", path)
    }
    return {
      read: (into, at) => {
        mustBeOpen()
        const part = node.bytes.subarray(Math.min(at, node.size), Math.min(at + into.length, node.size))
        into.set(part)
        return part.length
      },
      write: (bytes, at) => {
        mustBeOpen()
        if (use === "read") throw failed("EBADF", path)
        this.#change("write", path)
        this.#resize(node, Math.max(node.size, at + bytes.length), path)
        node.bytes.set(bytes, at)
        node.version += 1
      },
      truncate: (size) => {
        mustBeOpen()
        this.#change("truncate", path)
        this.#resize(node, size, path)
        node.version += 1
      },
      mark: () => {
        mustBeOpen()
        return this.#mark(node)
      },
      sync: () => {
        mustBeOpen()
        this.#change("sync", path)
      },
      close: () => {
        isOpen = false
      }
    }
  }

  #resize(node: FileNode, size: number, path: string): void {
    if (this.#used + size - node.size > this.capacity) throw failed("ENOSPC", path)
    this.#used += size - node.size
    if (size > node.bytes.length) {
      const larger = new Uint8Array(Math.max(size, 2 * node.bytes.length))
      larger.set(node.bytes.subarray(0, node.size))
      node.bytes = larger
    } else if (size < node.size) node.bytes.fill(0, size, node.size)
    node.size = size
  }
}
