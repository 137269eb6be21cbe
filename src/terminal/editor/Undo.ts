/** Undo. */
import { type Editor, mostRemembered, type Pressed, ring, type Typing } from "./State.ts"

/** No more changes than this can be undone. */
const mostChanges = 200

/** Takes back the last change. */
export const undo = ({ changes, ...editor }: Editor): Pressed => {
  const last = changes.at(-1)
  const plain = { ...editor, menu: undefined, search: undefined, types: false }
  if (last === undefined) return ring({ ...plain, changes })
  return { editor: { ...plain, text: last.text, cursor: last.cursor, changes: changes.slice(0, -1) } }
}

/** Adds a state to the changes: the text before a change. The oldest are dropped if there are too many or too long. */
export const rememberChange = (changes: ReadonlyArray<Typing>, { cursor, text }: Typing): ReadonlyArray<Typing> => {
  const all = [...changes.slice(1 - mostChanges), { text, cursor }]
  let kept = 0
  let from = all.length
  while (from > 0 && kept + (all[from - 1]?.text.length ?? 0) <= mostRemembered) {
    from -= 1
    kept += all[from]?.text.length ?? 0
  }
  return all.slice(from)
}
