/** What an episode, its forks and its world use up together. */
import type { Completion } from './model.ts'

export interface Meter {
  calls: number
  promptTokens: number
  completionTokens: number
  /** null where a call did not say. */
  costUsd: number | null
}

export const newMeter = (): Meter => ({ calls: 0, promptTokens: 0, completionTokens: 0, costUsd: 0 })

export function spend(meter: Meter, { usage, costUsd }: Completion): void {
  meter.costUsd = meter.costUsd === null || costUsd === undefined ? null : meter.costUsd + costUsd
  meter.promptTokens += usage?.promptTokens ?? 0
  meter.completionTokens += usage?.completionTokens ?? 0
}
