import { expect, it } from 'vitest'
import { attempt, groupOf, type Turn } from '../../test/learners.ts'
import type { Sampling, Trajectory } from '../core/index.ts'
import { saidIn } from './index.ts'

const played = (turns: readonly Turn[], completionTokens: number, sampling?: Sampling): Trajectory => {
  const t = attempt(turns, { paid: 1 })
  const steps = t.steps.map((step) => ({
    ...step,
    calls: step.calls.map((call) => ({ ...call, request: { ...call.request, ...(sampling && { sampling }) } })),
  }))
  return { ...t, steps, usage: { promptTokens: 9, completionTokens } }
}
const turn = (logprobs: readonly number[], role = 'policy'): Turn => ({
  ...{ prompt: [1], completion: logprobs.map((_, i) => i), logprobs, role },
})

it('estimates the entropy from what the policy drew at temperature 1, and counts what was said', () => {
  const groups = [
    groupOf([played([turn([-1, -2]), turn([-30], 'user')], 3), played([turn([-3])], 1, { temperature: 1, topP: 1 })]),
    groupOf([played([turn([-50])], 2, { temperature: 0.5 }), played([turn([-50])], 2, { topK: 3 })]),
  ]
  expect(saidIn(groups)).toEqual({ completionTokens: 2, entropy: 2 })
  expect(saidIn([groupOf([played([], 0)])])).toEqual({ completionTokens: null, entropy: null })
})
