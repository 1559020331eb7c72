/** Tables as CSV: a header, and rows with as many fields. An error names file, line and field. */

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Fields may be quoted, quotes doubled inside. Throws a sentence that begins with `file`. */
export function parseCsv(text: string, file: string): Table {
  const rows = records(text.replace(/^\ufeff/, ''), file)
  const [header, ...rest] = rows
  if (!header) throw new Error(`${file} is empty: it needs a header and rows`)
  const columns = header.fields.map((name) => name.trim())
  const twice = columns.find((name, i) => columns.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`${file}, line 1: the column '${twice}' stands there twice`)
  for (const { fields, line } of rest) {
    if (fields.length !== columns.length)
      throw new Error(`${file}, line ${line}: ${fields.length} fields, and the header has ${columns.length}`)
  }
  return { columns, rows: rest.map(({ fields }) => fields) }
}

interface Record {
  readonly fields: string[]
  readonly line: number
}

function records(text: string, file: string): Record[] {
  const found: Record[] = []
  let [fields, field, quoted, line, start] = [[] as string[], '', false, 1, 1]
  const end = (): void => {
    fields.push(field)
    if (fields.length > 1 || fields[0] !== '') found.push({ fields, line: start })
    fields = []
    field = ''
    start = line + 1
  }
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!
    if (quoted && sign === '"' && text[i + 1] === '"') {
      field += '"'
      i++
    } else if (sign === '"' && (quoted || field === '')) quoted = !quoted
    else if (quoted) field += sign
    else if (sign === ',') {
      fields.push(field)
      field = ''
    } else if (sign === '\n') end()
    else if (sign !== '\r') field += sign
    if (sign === '\n') line++
  }
  if (quoted) throw new Error(`${file}, line ${start}: a quote is opened and not closed`)
  if (field !== '' || fields.length > 0) end()
  return found
}

export const toCsv = ({ columns, rows }: Table): string =>
  `${[columns, ...rows].map((row) => row.map(quoteField).join(',')).join('\n')}\n`

const quoteField = (field: string): string => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)

/** A column's fields, or a sentence that begins with `file`. */
export function columnOf({ columns, rows }: Table, name: string, file: string): string[] {
  const at = columns.indexOf(name)
  if (at < 0) throw new Error(`${file}: there is no column '${name}': there are ${columns.join(', ')}`)
  return rows.map((row) => row[at]!)
}

/** A finite number, as Python and JavaScript both write them; null for anything else. */
export function numberOf(text: string): number | null {
  const trimmed = text.trim()
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return null
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : null
}
