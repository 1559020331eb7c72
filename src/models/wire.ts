/** Conversions that every provider's wire needs. Knows no provider. */
import type { AssistantMessage, Json } from '../core/index.ts'

/** Tool arguments from the model's own text: parsed where it is JSON, {} where it is blank, else the text. */
export function argumentsFrom(text: string): Json {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A seed that every provider takes: our seeds have 53 bits, and some of theirs 31. */
export const wireSeed = (seed: number | undefined): number | undefined =>
  seed === undefined ? undefined : Math.abs(Math.trunc(seed)) % 2 ** 31

/** Said nothing and called nothing. Thoughts are not said. */
export const isSilent = ({ content, calls }: AssistantMessage): boolean => content === '' && !calls?.length
