/** Tables as answers: rows found by their key, cells compared one by one (WideSearch's row and item scores). */
import { canonical, type Scalar } from './sets.ts'
import { exactMatch } from './text.ts'

/** Cells by column. */
export type Row = Readonly<Record<string, string>>

export interface GoldTable {
  readonly rows: readonly Row[]
  /** The columns that together say which row it is. Of rows that agree in them the first counts. */
  readonly key: readonly string[]
  /** From 0 to 1: how right a cell is. Unless given, 1 where both are one value or match exactly after normalisation. */
  readonly same?: (column: string, answer: string, gold: string) => number
}

export interface Share {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

export interface TableScores {
  /** A row is as right as its worst cell. */
  readonly row: Share
  readonly item: Share
  /** 1 where every row and cell is there and right, and nothing else, else 0. */
  readonly success: number
}

/**
 * Scores a table as WideSearch's evaluation does, cells by plain comparison. A table of other columns than the gold one
 * scores 0, as does none (null). Throws where the gold table is empty or its key is no column of it.
 */
export function tableScores(answer: readonly Row[] | null, gold: GoldTable): TableScores {
  const columns = Object.keys(gold.rows[0] ?? {})
  if (columns.length === 0 || gold.key.length === 0 || !gold.key.every((column) => columns.includes(column)))
    throw new Error(`a gold table needs rows, and a key among its columns (${columns}), not '${gold.key}'`)
  const wanted = byKey(gold.rows, gold.key)
  const fits = answer?.every((row) => Object.keys(row).sort().join('\n') === [...columns].sort().join('\n'))
  const said = byKey(answer && fits ? answer : [], gold.key)
  const cells = [...said].flatMap(([key, row]) => {
    const target = wanted.get(key)
    return target ? [columns.map((column) => cell(gold, column, [row, target]))] : []
  })
  const rows = cells.reduce((sum, row) => sum + Math.min(...row), 0)
  const items = cells.flat().reduce((sum, score) => sum + score, 0)
  const row = share(rows, said.size, wanted.size)
  const item = share(items, said.size * columns.length, wanted.size * columns.length)
  return { row, item, success: row.f1 === 1 && item.f1 === 1 ? 1 : 0 }
}

function byKey(rows: readonly Row[], key: readonly string[]): Map<string, Row> {
  const found = new Map<string, Row>()
  for (const row of rows) {
    const id = JSON.stringify(key.map((column) => canonical(row[column] ?? '')))
    if (!found.has(id)) found.set(id, row)
  }
  return found
}

function cell({ key, same = sameCell }: GoldTable, column: string, [answer, gold]: readonly [Row, Row]): number {
  return key.includes(column) ? 1 : same(column, answer[column] ?? '', gold[column] ?? '')
}

const sameCell = (_: string, answer: Scalar, gold: Scalar): number =>
  canonical(answer) === canonical(gold) ? 1 : exactMatch(`${answer}`, `${gold}`)

function share(hits: number, said: number, wanted: number): Share {
  const [precision, recall] = [said > 0 ? hits / said : 0, hits / wanted]
  return { precision, recall, f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall) }
}

/** The first Markdown table in a text, column names trimmed and in lower case; null where there is none. */
export function tableIn(text: string): Row[] | null {
  const lines = text.split('\n').map((line) => line.trim())
  const rule = lines.findIndex((line, i) => i > 0 && /^\|?[\s:|-]*-[\s:|-]*$/.test(line) && lines[i - 1]!.includes('|'))
  if (rule < 0) return null
  const columns = cellsOf(lines[rule - 1]!).map((name) => name.toLowerCase())
  const rest = lines.slice(rule + 1)
  const end = rest.findIndex((line) => !line.includes('|'))
  return rest.slice(0, end < 0 ? undefined : end).map((line) => {
    const cells = cellsOf(line)
    return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? '']))
  })
}

/** A bar behind a backslash is part of its cell. */
function cellsOf(line: string): string[] {
  const inside = line.replace(/^\|/, '').replace(/(?<!\\)\|$/, '')
  return inside.split(/(?<!\\)\|/).map((text) => text.replaceAll('\\|', '|').trim())
}
