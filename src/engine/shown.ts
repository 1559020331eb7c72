/** A stranger's value in the sentence of an error: as JSON, and short. */
export const shown = (value: unknown): string => `${JSON.stringify(value)}`.slice(0, 120)
