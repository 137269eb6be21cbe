/** The icons of buttons. Their names stand beside them, or in their labels. */

const paths = {
  list: "M4 6h16M4 12h16M4 18h16",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-3.7 3-6 6.5-6s6.1 2.3 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2 .8 3.3 2.7 3.6 5.5",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16.2 16.2 21 21",
  close: "M6 6l12 12M18 6 6 18",
  send: "M5 12h13M12.5 5.5 19 12l-6.5 6.5",
  down: "M12 5v14M5.5 12.5 12 19l6.5-6.5",
  attach: "M18 8v8a6 6 0 0 1-12 0V6a4 4 0 0 1 8 0v9a2 2 0 0 1-4 0V8",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  folder: "M3 6h7l2 3h9v10H3z",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4"
} as const

export const Icon = ({ name }: { readonly name: keyof typeof paths }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
)
