/** The tools of τ²-bench's mock domain, a list of tasks: the agent's, and what sets the stage and asserts. */
import { z } from 'zod'
import type { Json } from '../../core/index.ts'
import { quoted } from '../kit/game-env.ts'
import { type Done, ToolError, type Tools, tool, use } from '../kit/tool-env.ts'
import type { Assertion, MockState as State } from './tau2-data.ts'

const text = z.string()
const status = z.enum(['pending', 'completed'])

export const mockTools: Tools<State> = {
  create_task: tool({
    about: 'Create a new task for a user; it is pending at first.',
    input: z.strictObject({ user_id: text, title: text, description: text.nullish() }),
    run: (state: State, given) => created(state, given),
  }),
  get_users: tool({
    about: 'All users, with the ids of their tasks.',
    input: z.strictObject({}),
    run: ({ users }: State) => ({ result: Object.values(users) }),
  }),
  update_task_status: tool({
    about: 'Set the status of a task.',
    input: z.strictObject({ task_id: text, status }),
    run: (state: State, { task_id, status }) => {
      const task = { ...held(state.tasks, task_id, 'task'), status }
      return { result: task, state: { ...state, tasks: { ...state.tasks, [task_id]: task } } }
    },
  }),
  transfer_to_human_agents: tool({
    about: 'Hand the user over to a human, with a summary, where these tools cannot do what is asked. Ends your part.',
    input: z.strictObject({ summary: text }),
    run: (_: State) => ({ result: 'Transfer successful', end: true }),
  }),
}

/** What the user's side can do: with its inbox, and to set the stage. */
export const userTools: Tools<State> = {
  check_notifications: tool({
    about: 'All notices in the inbox.',
    input: z.strictObject({}),
    run: ({ inbox }: State) => ({ result: Object.values(inbox) as unknown as Json }),
  }),
  dismiss_notification: tool({
    about: 'Mark a notice as read.',
    input: z.strictObject({ notification_id: text }),
    run: (state: State, { notification_id }) => {
      const notice = { ...held(state.inbox, notification_id, 'notification'), status: 'read' }
      return { result: 'dismissed', state: { ...state, inbox: { ...state.inbox, [notification_id]: notice } } }
    },
  }),
  add_notification: tool({
    about: 'Put a notice into the inbox.',
    input: z.strictObject({ notification_id: text, message: text, task_id: text.nullable().default(null) }),
    run: (state: State, given) => {
      const notice = { ...given, status: 'unread' }
      return { result: notice, state: { ...state, inbox: { ...state.inbox, [given.notification_id]: notice } } }
    },
  }),
}

export const toolsOf = (side: 'assistant' | 'user'): Tools<State> => (side === 'user' ? userTools : mockTools)

const checks: Tools<State> = {
  assert_number_of_tasks: tool({
    about: '',
    input: z.object({ user_id: text, expected_number: z.number() }),
    run: ({ users }: State, { user_id, expected_number }) => ({
      result: held(users, user_id, 'user').tasks.length === expected_number,
    }),
  }),
  assert_task_status: tool({
    about: '',
    input: z.object({ task_id: text, expected_status: text }),
    run: ({ tasks }: State, { task_id, expected_status }) => ({
      result: held(tasks, task_id, 'task').status === expected_status,
    }),
  }),
  assert_notification_status: tool({
    about: '',
    input: z.object({ notification_id: text, expected_status: text }),
    run: ({ inbox }: State, { notification_id, expected_status }) => ({
      result: held(inbox, notification_id, 'notification').status === expected_status,
    }),
  }),
}

/** Throws a sentence where nobody can check that. */
export function checkable({ func_name }: Assertion): void {
  if (!Object.hasOwn(checks, func_name))
    throw new Error(`there is no assertion '${func_name}': there are ${Object.keys(checks).join(', ')}`)
}

/** What is asserted of something that is not there does not hold. */
export function holds(state: State, { func_name, arguments: given, assert_value }: Assertion): boolean {
  try {
    return use(checks, state, { name: func_name, arguments: given }).result === assert_value
  } catch (error) {
    if (error instanceof ToolError) return false
    throw error
  }
}

function held<T>(all: Readonly<Record<string, T>>, key: string, what: string): T {
  const found = Object.hasOwn(all, key) ? all[key] : undefined
  if (found === undefined) throw new ToolError(`${what} ${quoted(key)} not found`)
  return found
}

interface NewTask {
  readonly user_id: string
  readonly title: string
  readonly description?: string | null | undefined
}

function created(state: State, { user_id, title, description = null }: NewTask): Done<State> {
  const user = held(state.users, user_id, 'user')
  const task_id = `task_${Object.keys(state.tasks).length + 1}`
  const task = { task_id, title, description, status: 'pending' }
  const users = { ...state.users, [user_id]: { ...user, tasks: [...user.tasks, task_id] } }
  return { result: task, state: { ...state, users, tasks: { ...state.tasks, [task_id]: task } } }
}
