/** When two JSON states are the same, and where they are not. */
import { createHash } from 'node:crypto'
import type { Json } from '../../core/index.ts'

/** SHA-256 of a state in hex, whatever the order of its keys. Reads all of it: to compare two, `differenceOf` is faster. */
export function stateHash(state: Json): string {
  return createHash('sha256').update(canonical(state)).digest('hex')
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, held]) => held !== undefined)
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, held]) => `${JSON.stringify(key)}:${canonical(held)}`).join(',')}}`
}

/**
 * Where two states differ first: 'orders.#W1.status', '' where they differ as wholes; undefined where they are the
 * same. What they share by reference is not looked into, so that states a few changes apart compare in no time.
 */
export function differenceOf(a: Json | undefined, b: Json | undefined, at = ''): string | undefined {
  if (Object.is(a, b)) return undefined
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return at
  if (Array.isArray(a) !== Array.isArray(b)) return at
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const path = at === '' ? key : `${at}.${key}`
    const found = differenceOf(held(a, key), held(b, key), path)
    if (found !== undefined) return found
  }
  return undefined
}

const held = (value: object, key: string): Json | undefined =>
  Object.hasOwn(value, key) ? (value as Record<string, Json>)[key] : undefined
