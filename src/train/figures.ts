/** What a learner measures on the way, by name, to its means. */
import type { Lesson } from './lesson.ts'

export interface Meter {
  add(name: string, value: number): void
  /** Of everything added under each name; a name that nothing was added under has none. */
  means(): Lesson['figures']
}

export function meter(): Meter {
  const sums = new Map<string, { sum: number; count: number }>()
  return {
    add(name, value) {
      const entry = sums.get(name) ?? { sum: 0, count: 0 }
      if (entry.count === 0) sums.set(name, entry)
      entry.sum += value
      entry.count++
    },
    means: () => Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count])),
  }
}
