import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Agent, checkEnv, type Json, rollout, textOf } from '../../core/index.ts'
import { scriptedModel } from '../../models/index.ts'
import { type Deed, message } from '../kit/tool-env.ts'
import { tau2 } from './tau2.ts'

const data = process.env['LUDUS_DATA'] ?? join(import.meta.dirname, '../../../../shared/data')
const theirs = join(data, 'tau2-mock')
const there = existsSync(theirs)
if (!there) process.stderr.write(`tau2 not checked against its data: there is none in ${theirs}\n`)

const folder = mkdtempSync(join(tmpdir(), 'tau2-'))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (tasks: readonly Json[]) => {
  const db = {
    tasks: { task_1: { task_id: 'task_1', title: 'Tidy', status: 'pending' } },
    users: { user_1: { user_id: 'user_1', name: 'Ann', tasks: ['task_1'] } },
  }
  writeFileSync(join(folder, 'db.json'), JSON.stringify(db))
  writeFileSync(join(folder, 'tasks.json'), JSON.stringify(tasks))
  return folder
}
const scenario = { user_scenario: { instructions: 'Finish task_1.' } }
const finish = (task_id: string): Deed & object => ({
  name: 'update_task_status',
  arguments: { task_id, status: 'completed' },
})
const create = (title: string): Deed & object => ({ name: 'create_task', arguments: { user_id: 'user_1', title } })
const [done, transfer] = ['Done.', { name: 'transfer_to_human_agents', arguments: { summary: 'help' } }]
const asserted = (func_name: string, given: Json) => ({ env_type: 'assistant', func_name, arguments: given })

const playing = (deeds: readonly Deed[]): Agent => ({
  id: 'script',
  async play(episode) {
    for (const [i, deed] of deeds.entries()) if (!episode.done) await episode.step(message(deed, i))
  },
})
/** What these deeds earn in each task, and why. */
async function earned(from: string, deeds: readonly Deed[]) {
  const spec = tau2(from)
  const model = scriptedModel([])
  const groups = await Array.fromAsync(rollout(spec, playing(deeds), spec.tasks('test'), { model, concurrency: 1 }))
  const entries = groups.map(({ task, trajectories }) => [task.id, trajectories[0]!.rewards['success']!] as const)
  return Object.fromEntries(entries.map(([id, { value, why }]) => [id, why ?? value]))
}

describe('tau2', () => {
  it('judges a task by what it says, and by nothing else', async () => {
    const actions = [finish('task_1')]
    const open = [asserted('assert_task_status', { task_id: 'task_1', expected_status: 'completed' })]
    const criteria: Record<string, Json> = {
      db: { actions },
      asserted: { env_assertions: open, reward_basis: ['ENV_ASSERTION'] },
      counted: {
        env_assertions: [asserted('assert_number_of_tasks', { user_id: 'user_1', expected_number: 1 })],
        reward_basis: ['ENV_ASSERTION'],
      },
      called: { actions, reward_basis: ['ACTION'] },
      'called somehow': { actions: [{ ...actions[0]!, compare_args: ['status'] }], reward_basis: ['ACTION'] },
      said: { communicate_info: ['Task 1,000'] },
      words: { nl_assertions: ['The agent is kind'], reward_basis: ['NL_ASSERTION'] },
    }
    write(Object.entries(criteria).map(([id, evaluation_criteria]) => ({ id, ...scenario, evaluation_criteria })))
    const all = { db: 1, asserted: 1, counted: 1, called: 1, 'called somehow': 1, said: 1 }
    const judge = 'what it asserts in words needs a judge'
    const nobody = {
      db: 'the database is another at tasks.task_1.status',
      asserted: 'assert_task_status does not hold',
    }
    const uncalled = 'update_task_status was not called as wanted'
    const silent = { said: "'Task 1,000' was not said" }
    expect(await earned(folder, [finish('task_1'), 'Task 1000 is done.'])).toEqual({ ...all, words: judge })
    expect(await earned(folder, [finish('task_1'), done])).toEqual({ ...all, ...silent, words: judge })
    expect(await earned(folder, [done])).toEqual({
      ...{ ...all, ...silent, ...nobody, words: judge },
      ...{ called: uncalled, 'called somehow': uncalled },
    })
    expect((await earned(folder, [create('x'), finish('task_2'), done]))['called somehow']).toBe(1)
    expect((await earned(folder, [create('x'), done]))['counted']).toBe('assert_number_of_tasks does not hold')
    expect(Object.values(await earned(folder, [finish('task_1'), 'Task 1000']))).toEqual(
      Array(7).fill('the conversation has no end'),
    )
  })

  it('begins where the task says, and has a user with an inbox', async () => {
    const said = [
      { role: 'user', content: 'Make a task.' },
      { role: 'assistant', tool_calls: [{ id: 'c1', ...create('New') }] },
      { role: 'tool', id: 'c1', content: '{}' },
    ]
    const notice = {
      env_type: 'user',
      func_name: 'add_notification',
      arguments: { notification_id: 'n1', message: 'Look' },
    }
    const agent_data = { users: { user_1: { name: 'Bob' } } }
    const read = { name: 'dismiss_notification', arguments: { notification_id: 'n1' }, requestor: 'user' }
    write([
      {
        ...{ id: 'staged', ...scenario },
        initial_state: { initialization_data: { agent_data }, initialization_actions: [notice], message_history: said },
        evaluation_criteria: { actions: [finish('task_2'), read] },
      },
    ])
    const spec = tau2(folder)
    const [task] = [...(spec.tasks('test') as Iterable<{ id: string; data: never }>)]
    const env = await spec.make(task!, { seed: 0, signal: new AbortController().signal } as never)
    const { messages } = await env.reset()
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'user'])
    expect(textOf(messages.at(-1)!)).toContain('In your inbox: n1: Look')
    expect(env.state).toMatchObject({
      tasks: { task_2: { title: 'New' } },
      users: { user_1: { name: 'Bob', tasks: ['task_1', 'task_2'] } },
      inbox: { n1: { status: 'unread' } },
    })
    expect(await earned(folder, [finish('task_2'), done])).toEqual({ staged: 1 })
    expect(await earned(folder, [finish('task_2'), transfer])).toEqual({
      staged: 'the database is another at inbox.n1.status',
    })
    expect((await checkEnv(spec)).certified).toBe(true)
  })

  it('says what is wrong with a call, and with a folder', async () => {
    const evaluation_criteria = { env_assertions: [asserted('assert_joy', {})] }
    const spec = tau2(write([{ id: 'a', ...scenario, evaluation_criteria: {} }]))
    const env = await spec.make({ id: 'a', data: (await firstOf(spec.tasks('test'))).data }, {} as never)
    const tell = async (deed: Deed) => (await env.step(message(deed, 0))).observation.messages.map(textOf).join()
    expect(await tell(finish('constructor'))).toBe('Error: task constructor not found')
    expect(await tell({ name: 'update_task_status', arguments: { task_id: 'task_1', status: 'lost' } })).toMatch(
      /status: .*"pending"/,
    )
    expect(await tell({ name: 'create_task', arguments: { user_id: 'x'.repeat(1e6), title: '' } })).toMatch(
      /^.{0,200}$/,
    )
    expect(() => tau2(write([{ id: 'a', ...scenario, evaluation_criteria }]))).toThrow("no assertion 'assert_joy'")
    expect(() => tau2(write([{ id: 'a', evaluation_criteria: {} }]))).toThrow(/tasks.json: .*user_scenario/)
  })
})

async function firstOf<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item
  throw new Error('there is none')
}

describe.skipIf(!there)("against τ²-bench's mock domain", () => {
  it('its 10 tasks score as written', async () => {
    const spec = tau2(theirs)
    expect((await checkEnv(spec)).promises.find(({ name }) => name.includes('full marks'))?.figure).toBe('10/10')
    const winners = async (deeds: readonly Deed[]) =>
      Object.entries(await earned(theirs, deeds)).flatMap(([id, value]) => (value === 1 ? [id] : []))
    const [nothing, created] = ['create_task_1_nl_eval', ['create_task_1', 'create_task_1_with_env_assertions']]
    expect(await winners([done])).toEqual([nothing])
    expect(await winners([transfer])).toEqual([nothing, 'impossible_task_1'])
    expect(await winners([create('Important Meeting'), done])).toEqual([...created, nothing])
    expect(await winners([create('Important meeting'), done])).toEqual([nothing])
    expect(await winners([finish('task_1'), done])).toEqual([nothing, 'update_task_1', 'update_task_with_user_tools'])
    expect(await winners([finish('task_1'), transfer])).toEqual([nothing, 'update_task_1'])
    expect(await winners([finish('task_2'), done])).toEqual([
      nothing,
      'update_task_with_message_history',
      'update_task_with_initialization_actions',
      'update_task_with_history_and_env_assertions',
    ])
    const acknowledged = 'The agent acknowledged the previous context'
    const confirmed = 'The agent confirmed the task status was updated successfully'
    expect(await winners([finish('task_2'), `${acknowledged}. ${confirmed}. Done.`])).toContain(
      'update_task_with_initialization_data',
    )
  })
})
