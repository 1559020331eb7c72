/** Work in an office of files and messages, one to three jobs at a time, judged by what is there and what was sent. */
import { type EnvSpec, type Json, type Random, random, type Split, type Task } from '../../core/index.ts'
import { differenceOf } from '../kit/state.ts'
import { type Deed, stateAfter, type ToolEnv, toolEnv } from '../kit/tool-env.ts'
import { fillOffice, type Office, officeTools } from './office.ts'
import { drawJobs } from './office-jobs.ts'

export interface FilesTask {
  /** Which office. */
  readonly office: number
  readonly ask: string
  /** The ground truth. */
  readonly deeds: readonly Deed[]
}

const MOST_JOBS = 3
const COUNTS: Readonly<Record<Split, number>> = { train: 400, test: 100 }

export function files(): EnvSpec<FilesTask, ToolEnv<Office>> {
  return toolEnv<Office, FilesTask>({
    id: 'files@1',
    tasks,
    limits: { steps: 30 },
    instructions:
      'You work in an office, with its files and messages. Do what is asked and nothing else, and then finish.',
    ask: ({ ask }) => ask,
    tools: officeTools,
    start: ({ office }) => fillOffice(office).office,
    success({ state, over }, { office, deeds }) {
      if (!over) return { value: 0, why: 'not finished' }
      const gold = stateAfter(officeTools, fillOffice(office).office, deeds)
      const at = differenceOf(judged(state), judged(gold))
      return at === undefined ? 1 : { value: 0, why: `it is not as it should be at '${at}'` }
    },
    solve: ({ deeds }) => [...deeds, { name: 'finish', arguments: {} }],
    guess: ({ office }, rng) => randomDeed(fillOffice(office).office, rng),
  })
}

/** White space at the end of a text does not count, nor does the order in which messages were sent. */
function judged({ files, sent }: Office): Json {
  const texts = Object.entries(files).map(([path, text]) => [path, text.trimEnd()])
  return { files: Object.fromEntries(texts), sent: sent.map(({ to, text }) => `${to}: ${text.trim()}`).sort() }
}

function* tasks(split: Split): Generator<Task<FilesTask>> {
  const first = split === 'train' ? 0 : COUNTS.train
  for (let office = first; office < first + COUNTS[split]; office++) {
    const jobs = jobsIn(office)
    const asks = jobs.map(({ ask }, i) => (jobs.length > 1 ? `${i + 1}. ${ask}` : ask))
    yield { id: `office-${office}`, data: { office, ask: asks.join('\n'), deeds: jobs.flatMap(({ deeds }) => deeds) } }
  }
}

function jobsIn(office: number): NonNullable<ReturnType<typeof drawJobs>> {
  const contents = fillOffice(office)
  const rng = random(office).split('jobs')
  for (;;) {
    const jobs = drawJobs(contents, 1 + (office % MOST_JOBS), rng)
    if (jobs) return jobs
  }
}

function randomDeed({ files, people, inbox }: Office, rng: Random): Deed {
  const path = rng.pick(Object.keys(files))
  return rng.pick<Deed>([
    { name: 'list', arguments: { folder: rng.pick(['/', '/invoices', '/people', '/notes']) } },
    { name: 'read', arguments: { path } },
    { name: 'write', arguments: { path, text: `${rng.int(1000)}` } },
    { name: 'move', arguments: { from: path, to: `/archive/${rng.int(1000)}.txt` } },
    { name: 'search_files', arguments: { text: rng.pick(people) } },
    { name: 'messages', arguments: {} },
    { name: 'read_message', arguments: { id: rng.pick(inbox).id } },
    { name: 'send', arguments: { to: rng.pick(people), text: `${rng.int(1000)}` } },
    { name: 'finish', arguments: {} },
  ])
}
