/** Worlds of writing code. */
import type { Catalogued } from '../catalogued.ts'
import { codeact, codeactMode, codeactModes } from '../codeact/codeact.ts'
import { humaneval } from './humaneval.ts'
import { mbpp } from './mbpp.ts'

const shared = {
  area: 'code',
  isolation: 'namespace',
  argument: 'repair | skip-broken',
} as const

export const codeCatalogue: Readonly<Record<string, Catalogued>> = {
  humaneval: {
    ...shared,
    about:
      'complete a Python function, judged by hidden tests; with repair: several answers, tried on the examples shown',
    source: 'HumanEval, MIT',
    data: 'HumanEval.jsonl.gz, or .jsonl of its shape',
    open: (argument, data) => humaneval(`${data}`, argument),
  },
  mbpp: {
    ...shared,
    about: 'write a Python function, judged by assertions of which one is shown',
    source: 'MBPP, CC-BY-4.0',
    data: 'mbpp.jsonl, or files of its shape',
    open: (argument, data) => mbpp(`${data}`, argument),
  },
  codeact: {
    ...shared,
    about: 'tasks that take several tools, by code or by calls in JSON or text',
    source: 'Ludus, Apache-2.0, after M³ToolEval',
    argument: codeactModes.join(' | '),
    open: (argument) => codeact(codeactMode(argument)),
  },
}
