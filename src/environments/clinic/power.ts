/** `clinic/power`: how many a study needs, or what power it has, in the six designs of N-PowerAI (Ruan et al. 2024). */
import { type EnvSpec, type Random, random, type Split, type Task } from '../../core/index.ts'
import { nearNumber } from '../../rewards/index.ts'
import { type Play, play } from './forms.ts'
import { type Design, powerOf, sizeFor } from './power-designs.ts'
import { powerProgram } from './power-program.ts'
import { drawDesign, type Study } from './power-studies.ts'

export interface PowerTask {
  readonly kind: Design['kind']
  readonly target: 'size' | 'power'
  readonly question: string
  readonly program: string
  readonly answer: number
}

/** As many as N-PowerAI has; each kind as often as the next, size and power by turns. */
const COUNT = { train: 960, test: 240 }
const KINDS = ['one-sample', 'two-sample', 'paired', 'anova', 'chi-square', 'cox'] as const

export function power({ form, checker = false }: Play = { form: 'json' }): EnvSpec<PowerTask> {
  return play<PowerTask>(
    {
      id: 'clinic/power',
      tasks: powerTasks,
      instructions:
        'You are a statistician in medical research: find the smallest sample that has a power, or the power of a sample. Write Python that calculates it; the standard library is enough.',
      ask: ({ question }) => question,
      actions: ['validate_code', 'debug', 'terminal'],
      // A size is exact; a power may be off by 1 %.
      score: (text, { target, answer }) => nearNumber(text, { gold: answer, relative: target === 'size' ? 0 : 0.01 }),
      program: ({ program }) => program,
      answer: ({ answer }) => `${answer}`,
      guess: ({ target }, rng) => (target === 'size' ? `${1 + rng.int(400)}` : rng.next().toFixed(3)),
    },
    { form, checker },
  )
}

export function* powerTasks(split: Split): Generator<Task<PowerTask>> {
  for (let i = 0; i < COUNT[split]; i++) {
    const kind = KINDS[i % KINDS.length]!
    const target = Math.floor(i / KINDS.length) % 2 === 0 ? 'size' : 'power'
    const number = split === 'train' ? i : COUNT.train + i
    yield { id: `${kind}/${target}/${number}`, data: powerTask(kind, target, random(7).split(number)) }
  }
}

function powerTask(kind: Design['kind'], target: PowerTask['target'], rng: Random): PowerTask {
  const study: Study = drawDesign(kind, rng)
  const { design, tell } = study
  if (target === 'size') {
    const wanted = rng.pick([0.8, 0.85, 0.9, 0.95])
    const answer = sizeFor(design, wanted)
    const question = tell.size(`${Math.round(100 * wanted)} %`)
    return { kind, target, question, program: powerProgram(design, { power: wanted, near: answer }), answer }
  }
  // A sample about as large as somebody would take, so that the power is neither nothing nor all.
  const n = Math.max(4, Math.round(sizeFor(design, 0.4 + 0.55 * rng.next())))
  return { kind, target, question: tell.power(n), program: powerProgram(design, { n }), answer: powerOf(design, n) }
}
