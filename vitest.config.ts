import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // The engine's threads and the worlds share two cores on the reference machine.
    maxWorkers: 2,
    testTimeout: 30_000,
  },
})
