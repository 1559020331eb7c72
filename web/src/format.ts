/** Numbers, times and texts as people read them. */
import type { Interval } from '../../src/serve/view/wire.ts'

/** 1234567 → '1.23M'. */
export function short(count: number): string {
  const size = Math.abs(count)
  if (size < 1000) return `${Math.round(count * 100) / 100}`
  if (size < 1e6) return `${(count / 1e3).toFixed(size < 1e4 ? 2 : 1)}k`
  return size < 1e9 ? `${(count / 1e6).toFixed(2)}M` : `${(count / 1e9).toFixed(2)}G`
}

export const fixed = (value: number | null | undefined, digits = 2): string =>
  value === null || value === undefined ? '–' : minus(value.toFixed(digits))

/** With the sign that a hyphen is not. */
export const minus = (text: string): string => text.replace(/^-/, '−')

export const signed = (value: number | null, digits = 3): string =>
  value === null ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`

export const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)} %`)

export function interval({ low, high }: Interval, digits = 2): string {
  return low === null || high === null ? '' : `[${fixed(low, digits)}, ${fixed(high, digits)}]`
}

/** 0.4 s, 12 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–'
  if (seconds < 0.1) return `${Math.round(1000 * seconds)} ms`
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} d`
}

export function dollars(usd: number | null): string {
  if (usd === null) return 'unknown'
  return usd === 0 ? '$0' : `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`
}

/** '12 min ago', or the day. */
export function ago(iso: string): string {
  const seconds = (Date.now() - Date.parse(iso)) / 1000
  if (!Number.isFinite(seconds)) return iso
  if (seconds < 60) return 'just now'
  if (seconds < 24 * 3600) return `${duration(seconds - (seconds % 60)).replace(/ 0 s$/, '')} ago`
  return new Date(iso).toLocaleDateString()
}

/** Somebody else's text for the eye: what would ring, colour or turn the direction of text is a sign, ⟨202e⟩. */
export const plain = (text: string): string =>
  text.replaceAll(/(?![\n\r\t])[\p{Cc}\p{Bidi_Control}]/gu, (sign) => `⟨${sign.codePointAt(0)!.toString(16)}⟩`)

const NAME = 120

/** The same for a name: on one line, and no longer than names are. */
export const named = (text: string): string => {
  const line = plain(text.slice(0, NAME)).replaceAll(/\s+/g, ' ')
  return text.length > NAME ? `${line}…` : line
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`
  return count < 2 ** 20 ? `${(count / 1024).toFixed(0)} KB` : `${(count / 2 ** 20).toFixed(1)} MB`
}
