/** Tables and numbers for people. */
import { stripVTControlCharacters } from 'node:util'
import type { Interval, Summary } from '../data/index.ts'

/** Columns as wide as they need to be, below their headings; words flush left, numbers flush right. */
export function table(rows: readonly (readonly string[])[]): string {
  const width = (cell: string): number => stripVTControlCharacters(cell).length
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))))
  const numeric = (column: number): boolean => rows.slice(1).every((row) => /^(-?\d|-$)/.test(row[column] ?? '-'))
  const rightward = widths.map((_, column) => column > 0 && numeric(column))
  const pad = (cell: string, column: number): string => {
    const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)))
    return rightward[column] ? space + cell : cell + space
  }
  return rows.map((row) => row.map(pad).join('   ').trimEnd()).join('\n')
}

/** '0.93 [0.89, 0.96]', or '-' where there is nothing. */
export function interval({ mean, low, high }: Interval, digits = 2): string {
  if (mean === null || low === null || high === null) return '-'
  return `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`
}

/** 1234567 → '1.2M'. */
export function short(count: number): string {
  if (count < 1000) return `${Math.round(count)}`
  return count < 1e6 ? `${(count / 1e3).toFixed(count < 1e4 ? 1 : 0)}k` : `${(count / 1e6).toFixed(1)}M`
}

/** 75 s, 12 min, 3.4 h. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  if (seconds < 90) return `${Math.round(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}

export interface Modes {
  readonly sampled: Pick<Summary, 'success' | 'return'>
  readonly greedy?: Pick<Summary, 'success' | 'return'>
  readonly tempered?: Pick<Summary, 'success' | 'return'>
  readonly temperature?: number
  readonly others?: Readonly<Record<string, Pick<Summary, 'success' | 'return'>>>
}

/** A player's rows: as it samples, at its most likely, and at the temperature that suits it best. */
export function modes(name: string, { sampled, greedy, tempered, temperature, others = {} }: Modes): string[][] {
  const row = (label: string, of: Modes['sampled'] | undefined): string[][] =>
    of ? [[label, interval(of.success), interval(of.return, 1)]] : []
  const best = temperature === undefined ? 'at its best temperature' : `at its best temperature, ${temperature}`
  const besides = Object.entries(others).flatMap(([way, of]) => row(`  ${way}`, of))
  return [...row(name, sampled), ...row('  at its most likely', greedy), ...row(`  ${best}`, tempered), ...besides]
}
