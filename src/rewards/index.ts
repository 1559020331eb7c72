/**
 * Ways to judge. A scorer is a plain function of an answer and its gold, from 0 (no) to 1 (yes); one that has something
 * to say besides returns `{ value, why }`. A world calls them in the terms of its rubric.
 */

export * from './combine.ts'
export * from './format.ts'
export * from './hidden-tests.ts'
export * from './judge.ts'
export * from './leaderboard.ts'
export * from './normalised.ts'
export * from './number.ts'
export * from './overlap.ts'
export * from './program.ts'
export * from './sets.ts'
export * from './shaping.ts'
export * from './table.ts'
export * from './text.ts'
