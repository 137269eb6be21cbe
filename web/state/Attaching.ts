/** Files that the person hands over to be offered: they go to the node first, and then it offers them where they belong. */
import { addressOf, type State } from "./State.ts"
import { doing, type Step, sending, still } from "./Step.ts"
import type { Attached, Upload } from "./Transfer.ts"

const nameOf = (files: ReadonlyArray<Attached>): string => {
  const [first = "", ...others] = new Set(files.map(({ path }) => path.split("/")[0] ?? ""))
  return others.length === 0 ? first : `${first} and ${others.length} more`
}

/** Hands files over, to be offered in the place that is open. */
export const attach = (state: State, files: ReadonlyArray<Attached>): Step => {
  if (files.length === 0) return still(state)
  const ref = `file-${state.names}`
  const isOpen = state.connection._tag === "Open"
  const upload: Upload = {
    ref,
    place: state.open,
    name: nameOf(files),
    size: files.reduce((sum, { blob }) => sum + blob.size, 0),
    sent: 0,
    files: files.length === 1 && files[0]?.path.includes("/") === false ? undefined : files.length,
    state: isOpen ? "sending" : "failed",
    why: isOpen ? "" : "The node is away."
  }
  const begun = { ...state, names: state.names + 1, uploads: [...state.uploads, upload] }
  return isOpen ? doing(begun, { _tag: "Upload", ref, files }) : still(begun)
}

const changed = (state: State, ref: string, what: Partial<Upload>): State => ({
  ...state,
  uploads: state.uploads.map((each) => (each.ref === ref ? { ...each, ...what } : each))
})

export const uploadSent = (state: State, ref: string, sent: number): State => changed(state, ref, { sent })

export const uploadFailed = (state: State, ref: string, why: string): State =>
  changed(state, ref, { state: "failed", why })

/** The node has all of it, at that path: it offers it where the person was. */
export const uploaded = (state: State, ref: string, path: string): Step => {
  const upload = state.uploads.find((each) => each.ref === ref)
  if (upload === undefined) return still(state)
  const { place, size } = upload
  return sending(changed(state, ref, { state: "offering", sent: size }), {
    type: "run",
    command: "send",
    arguments: path,
    ...addressOf(place),
    ref
  })
}

/** It is offered, or can't be: the log says so. */
export const uploadOver = (state: State, ref: string): State =>
  state.uploads.some((each) => each.ref === ref)
    ? { ...state, uploads: state.uploads.filter((each) => each.ref !== ref) }
    : state

export const stopUpload = (state: State, ref: string): Step =>
  doing(uploadOver(state, ref), { _tag: "StopUpload", ref })

/** The connection is lost: nobody knows whether the node has offered what it had. */
export const uploadsInterrupted = (state: State): State =>
  state.uploads
    .filter((each) => each.state === "offering")
    .reduce((after, { ref }) => uploadFailed(after, ref, "The node went away."), state)
