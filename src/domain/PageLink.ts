/** What people are told about a link to the page of their node. */
import { notice, type ScreenLine } from "./ScreenLine.ts"

export const pageNotice = (url: string): ScreenLine =>
  notice(`The page is at ${url} (this link lets one browser in, once and within a minute).`)
