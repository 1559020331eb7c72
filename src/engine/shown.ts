/** What strangers wrote, in sentences of ours. */

/** A stranger's name for a tensor or a key: short, and without characters that a terminal obeys. */
export const isName = (name: string): boolean => /^[^\p{Cc}]{1,256}$/u.test(name)

/** A stranger's value in the sentence of an error: as JSON, and short. */
export const shown = (value: unknown): string => `${JSON.stringify(value)}`.slice(0, 120)
