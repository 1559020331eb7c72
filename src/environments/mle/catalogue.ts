/** Competitions of machine learning. */
import type { Catalogued } from '../catalogued.ts'
import { competitionNames } from './competitions.ts'
import { mle } from './mle.ts'
import { mleDojo } from './mle-dojo.ts'

const shared = { area: 'machine-learning', isolation: 'namespace' } as const

export const mleCatalogue: Readonly<Record<string, Catalogued>> = {
  mle: {
    ...shared,
    about: 'tabular competitions drawn from a seed: write a submission, earn places on two leaderboards',
    source: 'Ludus, Apache-2.0, after MLE-Dojo',
    argument: competitionNames.join(' | '),
    open: (argument) => mle(argument),
  },
  'mle-dojo': {
    ...shared,
    about: 'MLE-Dojo’s own competitions and leaderboards',
    source: 'MLE-Dojo, MIT; the data under the rules of each competition',
    argument: 'competition[=metric], several with commas',
    data: 'task packs: <name>/info, <name>/data/public and <name>/data/private',
    open: (argument, data) => mleDojo(`${data}`, argument),
  },
}
