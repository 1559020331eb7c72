/** One paper, one file: a short composition that ends in numbers. */
export * from './catalogue.ts'
export * from './imitate-then-reinforce.ts'
export * from './paper-index.ts'
export type { ArmResult, Pair, Paper, Progress, Recipe, Say, Setup } from './recipe.ts'
