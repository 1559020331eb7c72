/** What follows a world's name and a colon, where it is words by commas: one of each kind, in any order. */

/** The words of each kind; the first is what is meant where none is given. */
type Kinds = Readonly<Record<string, readonly [string, ...string[]]>>

export type Chosen<K extends Kinds> = { readonly [kind in keyof K]: K[kind][number] }

/** Reads '400,adversarial'. Throws a sentence on a word of no kind, and on a second one of the same. */
export function chosenWords<const K extends Kinds>(world: string, kinds: K, text = ''): Chosen<K> {
  const chosen = new Map<string, string>()
  for (const word of text.split(',').filter(Boolean)) {
    const kind = Object.keys(kinds).find((one) => kinds[one]!.includes(word))
    if (kind === undefined)
      throw new Error(`'${world}' cannot be '${word}': it can be ${Object.values(kinds).flat().join(', ')}`)
    const before = chosen.get(kind)
    if (before !== undefined) throw new Error(`'${world}' is '${before}' or '${word}', not both`)
    chosen.set(kind, word)
  }
  const words = Object.entries(kinds).map(([kind, [usual]]) => [kind, chosen.get(kind) ?? usual])
  return Object.fromEntries(words)
}

/** 'wordle:400,adversarial@1': the world's id, which names what is not as usual. */
export function idWith<K extends Kinds>(world: string, kinds: K, chosen: Chosen<K>): string {
  const unusual = Object.entries(kinds).flatMap(([kind, [usual]]) => (chosen[kind] === usual ? [] : [chosen[kind]]))
  return `${[world, unusual.join()].filter(Boolean).join(':')}@1`
}

/** 'fixed | adversarial, 200 | 400 | 800': what `ludus envs` says may follow. */
export const argumentOf = (kinds: Kinds): string =>
  Object.values(kinds)
    .map((words) => words.join(' | '))
    .join(', ')
