/** A run shared by several processes: who plays what, and the one that writes. */
export * from './bullmq.ts'
export * from './coordinator.ts'
export * from './executor.ts'
export * from './sqlite-leases.ts'
export * from './worker.ts'
