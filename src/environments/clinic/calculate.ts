/**
 * Reckons short Python arithmetic without running any code: assignments and one last expression, of numbers, names,
 * + - * / **, comparisons, and, or, not, `a if c else b` and a few functions. There are no loops, so it always ends.
 */

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  min: Math.min,
  max: Math.max,
  sqrt: Math.sqrt,
  log: Math.log,
  log10: Math.log10,
  exp: Math.exp,
  abs: Math.abs,
  // As Python does, a half goes to the even neighbour.
  round: (value, digits = 0) => {
    const scaled = value * 10 ** digits
    const low = Math.floor(scaled)
    const whole = scaled - low === 0.5 ? low + (Math.abs(low) % 2) : Math.round(scaled)
    return whole / 10 ** digits
  },
}

/** Longer text is refused: nesting costs stack. */
const LONGEST = 800

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|((?:math\.)?[a-zA-Z_]\w*)|(\*\*|<=|>=|==|!=|[-+*/()<>=,;]))/y

/** The value of the last line; true is 1. null where the text is no arithmetic, or its value no finite number. */
export function calculate(text: string, names: Readonly<Record<string, number>> = {}): number | null {
  const tokens = tokenise(text)
  if (!tokens) return null
  try {
    const value = new Reckoner(tokens, new Map(Object.entries(names))).program()
    return Number.isFinite(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function tokenise(text: string): string[] | null {
  const source = text.trim().replaceAll(/\s*\n\s*/g, ';')
  if (source.length > LONGEST) return null
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.length) {
    const found = TOKEN.exec(source)
    if (!found) return null
    tokens.push((found[1] ?? found[2] ?? found[3])!)
  }
  return tokens
}

/** Recursive descent, Python's precedence. Throws SyntaxError. */
class Reckoner {
  #at = 0
  readonly #tokens: readonly string[]
  readonly #names: Map<string, number>

  constructor(tokens: readonly string[], names: Map<string, number>) {
    this.#tokens = tokens
    this.#names = names
  }

  program(): number {
    let value = Number.NaN
    do {
      const name = this.#tokens[this.#at]
      const assigned = name !== undefined && /^[a-z_]/i.test(name) && this.#tokens[this.#at + 1] === '='
      if (assigned) this.#at += 2
      value = this.#choice()
      if (assigned) this.#names.set(name, value)
    } while (this.#take(';'))
    if (this.#at < this.#tokens.length) throw new SyntaxError(`'${this.#tokens[this.#at]}' is too much`)
    return value
  }

  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined || !wanted.includes(token)) return undefined
    this.#at++
    return token
  }

  #choice(): number {
    const value = this.#either()
    if (!this.#take('if')) return value
    const condition = this.#either()
    if (!this.#take('else')) throw new SyntaxError("'if' without 'else'")
    const other = this.#choice()
    return condition ? value : other
  }

  #either(): number {
    let value = this.#both()
    while (this.#take('or')) {
      const other = this.#both()
      value ||= other
    }
    return value
  }

  #both(): number {
    let value = this.#negation()
    while (this.#take('and')) {
      const other = this.#negation()
      value &&= other
    }
    return value
  }

  #negation(): number {
    return this.#take('not') ? Number(!this.#negation()) : this.#comparison()
  }

  /** As in Python, `a <= b < c` asks both. */
  #comparison(): number {
    let left = this.#sum()
    let held: boolean | undefined
    for (let sign = this.#take(...COMPARISONS); sign; sign = this.#take(...COMPARISONS)) {
      const right = this.#sum()
      held = (held ?? true) && compare(left, sign, right)
      left = right
    }
    return held === undefined ? left : Number(held)
  }

  #sum(): number {
    let value = this.#product()
    for (let sign = this.#take('+', '-'); sign; sign = this.#take('+', '-')) {
      const other = this.#product()
      value += sign === '+' ? other : -other
    }
    return value
  }

  #product(): number {
    let value = this.#signed()
    for (let sign = this.#take('*', '/'); sign; sign = this.#take('*', '/')) {
      const other = this.#signed()
      value = sign === '*' ? value * other : value / other
    }
    return value
  }

  #signed(): number {
    const sign = this.#take('+', '-')
    if (!sign) return this.#power()
    const value = this.#signed()
    return sign === '-' ? -value : value
  }

  #power(): number {
    const base = this.#atom()
    return this.#take('**') ? base ** this.#signed() : base
  }

  #atom(): number {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new SyntaxError('it ends too early')
    if (/^[\d.]/.test(token)) return Number(token)
    if (token === '(') {
      const value = this.#choice()
      this.#close()
      return value
    }
    const name = token.replace(/^math\./, '')
    if (Object.hasOwn(FUNCTIONS, name) && this.#take('(')) {
      const values = [this.#choice()]
      while (this.#take(',')) values.push(this.#choice())
      this.#close()
      return FUNCTIONS[name]!(...values)
    }
    const value = this.#names.get(token)
    if (value === undefined) throw new SyntaxError(`'${token}' has no value`)
    return value
  }

  #close(): void {
    if (!this.#take(')')) throw new SyntaxError("a ')' is missing")
  }
}

const COMPARISONS = ['<', '<=', '>', '>=', '==', '!=']

function compare(left: number, sign: string, right: number): boolean {
  if (sign === '<') return left < right
  if (sign === '<=') return left <= right
  if (sign === '>') return left > right
  if (sign === '>=') return left >= right
  return (left === right) === (sign === '==')
}
