/** One paper, one file: a short composition that ends in numbers. */
export * from './imitate-then-reinforce.ts'
