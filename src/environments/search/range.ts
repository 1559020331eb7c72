/** How many, between bounds: '3', or '2-4' for a mixture. */

export interface Range {
  readonly least: number
  readonly most: number
}

/** Reads a digit or two of them; `what` names them in the sentence that is thrown on anything else. */
export function rangeOf(what: string, text: string, { least, most }: Range): Range {
  const [, from, to = from] = /^(\d)(?:-(\d))?$/.exec(text) ?? []
  const range = { least: Number(from), most: Number(to) }
  if (range.least >= least && range.least <= range.most && range.most <= most) return range
  throw new Error(`${what}: ${least} to ${most}, like '${most - 1}' or '${least}-${most}', not '${text}'`)
}

/** '3' or '2-4'. */
export const spelt = ({ least, most }: Range): string => (least === most ? `${least}` : `${least}-${most}`)
