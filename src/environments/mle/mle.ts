/** `mle`: the five generated competitions as a world. */
import type { EnvSpec, Split, Task } from '../../core/index.ts'
import { type CompetitionName, competition, competitionNames } from './competitions.ts'
import { metrics } from './metrics.ts'
import { type MleEnv, mleEnv, type Pack, type Scored } from './mle-env.ts'
import { type Gold, scoreSubmission, submitting } from './submission.ts'

export interface MleTask {
  readonly competition: CompetitionName
  readonly seed: number
}

/** Draws of each competition. */
const DRAWS = { train: 20, test: 5 } as const

/** All five, or one of them. Throws a sentence on a name that there is not. */
export function mle(name?: string): EnvSpec<MleTask, MleEnv> {
  const found = competitionNames.filter((one) => name === undefined || one === name)
  if (found.length === 0) throw new Error(`there is no competition '${name}': there are ${competitionNames.join(', ')}`)
  return mleEnv<MleTask>({
    id: name === undefined ? 'mle@1' : `mle:${name}@1`,
    tasks: (split) => draws(found, split),
    open: ({ data }) => packOf(data),
  })
}

function* draws(names: readonly CompetitionName[], split: Split): Generator<Task<MleTask>> {
  for (let i = 0; i < DRAWS[split]; i++) {
    const seed = split === 'train' ? i : DRAWS.train + i
    // The first few of both splits together are of every kind.
    for (const name of split === 'train' ? names : names.toReversed())
      yield { id: `${name}-${seed}`, data: { competition: name, seed } }
  }
}

function packOf({ competition: name, seed }: MleTask): Pack {
  const { description, files, gold, boards, metric, guess } = competition(name, seed)
  return {
    ...{
      description,
      boards,
      files: { ...files, 'description.txt': description },
      sample: files['sample_submission.csv']!,
    },
    score: async (submission) => judged(submission, gold, metric),
    win: () =>
      submitting(
        gold,
        gold.answers.rows.map(([, answer]) => answer!),
      ),
    guess: (random) => submitting(gold, guess(random)),
  }
}

/** The score by one of our metrics, or what is wrong with the file. */
export function judged(submission: Uint8Array, gold: Gold, name: keyof typeof metrics): Scored {
  const metric = metrics[name]
  try {
    return { score: scoreSubmission(submission, gold, metric), lowerIsBetter: metric.lowerIsBetter }
  } catch (error) {
    return { error: (error as Error).message }
  }
}
