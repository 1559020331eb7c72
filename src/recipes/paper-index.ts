/** Papers put to the test, as data: what each recipe claims, and what its command measured of that. */
import type { Comparison, Interval } from '../data/index.ts'
import { recipes } from './catalogue.ts'
import type { Pair, Paper, Recipe } from './recipe.ts'

/** Arms compared in one metric: 'success' and 'return' as sampled; behind a comma, how they acted else. */
export interface Compared extends Comparison, Pair {
  readonly metric: string
}

/** How an arm did, over the seeds. */
export interface Arm {
  readonly name: string
  readonly success: Interval
  readonly return: Interval
}

/** What is read of the JSON that `ludus train <recipe>` prints. */
export interface Figures {
  readonly env: string
  readonly arms?: readonly Arm[]
  readonly comparisons: readonly Compared[]
}

export type ClaimVerdict = 'holds' | 'no effect' | 'reversed' | 'too few seeds'

export interface PaperEntry extends Paper {
  readonly recipe: string
  readonly about: string
  /** What measures it. */
  readonly command: string
  /** The world that it was measured in; absent where it has not been. */
  readonly env?: string
  /** The arms that the claim is of. */
  readonly pair: Pair
  /** The claim, in success as sampled. */
  readonly verdict: ClaimVerdict | 'not run'
  readonly comparisons: readonly Compared[]
  readonly arms?: readonly Arm[]
}

/** Every recipe that has a paper behind it, in the order of the catalogue. */
export function paperIndex(figures: (recipe: string) => Figures | undefined): PaperEntry[] {
  return recipes.flatMap((recipe) =>
    recipe.paper ? [{ ...recipe.paper, ...entryOf(recipe, figures(recipe.name)) }] : [],
  )
}

function entryOf({ name, about, pairs }: Recipe, figures: Figures | undefined): Omit<PaperEntry, keyof Paper> {
  const [pair] = pairs
  if (!pair) throw new Error(`the recipe '${name}' has a paper and compares nothing`)
  const { env, arms, comparisons = [] } = figures ?? {}
  const entry = { recipe: name, about, command: `ludus train ${name} --seeds 5`, pair, comparisons }
  const found = claimOf(entry)
  return {
    ...entry,
    verdict: found ? claimVerdict(found) : 'not run',
    ...(env !== undefined && { env }),
    ...(arms && { arms: arms.map(({ name, success, return: paid }) => ({ name, success, return: paid })) }),
  }
}

/** The comparison that the claim stands or falls with. */
export const claimOf = ({ pair, comparisons }: Pick<PaperEntry, 'pair' | 'comparisons'>): Compared | undefined =>
  comparisons.find((one) => isOf(one, pair) && one.metric === 'success')

export const isOf = (one: Compared, pair: Pair): boolean => one.arm === pair.arm && one.baseline === pair.baseline

/** What a difference says of a claim. */
export function claimVerdict({ verdict }: Pick<Comparison, 'verdict'>): ClaimVerdict {
  if (verdict === 'gain') return 'holds'
  return verdict === 'loss' ? 'reversed' : verdict
}
