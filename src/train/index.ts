/** Algorithms as arithmetic, and the loop around them. No weights here: those live behind core's Engine. */
export * from './evaluate.ts'
export * from './grpo.ts'
export * from './lesson.ts'
export * from './loop.ts'
export * from './reinforce.ts'
export * from './sequence.ts'
export * from './sft.ts'
