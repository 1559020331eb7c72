/**
 * `tau2`: tasks in τ²-bench's format (Barres et al. 2025) over its mock domain, from a folder of the user's. What a
 * task is judged by, it says itself: the database, assertions about it, calls that were to be made, things to be said.
 */
import type { EnvSpec, Json, Message, Random, Verdict } from '../../core/index.ts'
import { candidSpeaker, modelSpeaker, type Seating } from '../kit/speaker.ts'
import { differenceOf, stateHash } from '../kit/state.ts'
import { type Answered, type Deed, type ToolEnv, toolEnv, use } from '../kit/tool-env.ts'
import { unsaidOf } from './aftermath.ts'
import { type Action, type Basis, type MockState, readTau2, type Tau2Task, withData } from './tau2-data.ts'
import { checkable, holds, mockTools, toolsOf, userTools } from './tau2-tools.ts'

const POLICY = `You help people with their lists of tasks. With your tools you can look up users, create a task, and set
the status of a task; nothing else. Do what the user asks for, and say so when it is done. What your tools cannot do,
do not promise: transfer the user to a human agent instead.`

/** Throws a sentence, with the file and the field, where the folder is not what it should be. */
export function tau2(folder: string, { model }: Seating = {}): EnvSpec<Tau2Task, ToolEnv<MockState>> {
  const { state, tasks, policy = POLICY } = readTau2(folder)
  for (const { evaluation_criteria } of tasks) evaluation_criteria.env_assertions?.forEach(checkable)
  const starts = new Map(tasks.map((task) => [task.id, startOf(state, task)]))
  const start = (task: Tau2Task): MockState => starts.get(task.id) ?? startOf(state, task)
  return toolEnv<MockState, Tau2Task>({
    id: `tau2${model ? `:user=${model}` : ''}@1`,
    // They are not split: all of them are for testing.
    tasks: (split) => (split === 'test' ? tasks.map((data) => ({ id: data.id, data })) : []),
    limits: { steps: 30 },
    instructions: policy,
    tools: mockTools,
    start,
    history: ({ initial_state }) => historyOf(initial_state?.message_history ?? []),
    speaker: (task, host) => {
      const instruction = instructionOf(task, start(task))
      return model
        ? modelSpeaker(host.model('user'), { instruction, strategy: model })
        : candidSpeaker(`This is what I am and what I want: ${instruction}`)
    },
    parting: allRead,
    success: (env, task) => scored(env, task, start(task)),
    solve: (task) => key(task, start(task)),
    guess: (_, random) => drawn(state, random),
  })
}

/** The database as the task begins: with its data, what was done to set the stage, and what the history did. */
function startOf(state: MockState, { initial_state }: Tau2Task): MockState {
  const { initialization_data, initialization_actions, message_history } = initial_state ?? {}
  const agent_data = initialization_data?.agent_data
  const calls = (message_history ?? []).flatMap((message) =>
    message.role === 'assistant' ? (message.tool_calls ?? []) : [],
  )
  const stage = (initialization_actions ?? []).map(({ env_type, func_name, arguments: given }) => ({
    tools: toolsOf(env_type),
    call: { name: func_name, arguments: given },
  }))
  return [...stage, ...calls.map((call) => ({ tools: mockTools, call }))].reduce(
    (now, { tools, call }) => use(tools, now, call).state ?? now,
    agent_data ? withData(state, agent_data) : state,
  )
}

type Said = NonNullable<NonNullable<Tau2Task['initial_state']>['message_history']>

const historyOf = (said: Said): Message[] =>
  said.map((message): Message => {
    if (message.role === 'user') return message
    if (message.role === 'tool') return { role: 'tool', callId: message.id, content: message.content }
    const { content, tool_calls } = message
    return { role: 'assistant', content: content ?? '', ...(tool_calls && { calls: tool_calls }) }
  })

function instructionOf({ user_scenario: { persona, instructions } }: Tau2Task, { inbox }: MockState): string {
  const told = typeof instructions === 'string' ? instructions : JSON.stringify(instructions)
  const notices = Object.values(inbox).map(({ notification_id, message }) => `${notification_id}: ${message}`)
  const seen = notices.length > 0 ? `In your inbox: ${notices.join('; ')}` : ''
  return [persona, told, seen].filter(Boolean).join('\n')
}

/** A user that leaves content has read its inbox. */
const allRead = (state: MockState): MockState =>
  Object.keys(state.inbox).reduce(
    (now, notification_id) =>
      use(userTools, now, { name: 'dismiss_notification', arguments: { notification_id } }).state ?? now,
    state,
  )

/** The product over what the task is to be judged by; without an end it is 0. */
function scored(env: ToolEnv<MockState>, task: Tau2Task, start: MockState): Verdict {
  const { reward_basis } = task.evaluation_criteria
  if (!env.over) return { value: 0, why: 'the conversation has no end' }
  const wrong = reward_basis.map((basis) => faults[basis]?.(env, task, start)).filter((why) => why !== undefined)
  if (wrong.length > 0) return { value: 0, why: wrong.join('; ') }
  if (reward_basis.includes('NL_ASSERTION')) return { value: null, why: 'what it asserts in words needs a judge' }
  return 1
}

type Fault = (env: ToolEnv<MockState>, task: Tau2Task, start: MockState) => string | undefined

/** What is wrong by each standard; undefined where nothing is. */
const faults: Readonly<Partial<Record<Basis, Fault>>> = {
  DB(env, { evaluation_criteria: { actions, env_assertions } }, start) {
    // A task that says neither what is to be done nor what is to hold says nothing of the database.
    if (!actions && !env_assertions) return undefined
    const wanted = afterGold(start, actions ?? [])
    // The inbox counts where the user was to act on it; elsewhere assertions speak of it.
    const inboxToo = actions?.some(({ requestor }) => requestor === 'user')
    const seen = inboxToo ? env.state : { ...env.state, inbox: wanted.inbox }
    const at = differenceOf(seen as unknown as Json, wanted as unknown as Json)
    return at === undefined ? undefined : `the database is another at ${at}`
  },
  ENV_ASSERTION({ state }, { evaluation_criteria: { env_assertions } }) {
    const broken = env_assertions?.find((assertion) => !holds(state, assertion))
    return broken && `${broken.func_name} does not hold`
  },
  ACTION({ calls }, { evaluation_criteria: { actions } }) {
    const missed = (actions ?? [])
      .filter(({ requestor }) => requestor === 'assistant')
      .find((action) => !calls.some((call) => fits(action, call)))
    return missed && `${missed.name} was not called as wanted`
  },
  COMMUNICATE({ talk }, { evaluation_criteria: { communicate_info } }) {
    const unsaid = unsaidOf(talk, communicate_info ?? [])
    return unsaid === undefined ? undefined : `'${unsaid}' was not said`
  },
}

function afterGold(start: MockState, actions: readonly Action[]): MockState {
  return actions.reduce(
    (now, { requestor, name, arguments: given }) =>
      use(toolsOf(requestor), now, { name, arguments: given }).state ?? now,
    start,
  )
}

function fits({ name, arguments: wanted, compare_args }: Action, call: Answered): boolean {
  if (call.name !== name || call.isError) return false
  const given = call.arguments as Readonly<Record<string, Json>>
  const keys = compare_args ?? [...new Set([...Object.keys(wanted), ...Object.keys(given)])]
  const at = (all: Readonly<Record<string, Json>>, key: string): Json => (Object.hasOwn(all, key) ? all[key]! : null)
  return keys.every((key) => stateHash(at(given, key)) === stateHash(at(wanted, key)))
}

/** The gold actions, then whatever assertions still ask for, then all that is to be said. */
function key({ evaluation_criteria }: Tau2Task, start: MockState): Deed[] {
  const { actions, env_assertions, communicate_info } = evaluation_criteria
  const own = (actions ?? []).filter(({ requestor }) => requestor === 'assistant')
  const state = afterGold(start, own)
  const open = (env_assertions ?? []).filter((one) => one.func_name === 'assert_task_status' && !holds(state, one))
  return [
    ...own.map(({ name, arguments: given }) => ({ name, arguments: given })),
    ...open.map(({ arguments: { task_id, expected_status } }) => ({
      name: 'update_task_status',
      arguments: { task_id: task_id!, status: expected_status! },
    })),
    ['All is done.', ...(communicate_info ?? [])].join(' '),
  ]
}

function drawn({ users, tasks }: MockState, random: Random): Deed {
  const user_id = random.pick(Object.keys(users))
  const task_id = random.pick([...Object.keys(tasks), 'task_2'])
  return random.pick<Deed>([
    { name: 'get_users', arguments: {} },
    { name: 'create_task', arguments: { user_id, title: random.pick(['Meeting', 'Review']) } },
    { name: 'update_task_status', arguments: { task_id, status: random.pick(['pending', 'completed']) } },
    { name: 'transfer_to_human_agents', arguments: { summary: 'It cannot be done.' } },
  ])
}
