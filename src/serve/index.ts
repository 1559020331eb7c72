/** Runs over wires: shared by several processes, and shown in a browser. */
export * from './bullmq.ts'
export * from './coordinator.ts'
export * from './executor.ts'
export * from './sqlite-leases.ts'
export { type ViewOptions, viewApp } from './view/app.ts'
export * from './view/exporting.ts'
export * from './view/serve.ts'
export * from './worker.ts'
