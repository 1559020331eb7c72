/** Arithmetic as text, read by hand: whole numbers, + - * / and parentheses, worth an exact fraction. */

/** `over` is never 0. */
export interface Fraction {
  readonly top: number
  readonly over: number
}

export interface Expression {
  /** The numbers that stand in it, in their order. */
  readonly numbers: readonly number[]
  /** null where something is divided by 0. Exact while tops and bottoms stay below 2⁵³. */
  value(): Fraction | null
}

/** Longer texts are none: parentheses could be nested without end. */
const MOST = 300

const SIGNS: ReadonlyMap<string, Operator> = new Map([
  ['+', '+'],
  ['-', '-'],
  ['−', '-'],
  ['–', '-'],
  ['*', '*'],
  ['×', '*'],
  ['·', '*'],
  ['/', '/'],
  ['÷', '/'],
  [':', '/'],
])

export type Operator = '+' | '-' | '*' | '/'

type Tree = number | readonly [left: Tree, operator: Operator, right: Tree]

/** null where the text is no such expression. A minus stands between two terms, never alone before one. */
export function expressionOf(text: string): Expression | null {
  if (text.length > MOST) return null
  const tokens = text.match(/\d+|\S/g) ?? []
  let at = 0
  const operator = (wanted: string): Operator | undefined => {
    const sign = SIGNS.get(tokens[at] ?? '')
    return sign !== undefined && wanted.includes(sign) ? sign : undefined
  }
  const chain = (wanted: string, part: () => Tree | null): Tree | null => {
    let left = part()
    for (let sign = operator(wanted); left !== null && sign !== undefined; sign = operator(wanted)) {
      at++
      const right = part()
      left = right === null ? null : [left, sign, right]
    }
    return left
  }
  const sum = (): Tree | null => chain('+-', () => chain('*/', atom))
  const atom = (): Tree | null => {
    const token = tokens[at++] ?? ''
    if (token === '(') {
      const inner = sum()
      return tokens[at++] === ')' ? inner : null
    }
    return /^\d{1,9}$/.test(token) ? Number(token) : null
  }
  const tree = sum()
  return tree === null || at < tokens.length ? null : { numbers: numbersIn(tree), value: () => worthOf(tree) }
}

const numbersIn = (tree: Tree): number[] =>
  typeof tree === 'number' ? [tree] : [...numbersIn(tree[0]), ...numbersIn(tree[2])]

function worthOf(tree: Tree): Fraction | null {
  if (typeof tree === 'number') return { top: tree, over: 1 }
  const [left, right] = [worthOf(tree[0]), worthOf(tree[2])]
  return left && right ? calculate(left, tree[1], right) : null
}

/** null where something is divided by 0. */
export function calculate(a: Fraction, operator: Operator, b: Fraction): Fraction | null {
  if (operator === '*') return { top: a.top * b.top, over: a.over * b.over }
  if (operator === '/') return b.top === 0 ? null : { top: a.top * b.over, over: a.over * b.top }
  const right = b.top * a.over
  return { top: a.top * b.over + (operator === '+' ? right : -right), over: a.over * b.over }
}
