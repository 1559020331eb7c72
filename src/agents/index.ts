/** Ways to act. */
export * from './react.ts'
