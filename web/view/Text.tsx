/** The text of a line: never anything but text and links. */
import { Component, Fragment } from "preact"
import { colourIndex } from "../../src/domain/Colour.ts"
import { linesOf, type Piece, piecesOf } from "../state/Text.ts"

const PieceOf = ({ href, text }: Piece) =>
  href === undefined ? (
    text
  ) : (
    <a href={href} target="_blank" rel="noopener noreferrer" title={href}>
      {text}
    </a>
  )

const LineOf = ({ text }: { readonly text: string }) => (
  <>
    {piecesOf(text).map((piece, index) => (
      <PieceOf key={index} {...piece} />
    ))}
  </>
)

/** More than this is folded, in UTF-16 units and in lines. */
const longest = 2_000
const mostLines = 30

interface Props {
  readonly text: string
}

/** A text of one line as a sentence, and of several as it was typed. A long one is folded until somebody wants it. */
export class Text extends Component<Props, { readonly isOpen: boolean }> {
  override state = { isOpen: false }

  override shouldComponentUpdate({ text }: Props, { isOpen }: { readonly isOpen: boolean }): boolean {
    return text !== this.props.text || isOpen !== this.state.isOpen
  }

  override render({ text }: Props, { isOpen }: { readonly isOpen: boolean }) {
    const all = linesOf(text)
    const isLong = text.length > longest || all.length > mostLines
    const lines = isLong && !isOpen ? linesOf(text.slice(0, longest)).slice(0, mostLines) : all
    return (
      <>
        {all.length === 1 ? (
          <span class="text" dir="auto">
            <LineOf text={lines[0] ?? ""} />
          </span>
        ) : (
          <pre class="text block" dir="auto">
            {lines.map((line, index) => (
              <Fragment key={index}>
                {index > 0 && "\n"}
                <LineOf text={line} />
              </Fragment>
            ))}
          </pre>
        )}
        {isLong && (
          <button type="button" class="quiet" aria-expanded={isOpen} onClick={() => this.setState({ isOpen: !isOpen })}>
            {isOpen ? "Show less" : `Show all ${all.length > 1 ? `${all.length} lines` : `${text.length} characters`}`}
          </button>
        )}
      </>
    )
  }
}

/** How many colours ids have, as at the terminal. */
const colours = 8

/** An id in its colour. */
export const Id = ({ id }: { readonly id: string }) => <b class={`id c${colourIndex(id, colours)}`}>{id}</b>
