/** Answers that have to have a form: JSON that fits a schema, or named segments in order. */
import { createRequire } from 'node:module'
import type { Json } from '../core/index.ts'
import type { Scored } from './hidden-tests.ts'

/**
 * A scorer of texts: 1 where the whole text is JSON that fits the schema (JSON Schema 2020-12, 'format' being a
 * note), else 0. The schema is ours. Throws where it is none.
 */
export function jsonSchema(schema: { readonly [key: string]: Json }): (text: string) => Scored {
  // Loaded when it is first asked for: most rewards need no schema.
  const { Ajv2020 }: typeof import('ajv/dist/2020.js') = createRequire(import.meta.url)('ajv/dist/2020.js')
  const validate = new Ajv2020({ strictTypes: false, strictTuples: false, validateFormats: false }).compile(schema)
  return (text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return { value: 0, why: 'it is no JSON' }
    }
    if (validate(value)) return { value: 1, why: 'it fits the schema' }
    const { instancePath = '', message = 'does not fit' } = validate.errors?.[0] ?? {}
    return { value: 0, why: `${instancePath || 'the whole'} ${message}` }
  }
}

/**
 * What stands in each segment of `<think>…</think><answer>…</answer>`, trimmed, for the names in their order (one may
 * come twice). null where the text has another form: something outside of the segments, one missing, blank or inside
 * another.
 */
export function segmentsIn(text: string, names: readonly string[]): string[] | null {
  const tags = names.flatMap((name) => [`<${name}>`, `</${name}>`])
  const found: string[] = []
  let rest = text.trimStart()
  for (const name of names) {
    const end = rest.indexOf(`</${name}>`)
    if (!rest.startsWith(`<${name}>`) || end < 0) return null
    const content = rest.slice(name.length + 2, end).trim()
    if (content === '' || tags.some((tag) => content.includes(tag))) return null
    found.push(content)
    rest = rest.slice(end + name.length + 3).trimStart()
  }
  return rest === '' ? found : null
}

/** 1 where the text has these segments in this order, and nothing else, else 0. */
export const hasSegments = (text: string, names: readonly string[]): number => (segmentsIn(text, names) ? 1 : 0)
