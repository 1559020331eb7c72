/** The MedAgentGym family, on data that may be shipped: generated from a seed. */
import type { Catalogued } from '../catalogued.ts'
import { calculators } from './calculators.ts'
import { playOf } from './forms.ts'
import { MEDAGENTGYM_SETS, medagentgym } from './medagentgym.ts'
import { power } from './power.ts'
import { records } from './records.ts'

const shared = { area: 'medicine', isolation: 'namespace' } as const

export const clinicCatalogue: Readonly<Record<string, Catalogued>> = {
  'clinic/calculators': {
    ...shared,
    about:
      'calculate a value for a patient from a note, by one of 54 published formulas; some are held out of training',
    source: 'after MedAgentGym and MedCalc-Bench; Ludus, Apache-2.0',
    argument: 'codeact | direct | checker-in-the-loop',
    open: (argument) => calculators(playOf(argument, ['codeact', 'direct'])),
  },
  'clinic/power': {
    ...shared,
    about: 'how many a study needs, or what power it has: six designs, exact answers',
    source: 'after N-PowerAI in MedAgentGym; Ludus, Apache-2.0',
    argument: 'codeact | direct | checker-in-the-loop',
    open: (argument) => power(playOf(argument, ['codeact', 'direct'])),
  },
  'clinic/records': {
    ...shared,
    about: "questions about a synthetic hospital's sqlite database, answered by the same set of values",
    source: 'after the EHR tasks of MedAgentGym; Ludus, Apache-2.0',
    argument: 'codeact | checker-in-the-loop',
    open: (argument) => records(playOf(argument, ['codeact'])),
  },
  medagentgym: {
    ...shared,
    about: "MedAgentGym's own tasks: medcalc, npowerai, biocoder, and questions about hospital databases that you hold",
    source: 'MedAgentGym; its repository states no licence',
    argument: `${MEDAGENTGYM_SETS.join(' | ')}, and after a comma codeact | checker-in-the-loop | skip-broken`,
    data: "MedAgentGym's data: medcalcbench/test_tasks.jsonl and so on",
    open: (argument, data) => medagentgym(`${data}`, argument),
  },
}
