/** Ways to act. */
export * from './agentcoder.ts'
export * from './codeact.ts'
export * from './react.ts'
