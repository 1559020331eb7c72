/** For tests of learners: a policy small enough to differentiate by hand, and attempts made of tokens. */
import {
  assistant,
  type Datum,
  type Engine,
  type Group,
  type Outcome,
  type Random,
  random,
  type Step,
  type StopReason,
  type Trajectory,
} from '../src/core/index.ts'
import type { Learner, LearnOptions, Scorer } from '../src/train/index.ts'

/** What a learner hands back, and says; `update` is called where the loop would update. */
export async function taught(
  learner: Learner,
  groups: readonly Group[],
  {
    engine = { logprobs: () => Promise.reject(new Error('asked for nothing')) },
    rng = random(1),
    update = () => {},
  }: { engine?: LearnOptions['engine']; rng?: Random; update?: (data: readonly Datum[]) => void } = {},
) {
  const lesson = learner(groups, { engine, random: rng })
  const batches: (readonly Datum[])[] = []
  let next = await lesson.next()
  for (; !next.done; next = await lesson.next()) {
    batches.push(next.value)
    update(next.value)
  }
  return { batches, ...next.value }
}

/** p(token | the one before it) = softmax of a row of logits: V × V parameters. */
export interface TablePolicy extends Scorer {
  readonly logits: number[][]
  logprob(tokens: readonly number[], i: number): number
  /** ∂/∂logits of −Σ weights·log p, row by row. */
  gradient(data: readonly Datum[]): number[]
  copy(): TablePolicy
}

export function tablePolicy(vocabulary: number, rng: Random): TablePolicy {
  return ofLogits(Array.from({ length: vocabulary }, () => Array.from({ length: vocabulary }, () => rng.normal())))
}

function ofLogits(logits: number[][]): TablePolicy {
  const logprob = (tokens: readonly number[], i: number): number => {
    if (i === 0) return 0
    const row = logits[tokens[i - 1]!]!
    return row[tokens[i]!]! - Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0))
  }
  return {
    logits,
    logprob,
    logprobs: async (sequences) => sequences.map((tokens) => tokens.map((_, i) => logprob(tokens, i))),
    gradient(data) {
      const gradient = logits.map((row) => row.map(() => 0))
      for (const { tokens, weights } of data)
        for (let i = 1; i < tokens.length; i++) {
          const before = tokens[i - 1]!
          for (let token = 0; token < logits.length; token++) {
            const p = Math.exp(logprob([before, token], 1))
            gradient[before]![token]! -= weights[i]! * ((token === tokens[i] ? 1 : 0) - p)
          }
        }
      return gradient.flat()
    },
    copy: () => ofLogits(logits.map((row) => [...row])),
  }
}

/** A head that says of each token what stands in its row: V × k parameters, updated by plain descent. */
export interface TableHead extends Scorer, Required<Pick<Engine, 'scores' | 'backward' | 'step'>> {
  readonly logits: number[][]
  /** ∂/∂rows of −Σ scoreWeights·score, row by row. */
  gradient(data: readonly Datum[]): number[]
}

export function tableHead(vocabulary: number, rng: Random, outputs = 1): TableHead {
  const logits = Array.from({ length: vocabulary }, () => Array.from({ length: outputs }, () => rng.normal()))
  const gradient = (data: readonly Datum[]): number[] => {
    const sums = logits.map((row) => row.map(() => 0))
    for (const { tokens, scoreWeights } of data)
      tokens.forEach((token, t) => scoreWeights?.[t]?.forEach((weight, k) => (sums[token]![k]! -= weight)))
    return sums.flat()
  }
  let sum = logits.flat().map(() => 0)
  return {
    logits,
    gradient,
    logprobs: () => Promise.reject(new Error('it says no words')),
    scores: async (sequences) => sequences.map((tokens) => tokens.map((token) => [...logits[token]!])),
    async backward(data) {
      sum = gradient(data).map((slope, i) => slope + sum[i]!)
      return { loss: Number.NaN }
    },
    async step({ lr }) {
      for (const [i, slope] of sum.entries()) logits[Math.floor(i / outputs)]![i % outputs]! -= lr * slope
      sum = sum.map(() => 0)
      return { gradNorm: Number.NaN }
    },
  }
}

/** ∂loss/∂logits by central differences. */
export function numericGradient({ logits }: { readonly logits: number[][] }, loss: () => number, h = 1e-5): number[] {
  return logits.flatMap((row) =>
    row.map((logit, i) => {
      row[i] = logit + h
      const above = loss()
      row[i] = logit - h
      const below = loss()
      row[i] = logit
      return (above - below) / (2 * h)
    }),
  )
}

export interface Turn {
  readonly prompt: readonly number[]
  readonly completion: readonly number[]
  /** By whom, where the tokens were sampled with known log-probabilities; or those; else they are NaN. */
  readonly policy?: TablePolicy
  readonly logprobs?: readonly number[]
  readonly policyVersion?: number
  readonly heldOut?: true
  readonly reward?: number
  /** What is done; the tokens, unless given. */
  readonly says?: string
  readonly finish?: 'stop' | 'length'
  readonly role?: string
}

export interface Judged {
  /** null: it broke. */
  readonly paid: number | null
  readonly success?: number
  readonly stop?: StopReason
}

/** An attempt of these turns, each one a step. The verdict is what is paid beyond what the steps were. */
export function attempt(turns: readonly Turn[], { paid, success, stop = 'terminated' }: Judged): Trajectory {
  const steps = turns.map(stepOf)
  const outcome: Outcome =
    paid === null
      ? { kind: 'broken', failure: { boundary: 'model', message: 'down' } }
      : { kind: 'scored', return: paid }
  const verdict = (paid ?? 0) - steps.reduce((sum, { reward }) => sum + reward, 0)
  return {
    ...{ version: 1, id: 'b/t/0', batch: 'b', env: 'e@1', task: 't', attempt: 0, agent: 'a', seed: 1, trailing: [] },
    ...{
      branches: [],
      stop,
      outcome,
      steps,
      usage: { promptTokens: 0, completionTokens: 0 },
      costUsd: null,
      timeMs: 0,
    },
    rewards: {
      verdict: { value: verdict, weight: 1 },
      ...(success !== undefined && { success: { value: success, weight: 0 } }),
    },
  }
}

function stepOf(turn: Turn): Step {
  const { prompt, completion, policy, reward = 0, says, finish = 'stop', role = 'policy', policyVersion } = turn
  const whole = [...prompt, ...completion]
  const logprobs = completion.map(
    (_, i) => turn.logprobs?.[i] ?? policy?.logprob(whole, prompt.length + i) ?? Number.NaN,
  )
  const message = assistant(says ?? completion.join(' '))
  const call = {
    ...{ role, model: 'm', request: { messages: [] }, timeMs: 0 },
    completion: {
      ...{ message, finish, tokens: { prompt, completion, logprobs } },
      ...(policyVersion !== undefined && { policyVersion }),
    },
  }
  return {
    observation: { messages: [], ...(turn.heldOut && { heldOut: true }) },
    calls: [call],
    action: message,
    reward,
  }
}

export const groupOf = (trajectories: readonly Trajectory[], id = 't'): Group => ({
  task: { id, data: null },
  trajectories,
})
