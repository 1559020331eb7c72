/** τ²-bench's task format (Barres et al. 2025), and the database of its mock domain. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readJsonFile } from '../kit/task-file.ts'

const given = z.record(z.string(), z.json())

const task = z.object({
  task_id: z.string(),
  title: z.string(),
  description: z.string().nullable().default(null),
  status: z.string(),
})
const user = z.object({ user_id: z.string(), name: z.string(), tasks: z.array(z.string()) })
const database = z.object({ tasks: z.record(z.string(), task), users: z.record(z.string(), user) })

/** A notice in the user's inbox: 'unread', then 'read'. */
export interface Notice {
  readonly notification_id: string
  readonly message: string
  readonly task_id: string | null
  readonly status: string
}

export interface MockState {
  readonly tasks: Readonly<Record<string, z.infer<typeof task>>>
  readonly users: Readonly<Record<string, z.infer<typeof user>>>
  /** The user's own: no tool of the agent sees it. */
  readonly inbox: Readonly<Record<string, Notice>>
}

const side = z.enum(['assistant', 'user'])

const action = z.object({
  name: z.string(),
  arguments: given,
  requestor: side.default('assistant'),
  /** Only these arguments have to agree; all of them where there are none of this name. */
  compare_args: z.array(z.string()).nullish(),
})

const assertion = z.object({
  env_type: side,
  func_name: z.string(),
  arguments: given,
  assert_value: z.boolean().default(true),
})

export const bases = ['DB', 'ENV_ASSERTION', 'ACTION', 'COMMUNICATE', 'NL_ASSERTION'] as const
export type Basis = (typeof bases)[number]

const criteria = z.object({
  actions: z.array(action).nullish(),
  env_assertions: z.array(assertion).nullish(),
  communicate_info: z.array(z.string()).nullish(),
  nl_assertions: z.array(z.string()).nullish(),
  reward_basis: z.array(z.enum(bases)).default(['DB', 'COMMUNICATE']),
})

const said = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), content: z.string() }),
  z.object({
    role: z.literal('assistant'),
    content: z.string().nullish(),
    tool_calls: z.array(z.object({ id: z.string(), name: z.string(), arguments: given })).nullish(),
  }),
  z.object({ role: z.literal('tool'), id: z.string(), content: z.string() }),
])

const initial = z.object({
  initialization_data: z.object({ agent_data: given.nullish() }).nullish(),
  initialization_actions: z.array(z.object({ env_type: side, func_name: z.string(), arguments: given })).nullish(),
  message_history: z.array(said).nullish(),
})

const schema = z.object({
  id: z.string(),
  user_scenario: z.object({ persona: z.string().nullish(), instructions: z.union([z.string(), given]) }),
  initial_state: initial.nullish(),
  evaluation_criteria: criteria,
})

export type Tau2Task = z.infer<typeof schema>
export type Action = z.infer<typeof action>
export type Assertion = z.infer<typeof assertion>

export interface Tau2Data {
  readonly state: MockState
  readonly tasks: readonly Tau2Task[]
  /** The folder's own, where it has one. */
  readonly policy: string | undefined
}

/** Throws a sentence, with the file and the field, where something is missing or not what it should be. */
export function readTau2(folder: string): Tau2Data {
  const policy = join(folder, 'policy.md')
  return {
    state: { ...readJsonFile(folder, 'db.json', database), inbox: {} },
    tasks: readJsonFile(folder, 'tasks.json', z.array(schema)),
    policy: existsSync(policy) ? readFileSync(policy, 'utf8') : undefined,
  }
}

/** A database with what a task sets in it. Throws where that makes it none. */
export function withData(
  state: MockState,
  changes: Readonly<Record<string, z.infer<ReturnType<typeof z.json>>>>,
): MockState {
  return { ...state, ...database.parse(merged({ tasks: state.tasks, users: state.users }, changes)) }
}

/** Objects key by key, everything else replaced. */
function merged(old: unknown, changes: unknown): unknown {
  if (!isRecord(old) || !isRecord(changes)) return changes
  const both = Object.entries(changes).map(([key, value]) => [
    key,
    merged(Object.hasOwn(old, key) ? old[key] : undefined, value),
  ])
  return { ...old, ...Object.fromEntries(both) }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
