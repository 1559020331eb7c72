/** What a message does in a world of code: run Python, commit an answer, or neither. */
import {
  type AssistantMessage,
  type ExecResult,
  fences,
  type Message,
  pythonOf,
  type ToolCall,
  type ToolSpec,
} from '../../core/index.ts'
import type { AnswerForm } from './answer-form.ts'

export type Deed =
  | { readonly kind: 'execute'; readonly code: string }
  | { readonly kind: 'commit'; readonly answer: string }
  | { readonly kind: 'nothing'; readonly why: string }

const text = { type: 'string' } as const

export const codeTools: readonly ToolSpec[] = [
  {
    name: 'execute',
    description: 'Run Python and see what it prints. Variables persist.',
    parameters: { type: 'object', properties: { code: text }, required: ['code'] },
  },
  {
    name: 'submit',
    description: 'Commit the final answer.',
    parameters: { type: 'object', properties: { answer: text }, required: ['answer'] },
  },
]

/** The rules of acting, as they are told. */
export const codeRules = (form: AnswerForm): string =>
  `Each message of yours either runs code or commits your answer. A \`\`\`python code block is run, and what it prints \
is shown to you; variables persist. ${form.says} A message that runs code commits nothing.`

/** The first tool call, where there is one; else the Python blocks together; else the answer. */
export function deedOf({ content, calls }: AssistantMessage, form: AnswerForm): Deed {
  const [call] = calls ?? []
  if (call) return called(call)
  const code = pythonOf(fences(content).blocks)
  if (code !== null) return { kind: 'execute', code }
  const answer = form.read(content)
  if (answer !== null) return { kind: 'commit', answer }
  return { kind: 'nothing', why: `That is neither code nor an answer. ${codeRules(form)}` }
}

function called({ name, arguments: given }: ToolCall): Deed {
  const field = (key: string): string | undefined => {
    const value = typeof given === 'object' && given !== null && key in given ? given[key as never] : undefined
    return typeof value === 'string' ? value : undefined
  }
  const [code, answer] = [field('code'), field('answer')]
  if (name === 'execute' && code !== undefined) return { kind: 'execute', code }
  if (name === 'submit' && answer !== undefined) return { kind: 'commit', answer }
  return { kind: 'nothing', why: 'The tools are execute {"code": "…"} and submit {"answer": "…"}, with a text each.' }
}

/** Answers to the calls of a message: the text to the first, and to the others that one is enough. */
export function replies(calls: readonly ToolCall[], content: string): readonly Message[] {
  return calls.map(({ id }, i) =>
    i === 0
      ? { role: 'tool', callId: id, content }
      : { role: 'tool', callId: id, isError: true, content: 'Not run: one call in each message.' },
  )
}

/** What the agent sees of a run. No times: the same code shows the same. */
export function shown({ stdout, stderr, exitCode, timedOut, died }: ExecResult): string {
  const silent = stderr.trim() === '' && exitCode !== null && exitCode !== 0
  const notes = [
    stdout.trimEnd(),
    stderr.trimEnd(),
    silent && `(exit code ${exitCode})`,
    timedOut && '(stopped: it took too long)',
    died !== undefined && '(the interpreter is gone: nothing more can be run)',
  ]
  return notes.filter(Boolean).join('\n') || '(no output)'
}
