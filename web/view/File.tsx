/** Files: what is offered, and what is on its way to be offered. */
import type { ComponentChildren } from "preact"
import { contentInWords, percentOf } from "../../src/domain/Amounts.ts"
import { escape } from "../../src/domain/Escape.ts"
import type { Event } from "../state/Event.ts"
import { fileInWords } from "../state/Files.ts"
import { titleOf } from "../state/Place.ts"
import type { FileNews, Upload } from "../state/Transfer.ts"
import type { OfferSeen } from "../state/Wire.ts"
import { Icon } from "./Icon.tsx"

type Happened = (event: Event) => void

interface BoxProps {
  readonly name: string
  readonly isFolder: boolean
  readonly facts: string
  readonly how: string
  /** How far it is, from 0 to 1. */
  readonly part: number | undefined
  readonly children: ComponentChildren
}

/** The name of a file comes from others: it can't turn the text around it. */
const Box = ({ children, facts, how, isFolder, name, part }: BoxProps) => (
  <div class="file">
    <Icon name={isFolder ? "folder" : "file"} />
    <div>
      <bdi>{escape(name)}</bdi> <span class="facts">{facts}</span>
      {part !== undefined && <progress value={part} aria-label={name} />}
      {how !== "" && <div class="facts">{escape(how)}</div>}
    </div>
    {children}
  </div>
)

interface FileProps {
  readonly offer: OfferSeen
  readonly news: FileNews | undefined
  /** Undefined while nothing can be done. */
  readonly happened: Happened | undefined
}

/** What a line offers: how far it is here, and what can be done about it. */
export const File = ({ happened, news, offer }: FileProps) => {
  const { button, deed, facts, how, isHere, part } = fileInWords(offer, news)
  const { digest, name } = offer
  return (
    <Box name={name} isFolder={offer.files !== undefined} facts={facts} how={how} part={part}>
      {deed !== undefined && (
        <button
          type="button"
          class="quiet"
          aria-label={`${button} ${name}`}
          disabled={happened === undefined}
          onClick={() => happened?.({ _tag: "OnFile", deed, digest })}
        >
          {button}
        </button>
      )}
      {isHere && (
        <a class="quiet" href={`/offered/${digest}`} download={name} aria-label={`Save a copy of ${name}`}>
          Save a copy
        </a>
      )}
    </Box>
  )
}

const uploadInWords = ({ sent, size, state, why }: Upload): string => {
  if (state === "failed") return `Not offered: ${why}`
  return state === "offering" ? "Being offered…" : `${percentOf(sent, size)} % is at the node`
}

interface UploadsProps {
  readonly uploads: ReadonlyArray<Upload>
  readonly happened: Happened
}

/** What is on its way to the node. */
export const Uploads = ({ happened, uploads }: UploadsProps) => (
  <section class="uploads" aria-label="Files on their way" hidden={uploads.length === 0}>
    {uploads.map((upload) => {
      const { files, name, place, ref, sent, size, state } = upload
      return (
        <Box
          key={ref}
          name={name}
          isFolder={files !== undefined}
          facts={`${contentInWords(size, files)}, for ${titleOf(place)}`}
          how={uploadInWords(upload)}
          part={state === "failed" ? undefined : size === 0 ? 1 : sent / size}
        >
          {state !== "offering" && (
            <button type="button" class="quiet" onClick={() => happened({ _tag: "StopUpload", ref })}>
              {state === "failed" ? "Dismiss" : "Cancel"}
            </button>
          )}
        </Box>
      )
    })}
  </section>
)
