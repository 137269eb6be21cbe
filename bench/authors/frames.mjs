/** Shared by the raw programs: encodes posts as outlive does, and splits chunks into lines. */

export const stream = `1/main/${Date.now()}-00c0ffee`

/** The same bytes that outlive sends for a post. */
export const postOf = (n, at, text, of = stream) =>
  `{"type":"post","stream":"${of}","n":${n},"at":${at},"deps":{},"text":${JSON.stringify(text)}}\n`

/** Splits text that arrives in pieces of any size into lines. */
export const makeSplitter = () => {
  let rest = ""
  return (piece) => {
    const lines = (rest + piece).split("\n")
    rest = lines.pop()
    return lines
  }
}

/** Prints on stdout where a server listens. */
export const announce = (server) => console.log(`listening ${server.address().port}`)
