/** Which of a world's tasks are for testing, where that goes by what a task is called and not by when it was drawn. */
import { type Split, seedOf } from '../../core/index.ts'

/** One name in five is for testing, always the same ones. */
export const splitByName = (...name: readonly (string | number)[]): Split =>
  seedOf(...name) % 5 === 0 ? 'test' : 'train'
