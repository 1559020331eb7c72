/** What became of it: runs on disk, their format, and what can be said of them with honest statistics. */
export * from './format.ts'
export * from './journal.ts'
export * from './lessons.ts'
export * from './measurements.ts'
export * from './remembered.ts'
export * from './run-folder.ts'
export * from './statistics.ts'
export * from './store.ts'
