/** Plots as SVG: bars on a logarithmic scale, and lines on two. Readable on light and dark pages alike. */
import { brief } from "./stats.ts"
import type { Plot } from "./Work.ts"

const width = 760
const colours = ["#2f6fde", "#d9622b", "#2a9d5c", "#9b4dca", "#b8860b", "#0f8b9d", "#c2334d", "#6b7280"]
const colour = (at: number): string => colours[at % colours.length] ?? "#6b7280"

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const text = (x: number, y: number, what: string, attributes = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(what)}</text>`

const page = (height: number, title: string, parts: ReadonlyArray<string>): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(12, 20, title, 'font-size="14" font-weight="600"'),
    ...parts,
    "</svg>\n"
  ].join("\n")

/** The place of a value between the powers of ten around all of them, from 0 to 1. */
const logarithmic = (values: ReadonlyArray<number>) => {
  const positive = values.filter((value) => value > 0)
  const low = Math.floor(Math.log10(Math.min(...positive)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive))))
  return {
    place: (value: number) => (value > 0 ? (Math.log10(value) - low) / (high - low) : 0),
    powers: Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at))
  }
}

const bars = ({ series, title, unit }: Plot): string => {
  const scale = logarithmic(series.flatMap(({ points }) => points.map(([, value]) => value)))
  const sizes = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))]
  const [left, right, row] = [140, 90, 15]
  const span = width - left - right
  const parts: Array<string> = []
  let y = 52
  for (const { name, points } of series) {
    parts.push(text(left - 8, y + (points.length * row) / 2 + 4, name, 'text-anchor="end"'))
    for (const [at, value] of points) {
      const length = Math.max(1, scale.place(value) * span)
      parts.push(
        `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${row - 3}" fill="${colour(sizes.indexOf(at))}"/>`,
        text(left + length + 5, y + row - 5, brief(value), 'font-size="11" fill="#444"')
      )
      y += row
    }
    y += 8
  }
  const grid = scale.powers.map((power) => {
    const x = left + scale.place(power) * span
    return (
      `<line x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="44" y2="${y}" stroke="#ddd"/>` +
      text(x, y + 14, brief(power), 'text-anchor="middle" font-size="11" fill="#666"')
    )
  })
  const legend = sizes.map(
    (at, index) =>
      `<rect x="${left + index * 130}" y="29" width="10" height="10" fill="${colour(index)}"/>` +
      text(left + 14 + index * 130, 38, at, 'font-size="11"')
  )
  return page(y + 34, `${title} (${unit}, logarithmic)`, [...grid, ...(sizes.length > 1 ? legend : []), ...parts])
}

const lines = ({ series, title, unit }: Plot): string => {
  const all = series.flatMap(({ points }) => points)
  const horizontal = logarithmic(all.map(([at]) => Number(at)))
  const vertical = logarithmic(all.map(([, value]) => value))
  const [left, right, top, bottom] = [70, 150, 40, 320]
  const x = (at: number) => left + horizontal.place(at) * (width - left - right)
  const y = (value: number) => bottom - vertical.place(value) * (bottom - top)
  const grid = [
    ...horizontal.powers.map(
      (power) =>
        `<line x1="${x(power)}" x2="${x(power)}" y1="${top}" y2="${bottom}" stroke="#ddd"/>` +
        text(x(power), bottom + 16, brief(power), 'text-anchor="middle" font-size="11" fill="#666"')
    ),
    ...vertical.powers.map(
      (power) =>
        `<line x1="${left}" x2="${width - right}" y1="${y(power)}" y2="${y(power)}" stroke="#ddd"/>` +
        text(left - 6, y(power) + 4, brief(power), 'text-anchor="end" font-size="11" fill="#666"')
    )
  ]
  const curves = series.map(({ name, points }, index) => {
    const places = points.map(([at, value]) => `${x(Number(at)).toFixed(1)},${y(value).toFixed(1)}`)
    const last = points.at(-1)
    return (
      `<polyline points="${places.join(" ")}" fill="none" stroke="${colour(index)}" stroke-width="2"/>` +
      places.map((place) => `<circle cx="${place.replace(",", '" cy="')}" r="3" fill="${colour(index)}"/>`).join("") +
      (last === undefined ? "" : text(x(Number(last[0])) + 8, y(last[1]) + 4, name, `fill="${colour(index)}"`))
    )
  })
  return page(bottom + 30, `${title} (${unit}, both logarithmic)`, [...grid, ...curves])
}

/** A plot, or undefined if there is nothing to show. */
export const svg = (plot: Plot): string | undefined => {
  const series = plot.series
    .map(({ name, points }) => ({ name, points: points.filter(([, value]) => Number.isFinite(value)) }))
    .filter(({ points }) => points.some(([, value]) => value > 0))
  if (series.length === 0) return undefined
  return plot.kind === "bars" ? bars({ ...plot, series }) : lines({ ...plot, series })
}
