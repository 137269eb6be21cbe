/** Which names of IRC are the same: those that differ only in the case of ASCII letters (`CASEMAPPING=ascii`). */
export const fold = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

export const isSame = (one: string, other: string): boolean => fold(one) === fold(other)
