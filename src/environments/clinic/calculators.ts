/** `clinic/calculators`: a patient's note, and a value that a published formula gives for the patient. */
import type { EnvSpec } from '../../core/index.ts'
import { withinLimits } from '../../rewards/index.ts'
import { type CalculatorTask, calculatorTasks } from './calculator-tasks.ts'
import { inParts, type Play, play } from './forms.ts'
import { formulas } from './formulas.ts'

/** In one message the note is terse and the formula short, for models that are small. */
export function calculators({ form, checker }: Play = { form: 'json' }): EnvSpec<CalculatorTask> {
  const spec = play<CalculatorTask>(
    {
      id: 'clinic/calculators',
      tasks: (split) => calculatorTasks(split, form === 'direct'),
      instructions:
        'You work in a hospital and calculate values of patients: find in the note what matters, and write Python that calculates the value.',
      ask: ({ note, question }) => `${note}\n${question}`,
      actions: ['validate_code', 'debug', 'terminal'],
      score: (answer, limits) => withinLimits(answer, limits),
      program: ({ code }) => code,
      answer: ({ gold }) => `${gold}`,
      short: ({ short }) => short,
      guess: ({ formula }, random) =>
        formulas[formula]!.score ? `${random.int(20)}` : (10 ** (3 * random.next())).toPrecision(3),
    },
    { form, ...(checker && { checker }) },
  )
  return inParts(spec, ['held-out patients', 'held-out formulas'], ({ part }) => part)
}
