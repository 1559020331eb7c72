/**
 * Supervised fine-tuning on the rollouts that succeeded, from a policy that knows nothing. Beside it stand that policy,
 * and the same updates with every answer dealt to another question.
 */
import { linear, rft, shuffledAnswers } from '../train/index.ts'
import { fromNothing, imitation, type Recipe } from './recipe.ts'

const LEARNED = 'imitation of successes'
const CONTROL = 'the same, answers shuffled'

export const imitateSuccesses: Recipe = {
  name: 'imitate-successes',
  about: "imitate an expert's successful attempts, from nothing",
  paper: {
    title: 'MedAgentGym: Training LLM Agents for Code-Based Medical Reasoning at Scale',
    arxiv: '2506.04405',
    claim: 'fine-tuning on the rollouts that succeeded raises success on tasks it has not seen',
  },
  env: 'clinic/calculators',
  // Nothing comes before: the arms begin with a policy that knows nothing.
  budget: { imitationSteps: 0 },
  arms: ['untrained', LEARNED, CONTROL],
  pairs: [
    { arm: LEARNED, baseline: 'untrained', kind: 'claim' },
    { arm: CONTROL, baseline: 'untrained', kind: 'control' },
  ],
  run(setup) {
    const learn = rft({ renderer: setup.renderer, minibatch: 32, epochs: 2 })
    const method = { ...imitation(setup), lr: linear(4e-3, { warmUp: 0.095, start: 0.05, end: 0.1 }) }
    return fromNothing(setup, {
      [LEARNED]: { ...method, learn },
      [CONTROL]: { ...method, learn: shuffledAnswers(learn) },
    })
  },
}
