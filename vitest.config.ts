import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'web/src/**/*.test.ts'],
    // Two cores on the reference machine, and many tests that wait for processes.
    maxWorkers: 3,
    testTimeout: 30_000,
  },
})
