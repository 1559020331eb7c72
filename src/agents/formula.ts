/** What an arithmetic formula comes to: numbers, + - * / ^, brackets, and a sign. */

const LONGEST = 1000

/** Throws a sentence on what is no formula. */
export function calculate(formula: string): number {
  if (formula.length > LONGEST) throw new Error(`a formula has at most ${LONGEST} characters, not ${formula.length}`)
  const tokens = formula.match(/\d+\.?\d*|\.\d+|\S/g) ?? []
  let at = 0
  const taken = (...wanted: string[]): string | undefined =>
    wanted.includes(tokens[at] ?? '') ? tokens[at++] : undefined
  const number = (): number => {
    if (taken('(')) {
      const value = sum()
      if (!taken(')')) throw new Error(`a bracket is not closed in '${formula}'`)
      return value
    }
    const value = Number(tokens[at] ?? Number.NaN)
    if (Number.isNaN(value)) throw new Error(`'${tokens[at] ?? 'the end'}' is no number in '${formula}'`)
    at++
    return value
  }
  const signed = (): number => {
    if (taken('-')) return -signed()
    if (taken('+')) return signed()
    const base = number()
    return taken('^') ? base ** signed() : base
  }
  const product = (): number => {
    let value = signed()
    for (let sign = taken('*', '/'); sign; sign = taken('*', '/'))
      value = sign === '*' ? value * signed() : value / signed()
    return value
  }
  const sum = (): number => {
    let value = product()
    for (let sign = taken('+', '-'); sign; sign = taken('+', '-')) value += sign === '+' ? product() : -product()
    return value
  }
  const value = sum()
  if (at < tokens.length) throw new Error(`'${tokens[at]}' follows on a whole formula in '${formula}'`)
  if (!Number.isFinite(value)) throw new Error(`'${formula}' is no finite number`)
  return value
}
