/** What `grid:<words>` may say: a family, its number, and how the grid is shown. */
import { families } from './families.ts'

export const FORMS = ['view', 'full', 'bare', 'sentences'] as const

export interface GridOptions {
  readonly family: string
  /** What the family makes of it: a size, a number of rooms, a difficulty. */
  readonly number: number
  /**
   * 'view': the 7 by 7 cells ahead, as MiniGrid shows them. 'full': the whole grid. 'bare': the same,
   * with no word on what its signs mean, for small models, which have to find out anyway. 'sentences': the view in words.
   */
  readonly form: (typeof FORMS)[number]
}

export const gridWords = `${Object.keys(families).join(' | ')}, with a number, and ${FORMS.join(' | ')}: doorkey,6,sentences, or difficulty-7`

/** Reads 'doorkey,6,sentences' or 'difficulty-7,full'. Throws a sentence on a word it does not know. */
export function gridOptions(text = ''): GridOptions {
  const words = text.split(/[,-]/).filter(Boolean)
  const chosen = (known: readonly string[]): string[] => words.filter((word) => known.includes(word))
  const names = Object.keys(families)
  const numbers = words.filter((word) => /^\d{1,3}$/.test(word))
  const stranger = words.find((word) => ![...names, ...FORMS, ...numbers].includes(word))
  if (stranger !== undefined) throw new Error(`a grid cannot be '${stranger.slice(0, 40)}': it can be ${gridWords}`)
  for (const twice of [chosen(names), chosen(FORMS), numbers])
    if (twice.length > 1) throw new Error(`a grid cannot be '${twice.join("' and '")}' at once: name one of them`)
  const family = chosen(names)[0] ?? 'doorkey'
  const [name, usual, least, most] = families[family]!.number
  const number = Number(numbers[0] ?? usual)
  if (number < least || number > most)
    throw new Error(`the ${name} of '${family}' is from ${least} to ${most}, not ${number}`)
  return { family, number, form: (chosen(FORMS)[0] ?? 'view') as GridOptions['form'] }
}
