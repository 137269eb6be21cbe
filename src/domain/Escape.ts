/** Text of others, made safe to show: at a terminal and on the page. */

/**
 * Makes text of others safe to show. Everything that could act on a terminal, or hide, becomes visible: control
 * characters, escape sequences, bidi controls and other invisible format characters, line separators and lone
 * surrogates show as `\u{1b}`. Joiners stay, because Persian words and emoji need them.
 */
export const escape = (text: string): string =>
  // Most lines are plain, and every line comes through here.
  /^[\x20-\x7e]*$/.test(text)
    ? text
    : text.replace(
        /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
        (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`
      )
