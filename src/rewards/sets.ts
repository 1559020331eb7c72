/** Answers that are sets: of values, whatever their order, compared whole and never by what stands inside what. */
import type { Json } from '../core/index.ts'
import { harmonic } from './text.ts'

export type Scalar = string | number | boolean | null

/**
 * A value in the form in which values are compared: 1, 1.0, '1' and ' 1 ' are one value, as are true, 'True' and 1;
 * texts differ by more than case and space.
 */
export function canonical(value: Scalar): string {
  const text = String(value ?? '')
    .trim()
    .replace(/\s+/g, ' ')
    .toLowerCase()
  if (text === 'true') return '1'
  if (text === 'false') return '0'
  if (text === 'none' || text === 'nan') return ''
  // A whole number too long for a double keeps its digits.
  return /^[+-]?(?:\d{1,15}(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/.test(text) ? `${Number(text) + 0}` : text
}

/** 1 where both hold the same values, order and repetition apart, else 0. */
export function sameSet(answer: readonly Scalar[], gold: readonly Scalar[]): number {
  const [said, wanted] = [new Set(answer.map(canonical)), new Set(gold.map(canonical))]
  return said.size === wanted.size && [...said].every((value) => wanted.has(value)) ? 1 : 0
}

/** F1 of the two sets, from 0 to 1; two empty ones are equal. */
export function setF1(answer: readonly Scalar[], gold: readonly Scalar[]): number {
  const [said, wanted] = [new Set(answer.map(canonical)), new Set(gold.map(canonical))]
  if (said.size + wanted.size === 0) return 1
  return harmonic([...said].filter((value) => wanted.has(value)).length, said.size, wanted.size)
}

/**
 * The values that an answer lists: a JSON array or scalar, a Python list, tuple or set as `print` writes it, or else
 * one value per line. Rows of one value are that value; longer rows count as one value each, their cells joined by '|'.
 */
export function valuesIn(text: string): Scalar[] {
  const parsed = literal(text.trim())
  if (parsed === undefined) return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  return (Array.isArray(parsed) ? parsed : [parsed]).map(scalar)
}

function scalar(value: Json): Scalar {
  if (Array.isArray(value))
    return value.length === 1 ? scalar(value[0]) : value.map((cell) => canonical(scalar(cell))).join('|')
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Scalar)
}

const TOKEN = /\s*(?:([[(]|\{)|([\])}])|(,)|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|([^\s,[\](){}'"]+))/y

/** JSON, or a Python list, tuple or set of strings, numbers, True, False and None. undefined where it is neither. */
function literal(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return /^[[({]/.test(text) ? pythonSequence(text) : undefined
  }
}

function pythonSequence(text: string): Json | undefined {
  const open: Json[][] = [[]]
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text)
    if (!token) return undefined
    const [, opening, closing, comma, single, double, bare] = token
    if (opening) open.push([])
    else if (closing) {
      const closed = open.pop()
      if (!closed || open.length === 0) return undefined
      open.at(-1)!.push(closed)
    } else if (!comma) open.at(-1)!.push(bare !== undefined ? bareword(bare) : unescaped(single ?? double ?? ''))
  }
  return open.length === 1 && open[0]!.length === 1 ? open[0]![0] : undefined
}

const bareword = (text: string): Json =>
  text === 'None' ? null : text === 'True' ? true : text === 'False' ? false : text
const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, mark) => ({ n: '\n', t: '\t' })[mark as 'n'] ?? mark)
