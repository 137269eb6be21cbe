/** Markdown with lines of at most 120 columns. Tables, headings, pictures and code stay as they are. */

const columns = 120

/** Text is broken at blanks only. Code in backquotes and links are not broken. */
const words = (text: string): ReadonlyArray<string> => text.match(/(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+/g) ?? []

const rowsOf = (text: string): ReadonlyArray<string> => {
  const [, mark = ""] = /^(- |\d+\. )/.exec(text) ?? []
  const rows: Array<string> = []
  let row = ""
  for (const word of words(text)) {
    if (row === "") row = word
    else if (row.length + 1 + word.length <= columns) row += ` ${word}`
    else {
      rows.push(row)
      row = " ".repeat(mark.length) + word
    }
  }
  return [...rows, row]
}

const staysAsItIs = /^([|#!<]|```| {4})/

export const filled = (markdown: string): string => {
  const rows: Array<string> = []
  let paragraph: Array<string> = []
  let isCode = false
  const end = () => {
    if (paragraph.length > 0) rows.push(...rowsOf(paragraph.join(" ")))
    paragraph = []
  }
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) isCode = !isCode
    if (line === "" || isCode || staysAsItIs.test(line)) {
      end()
      rows.push(line)
      continue
    }
    if (/^(- |\d+\. )/.test(line)) end()
    paragraph.push(line.trim())
  }
  end()
  return rows.join("\n")
}
