/** A submission: read from what the agent left behind, held to the sample, and scored against answers it never saw. */
import { columnOf, parseCsv, type Table, toCsv } from './csv.ts'
import type { Metric } from './metrics.ts'

export interface Gold {
  readonly id: string
  readonly target: string
  /** Ids and answers of the test rows. */
  readonly answers: Table
}

const FILE = 'submission.csv'

/** Throws a sentence for the agent, with line and field, where the file is no submission. */
export function scoreSubmission(bytes: Uint8Array, { id, target, answers }: Gold, metric: Metric): number {
  const text = decode(bytes)
  const table = parseCsv(text, FILE)
  const wanted = [id, target]
  if (table.columns.length !== 2 || !wanted.every((name) => table.columns.includes(name)))
    throw new Error(`${FILE}, line 1: the columns are ${table.columns.join(', ')}; they must be ${wanted.join(', ')}`)
  const [ids, said] = [columnOf(table, id, FILE), columnOf(table, target, FILE)]
  const gold = columnOf(answers, id, 'the answers')
  const expected = new Set(gold)
  const found = new Map<string, string>()
  for (const [i, name] of ids.entries()) {
    const where = `${FILE}, row ${i + 1}`
    if (!expected.has(name)) throw new Error(`${where}, field '${id}': there is no test row '${name.slice(0, 40)}'`)
    if (found.has(name)) throw new Error(`${where}, field '${id}': '${name}' stands there twice`)
    const objection = metric.objection(said[i]!)
    if (objection) throw new Error(`${where}, field '${target}': '${said[i]!.slice(0, 40)}' ${objection}`)
    found.set(name, said[i]!)
  }
  const absent = gold.find((name) => !found.has(name))
  if (absent !== undefined)
    throw new Error(`${FILE} has ${ids.length} rows of ${gold.length}: the test row '${absent}' is not there`)
  return metric.score(
    gold.map((name) => found.get(name)!),
    columnOf(answers, target, 'the answers'),
  )
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error(`${FILE} is no text in UTF-8`)
  }
}

/** Python that hands in these predictions, in the order of the test rows. */
export function submitting({ id, target, answers }: Gold, predictions: readonly string[]): string {
  const rows = columnOf(answers, id, 'the answers').map((name, i) => [name, predictions[i]!])
  const text = toCsv({ columns: [id, target], rows })
  return `with open('submission.csv', 'w') as file:\n    _ = file.write(${JSON.stringify(text)})`
}
