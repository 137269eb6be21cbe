/** Names of files that others have chosen, made safe to show and to create. */

/** The longest name of a file, in bytes of UTF-8. */
export const mostNameBytes = 255

/** The longest relative path of a file, in bytes of UTF-8. */
export const mostPathBytes = 2_048

/** What stands in place of a character that no name may have. */
const stop = "_"

/** What a file without any name is called. */
const nameless = "unnamed"

/**
 * Characters that act on a terminal, hide, turn the reading direction or mean something to a shell of Windows. Joiners
 * and variation selectors stay, because Persian words and emoji need them.
 */
const unsafe = /(?!\u200c|\u200d|[\ufe00-\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{DI}\u2028\u2029\u2800<>:"|?*]/gu

/** Names that are devices on Windows, with any extension. */
const device = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i

const encoder = new TextEncoder()

/** The bytes of a text in UTF-8. */
const bytesOf = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : encoder.encode(text).length)

/** The longest beginning of a text that has at most so many bytes. No character is cut. */
const cutTo = (text: string, bytes: number): string => {
  if (bytesOf(text) <= bytes) return text
  let room = bytes
  let end = 0
  for (const character of text) {
    room -= bytesOf(character)
    if (room < 0) break
    end += character.length
  }
  return text.slice(0, end)
}

/** A name without its extension, and the extension with its dot: empty if there is none, or none of a usual length. */
const partsOf = (name: string): readonly [stem: string, extension: string] => {
  const extension = /^.*?[^.\s].*?((\.tar)?\.[^.\s]{1,16})$/su.exec(name)?.[1] ?? ""
  return [name.slice(0, name.length - extension.length), extension]
}

/** A name of that stem and that end that is not too long: the stem is shortened. */
export const fitName = (stem: string, end: string): string => cutTo(stem, mostNameBytes - bytesOf(end)) + end

/**
 * A name that is safe to show and to create, in any folder and on any system: only the part behind the last slash or
 * backslash, NFC, at most 255 bytes, never empty, no leading dot, no device, nothing that acts on a terminal or hides.
 * A safe name stays as it is.
 */
export const safeName = (name: string): string => {
  const base = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1)
  const plain = base
    .normalize("NFC")
    .replace(unsafe, stop)
    .replace(/\p{Zs}/gu, " ")
  const trimmed = plain.replace(/^ +|[ .]+$/g, "")
  if (trimmed === "") return nameless
  const begun = trimmed.startsWith(".") ? stop + trimmed.slice(1) : device.test(trimmed) ? stop + trimmed : trimmed
  return fitName(...partsOf(begun)).replace(/[ .]+$/, "")
}

/** What several files are called that are offered as one. `first`: the safe name of one of them. */
export const nameOfMany = (first: string, count: number): string => safeName(`${first} and ${count - 1} more`)

/** A relative path of safe names. What leads out of its folder is left out. */
export const safePath = (path: string): string =>
  path
    .split(/[/\\]/)
    .filter((name) => !/^[ .]*$/.test(name))
    .map(safeName)
    .join("/") || nameless

/** The name of the n-th file of a name: `a (2).txt`. It is as safe as the name is. */
export const numbered = (name: string, n: number): string => {
  const [stem, extension] = partsOf(name)
  return fitName(stem, ` (${n})${extension}`)
}

/** The n-th name that is tried for a file: the name itself is the first. */
export const nthName = (name: string, n: number): string => (n === 1 ? name : numbered(name, n))

/** The same for names that are one in a folder that does not tell upper from lower case. */
const foldedOf = (name: string): string => name.toUpperCase().toLowerCase()

/**
 * Safe paths for these, in their order, no two of them alike, also where upper and lower case are one. No path is that
 * of a folder in which another one lies. Safe and distinct paths stay as they are.
 */
export const distinctPaths = (paths: ReadonlyArray<string>): ReadonlyArray<string> => {
  const folders = new Map<string, string>([["", ""]])
  const takenIn = new Map<string, Set<string>>()
  const next = new Map<string, number>()
  const place = (folder: string, name: string): string => {
    const taken = takenIn.get(folder) ?? new Set()
    takenIn.set(folder, taken)
    const safe = safeName(name)
    let free = safe
    let folded = foldedOf(free)
    const wish = folded
    while (taken.has(folded)) {
      const n = next.get(folder + wish) ?? 2
      next.set(folder + wish, n + 1)
      free = numbered(safe, n)
      folded = foldedOf(free)
    }
    taken.add(folded)
    return folder + free
  }
  const folderOf = (names: ReadonlyArray<string>): string => {
    const key = names.join("/")
    const known = folders.get(key)
    if (known !== undefined) return known
    const made = `${place(folderOf(names.slice(0, -1)), names.at(-1) ?? "")}/`
    folders.set(key, made)
    return made
  }
  return paths.map((path) => {
    const names = path.split(/[/\\]/).filter((name) => !/^[ .]*$/.test(name))
    const placed = place(folderOf(names.slice(0, -1)), names.at(-1) ?? "")
    // Of two equal texts, the one that is there already is kept.
    return placed === path ? path : placed
  })
}
